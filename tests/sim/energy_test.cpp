// Energy of simulated runs, against the plan's, and against SimGrid's own energy plugins.
#include <iomanip>
#include <sstream>

#include <doctest/doctest.h>
#include <simgrid/plugins/energy.h>
#include <simgrid/s4u.hpp>

#include "core/run_usage.h"
#include "sim/sim_engine.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

namespace s4u = simgrid::s4u;

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-9); }

// Inputs of 1024 B, tensors of 512 and 256 B, a head after layer 1. 256 B/s and 1/2 s
// between every two devices. No core of tv is like another's: 3 of 4 draw 4 W more.
struct PoweredWorld {
  PoweredWorld() {
    platform.devices[0].power = DevicePower{Watts(3), Watts(3), Watts(11)};
    platform.devices[1].power = DevicePower{Watts(20), Watts(26), Watts(42)};
    platform.devices[2].power = DevicePower{Watts(1), Watts(2), Watts(5)};
    for (Link& link : platform.links) link.power = LinkPower{Watts(0), Watts(4)};
  }
  [[nodiscard]] Scenario scenario(std::uint64_t requests, std::uint64_t pd_num, const tiny::Codec& codec) const {
    Scenario scenario =
        tiny::scenario(graph, platform,
                       tiny::profiles(graph, platform, {{0, 2, 3, 1}, {0, 0.25, 0.5, 0.125}, {0, 1, 1, 1}}, {}, codec));
    scenario.requests = requests;
    scenario.pd_num = pd_num;
    return scenario;
  }
  [[nodiscard]] double planned_j(const Scenario& scenario, const std::vector<Stage>& stages) const {
    const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
    return energy_of(platform, usage_of(cost, stages, scenario.source, {}), scenario.threads).si();
  }
  [[nodiscard]] double simulated_j(const Scenario& scenario, const std::vector<Stage>& stages) const {
    return energy_of(platform, usage_of(tiny::simulated(scenario, stages), platform, scenario.source), scenario.threads)
        .si();
  }

  LayerGraph graph = tiny::chain({1024, 512, 256, 4}, {1});
  Platform platform = tiny::mesh({"pi", "pc", "tv"}, 256, 0.5);
};

constexpr tiny::Codec kCodec{.encode_s = 0.125, .decode_s = 0.0625, .overhead_s = 1};

double hosts_j(const s4u::Engine& engine) {
  double energy_j = 0;
  for (const s4u::Host* host : engine.get_all_hosts()) energy_j += sg_host_get_consumed_energy(host);
  return energy_j;
}

double first_link_j(const s4u::Engine& engine) { return sg_link_get_consumed_energy(engine.link_by_name("pi-pc")); }

struct Plugin {
  void (*init)();
  double (*energy_j)(const s4u::Engine&);
};
constexpr Plugin kHosts{sg_host_energy_plugin_init, hosts_j};
constexpr Plugin kLinks{sg_link_energy_plugin_init, first_link_j};

// What SimGrid's plugin says when `run` is over.
template <class Run>
double energy_by(const Plugin& plugin, Run run) {
  const IsolatedOutcome outcome = run_isolated([&] {
    // Not before there is an engine, nor after there are hosts.
    s4u::Engine::on_platform_creation_cb(plugin.init);
    double energy_j = 0;
    s4u::Engine::on_simulation_end_cb([&] { energy_j = plugin.energy_j(*s4u::Engine::get_instance()); });
    run();
    std::ostringstream text;
    text << std::setprecision(17) << energy_j;
    return text.str();
  });
  REQUIRE_MESSAGE(outcome.ok, outcome.error);
  return std::stod(outcome.output);
}

}  // namespace

TEST_CASE_FIXTURE(PoweredWorld, "a request alone uses the energy that its plan states, replicas on average") {
  // On pi 2 W x (1/8 + 1/16 + 2 + 1/8), on pc 10 W x (1/16 + 1/4 + ...), as tests/core has it by hand.
  const Scenario one = scenario(1, 1, kCodec);
  CHECK(simulated_j(one, {{0, 1, 3}}) == about(2 * (0.125 + 0.0625 + 6)));
  for (const std::vector<Stage>& stages :
       {std::vector<Stage>{{0, 1, 3}}, {{1, 1, 3}}, {{0, 1, 1}, {1, 2, 2}, {2, 3, 3}}, {{2, 1, 2}, {0, 3, 3}}})
    CHECK(simulated_j(one, stages) == about(planned_j(one, stages)));
  // A round of turns: six requests, one after another.
  const std::vector<Stage> turns{{{0, 1, 2}, 1, 1}, {{1, 2}, 2, 3}};
  const Scenario round = scenario(6, 1, kCodec);
  CHECK(simulated_j(round, turns) == about(6 * planned_j(round, turns)));
}

TEST_CASE_FIXTURE(PoweredWorld, "threads draw their cores, as planned") {
  Scenario one = scenario(1, 1, kCodec);
  one.threads = 3;
  const std::vector<Stage> stages{{0, 1, 1}, {1, 2, 2}, {2, 3, 3}};
  CHECK(simulated_j(one, stages) == about(planned_j(one, stages)));
}

TEST_CASE_FIXTURE(PoweredWorld, "an early exit leaves out the energy of what it did not run") {
  // Layer 1 on pi (2 s, 2 W), the head takes no time; the sample that stays goes on to pc:
  // 10 W x (1/2 + 1/8), 4 W x (512 + 256) / 256.
  Scenario both = scenario(2, 1, {});
  both.trace = tiny::trace(graph, {{0.9, 1}, {0.1, 1}});
  both.exits.rule = ExitRule::kMaxSoftmax;
  both.exits.thresholds = {{0, 0.5}};
  const RunRows rows = tiny::simulated(both, {{0, 1, 1}, {1, 2, 3}});
  double stayed = 0;
  for (const ResultRow& row : rows.results) stayed += row.status == Status::kOk ? 1 : 0;
  CHECK(energy_of(platform, usage_of(rows, platform, 0), 1).si() == about(2 * 4 + stayed * (6.25 + 12)));
}

TEST_CASE_FIXTURE(PoweredWorld, "SimGrid's host energy plugin draws the same for a job of known length") {
  // 2 s of one of pc's four cores, then 3 s of nothing: (20 + 10) W x 2 + 20 W x 3; pi and tv at rest.
  const TemporaryFolder folder;
  const std::string file = tiny::written(platform, folder / "p.xml").file;
  const double measured_j = energy_by(kHosts, [&file] {
    SimEngine engine({.platform = file});
    s4u::Actor::create("job", engine.host("pc"), [] {
      s4u::this_actor::execute(2 * s4u::this_actor::get_host()->get_speed());
      s4u::this_actor::sleep_for(3);
    });
    engine.run();
  });
  CHECK(measured_j == about(30 * 2 + 20 * 3 + (3 + 1) * 5));
  CHECK(measured_j ==
        about((busy_power(platform, 1, 1) * Seconds(2) + idle_power(platform, {0, 1, 2}) * Seconds(5)).si()));
}

TEST_CASE_FIXTURE(PoweredWorld, "SimGrid's link energy plugin draws the same for a message without latency") {
  // 512 B at 256 B/s: 4 W x 2 s above rest, and 2 s at rest.
  const TemporaryFolder folder;
  for (Link& link : platform.links) link.latency = Seconds(0);
  platform.links[0].power = LinkPower{Watts(1), Watts(5)};
  const std::string file = tiny::written(platform, folder / "p.xml", "SHARED").file;
  const double measured_j = energy_by(kLinks, [&file] {
    SimEngine engine({.platform = file});
    s4u::Mailbox* const box = s4u::Mailbox::by_name("box");
    s4u::Actor::create("sender", engine.host("pi"), [box] { box->put(box, 512); });
    s4u::Actor::create("receiver", engine.host("pc"), [box] { box->get<s4u::Mailbox>(); });
    engine.run();
  });
  CHECK(measured_j == about(1 * 2 + 4 * 2));
  CHECK(measured_j == about(1 * 2 + route_energy(platform, Bytes(512), 0, 1).si()));
}

TEST_CASE_FIXTURE(PoweredWorld, "SimGrid's host energy plugin agrees on runs with overlapping and contending jobs") {
  // Without codec, which SimGrid sees as waiting, and without the links. Stages 1 and 3 share pi, whose
  // cores with more threads do not suffice for both.
  for (Link& link : platform.links) link.power.reset();
  const std::vector<Stage> stages{{0, 1, 1}, {{1, 2}, 2, 2}, {0, 3, 3}};
  for (const unsigned threads : {1U, 3U, 4U}) {
    CAPTURE(threads);
    const TemporaryFolder folder;
    Scenario busy = scenario(12, 5, {});
    busy.threads = threads;
    busy.platform = tiny::written(platform, folder / "p.xml");
    const RunRows rows = tiny::simulated_on_file(busy, tiny::plan_of(stages));
    const Usage usage = usage_of(rows, platform, 0);
    CHECK(usage.computing.at(0).size() == 2);  // one job at a time, and two
    const ResultRow& last = rows.results.back();
    const Joules own = energy_of(platform, usage, threads) +
                       idle_power(platform, {0, 1, 2}) * Seconds(last.arrival_s + last.latency_s);
    const double measured_j = energy_by(kHosts, [&] { static_cast<void>(simulate(busy, tiny::plan_of(stages))); });
    CHECK(own.si() == about(measured_j));
  }
}
