// Requests simulated per second of CPU, beside a bare SimGrid program.
//
//   sim_bench [ROUNDS] [REQUESTS]        (5 rounds of 50,000 requests)
//
// Each source device sends Poisson requests through three stages: itself, an edge
// server, a cloud server. The bare program issues the same timers, execs and comms
// from the same kind of actors, and nothing else: no policies, no costs, no rows.
// Both must end at the same simulated time. Every measurement is a fresh process;
// the two programs alternate, so that a slow minute of the machine meets both.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <simgrid/s4u.hpp>

#include "core/cost_model.h"
#include "core/cut.h"
#include "core/workload.h"
#include "sim/byte_stream.h"
#include "sim/isolated.h"
#include "sim/streams.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

namespace s4u = simgrid::s4u;

constexpr std::size_t kSourcesPerEdge = 10;
constexpr std::size_t kSourcesPerCloud = 100;
constexpr double kTensorBytes = 10'000;
constexpr std::array<double, 3> kComputes{0.010, 0.005, 0.002};  // seconds on source, edge, cloud
constexpr tiny::Codec kCodec{0.0002, 0, 0.0001};
constexpr double kRateHz = 10;

// Where the devices of one source's plan are, and what joins them.
struct World {
  std::size_t sources;
  std::size_t edges = (sources + kSourcesPerEdge - 1) / kSourcesPerEdge;
  std::size_t clouds = (sources + kSourcesPerCloud - 1) / kSourcesPerCloud;

  [[nodiscard]] DeviceId edge_of(std::size_t source) const { return sources + source / kSourcesPerEdge; }
  [[nodiscard]] DeviceId cloud_of(std::size_t source) const { return sources + edges + source / kSourcesPerCloud; }
};

// Links: an access line for each source and an uplink for each edge, both ways.
Platform make_platform(const World& world, const std::string& file) {
  Platform platform;
  platform.file = file;
  const auto add_devices = [&platform](const std::string& name, std::size_t count, unsigned cores) {
    for (std::size_t i = 0; i < count; ++i)
      platform.devices.push_back({name + std::to_string(i), 1e9, cores, Bytes(0), name, ""});
  };
  add_devices("source", world.sources, 4);
  add_devices("edge", world.edges, 32);
  add_devices("cloud", world.clouds, 128);
  const auto add_link = [&platform](const std::string& name, double bytes_per_s, double latency_s) {
    platform.links.push_back({name, BytesPerSecond(bytes_per_s), Seconds(latency_s)});
    return platform.links.size() - 1;
  };
  for (std::size_t edge = 0; edge < world.edges; ++edge) {
    const LinkId up = add_link("up" + std::to_string(edge), 125e6, 0.010);
    const LinkId down = add_link("down" + std::to_string(edge), 125e6, 0.010);
    const std::size_t first = edge * kSourcesPerEdge;
    const DeviceId cloud = world.cloud_of(first);
    platform.routes[{world.edge_of(first), cloud}] = {up};
    for (std::size_t source = first; source < std::min(first + kSourcesPerEdge, world.sources); ++source) {
      const LinkId out = add_link("out" + std::to_string(source), 2.5e6, 0.002);
      const LinkId in = add_link("in" + std::to_string(source), 2.5e6, 0.002);
      platform.routes[{source, world.edge_of(source)}] = {out};
      platform.routes[{world.edge_of(source), source}] = {in};
      platform.routes[{cloud, source}] = {down, in};
    }
  }
  return platform;
}

void write_platform(const Platform& platform) {
  std::ofstream xml(platform.file);
  xml.precision(17);
  xml << "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
         "<platform version=\"4.1\"><zone id=\"world\" routing=\"Full\">\n";
  for (const Device& device : platform.devices)
    xml << "<host id=\"" << device.name << "\" speed=\"1Gf\" core=\"" << device.cores << "\"/>\n";
  for (const Link& link : platform.links)
    xml << "<link id=\"" << link.name << "\" bandwidth=\"" << link.bandwidth.si() << "Bps\" latency=\""
        << link.latency.si() << "s\"/>\n";
  for (const auto& [ends, links] : platform.routes) {
    xml << "<route src=\"" << platform.devices[ends.first].name << "\" dst=\"" << platform.devices[ends.second].name
        << "\" symmetrical=\"NO\">";
    for (const LinkId link : links) xml << "<link_ctn id=\"" << platform.links[link].name << "\"/>";
    xml << "</route>\n";
  }
  xml << "</zone></platform>\n";
}

Scenario make_scenario(const World& world, const Platform& platform, std::uint64_t requests) {
  const LayerGraph graph = tiny::chain({kTensorBytes, kTensorBytes, kTensorBytes, 40});
  tiny::Profiles profiles;
  for (DeviceId device = 0; device < platform.devices.size(); ++device) {
    const double time_s = kComputes[device < world.sources ? 0 : device < world.sources + world.edges ? 1 : 2];
    profiles.emplace_back(tiny::profile(graph, platform.devices[device].name, {0, time_s, time_s, time_s}, {}, kCodec));
  }
  Scenario scenario = tiny::scenario(graph, platform, profiles);
  scenario.requests = requests / world.sources;
  scenario.pd_num = 0;
  scenario.arrivals = {ArrivalProcess::kPoisson, kRateHz};
  return scenario;
}

// Arrival times of every source, the same for both programs.
std::vector<std::vector<double>> make_arrivals(Scenario scenario, std::size_t sources) {
  std::vector<std::vector<double>> arrivals_s(sources);
  for (std::size_t source = 0; source < sources; ++source) {
    scenario.seed = source + 1;
    for (const Request& request : make_requests(scenario)) arrivals_s[source].push_back(request.arrival.si());
  }
  return arrivals_s;
}

// ---- The bare program ----

// Ids for one actor, who is woken by a semaphore when it sleeps.
struct Lane {
  std::deque<std::size_t> ids;
  s4u::SemaphorePtr filled = s4u::Semaphore::create(0);
  bool asleep = false;

  void push(std::size_t id) {
    ids.push_back(id);
    if (asleep) filled->release();
    asleep = false;
  }
  std::size_t pop() {
    while (ids.empty()) {
      asleep = true;
      filled->acquire();
    }
    const std::size_t id = ids.front();
    ids.pop_front();
    return id;
  }
};

void wire(s4u::Host* from, s4u::Host* to, Lane& in, Lane& out, double sleep_s, double bytes) {
  static std::size_t wires = 0;
  s4u::Mailbox* const mailbox = s4u::Mailbox::by_name(std::to_string(wires++));
  s4u::Actor::create("sender", from, [&in, &out, sleep_s, bytes, mailbox, from, to] {
    for (;;) {
      const std::size_t id = in.pop();
      s4u::this_actor::sleep_for(sleep_s);
      if (from == to) {
        out.push(id);
      } else {
        mailbox->put(new std::size_t(id), static_cast<std::uint64_t>(bytes));
      }
    }
  })->daemonize();
  if (from == to) return;
  s4u::Actor::create("receiver", to, [&out, mailbox] {
    for (;;) out.push(*mailbox->get_unique<std::size_t>());
  })->daemonize();
}

void executor(s4u::Host* host, Lane& in, Lane& out, double compute_s) {
  s4u::Actor::create("executor", host, [&in, &out, compute_s] {
    for (;;) {
      const std::size_t id = in.pop();
      s4u::this_actor::exec_init(compute_s * 1e9)->wait();
      out.push(id);
    }
  })->daemonize();
}

// hop, executor, hop, executor, hop, executor, result: a lane before each and one at the end.
struct BareSource {
  std::array<Lane, 8> lanes;
  BareSource(const s4u::Engine& engine, const World& world, const Platform& platform, std::size_t source,
             const std::vector<double>& arrivals_s) {
    const auto host = [&](DeviceId id) { return engine.host_by_name(platform.devices[id].name); };
    const std::array<s4u::Host*, 3> hosts{host(source), host(world.edge_of(source)), host(world.cloud_of(source))};
    const double hop_s = kCodec.encode_s + kCodec.overhead_s;
    for (std::size_t stage = 0; stage < 3; ++stage) {
      wire(hosts[stage == 0 ? 0 : stage - 1], hosts[stage], lanes[2 * stage], lanes[2 * stage + 1], hop_s,
           kTensorBytes);
      executor(hosts[stage], lanes[2 * stage + 1], lanes[2 * stage + 2], kComputes[stage]);
    }
    wire(hosts[2], hosts[0], lanes[6], lanes[7], kCodec.overhead_s, kResultBytes.si());
    s4u::Actor::create("arrivals", hosts[0], [this, &arrivals_s] {
      for (std::size_t id = 0; id < arrivals_s.size(); ++id) {
        s4u::this_actor::sleep_until(arrivals_s[id]);
        lanes[0].push(id);
      }
    });
    s4u::Actor::create("sink", hosts[0], [this, &arrivals_s] {
      for (std::size_t left = arrivals_s.size(); left > 0; --left) lanes[7].pop();
    });
  }
};

void run_bare(const World& world, const Platform& platform, const std::vector<std::vector<double>>& arrivals_s) {
  s4u::Engine engine("bare");
  for (const char* setting :
       {"network/model:CM02", "network/crosstraffic:no", "network/TCP-gamma:0", "contexts/stack-size:64"})
    s4u::Engine::set_config(setting);
  engine.load_platform(platform.file);
  std::vector<std::unique_ptr<BareSource>> sources;
  for (std::size_t source = 0; source < world.sources; ++source)
    sources.push_back(std::make_unique<BareSource>(engine, world, platform, source, arrivals_s[source]));
  engine.run();
}

// ---- Measuring ----

void run_twinfer(const World& world, const Scenario& scenario) {
  std::vector<SourcePlan> plans;
  for (std::size_t source = 0; source < world.sources; ++source) {
    Plan plan;
    plan.stages = {{source, 1, 1}, {world.edge_of(source), 2, 2}, {world.cloud_of(source), 3, 3}};
    plans.push_back({source, plan, source + 1});
  }
  simulate_streams(scenario, plans);
}

struct Measurement {
  double cpu_s = 0;
  double simulated_s = 0;
};

Measurement measure(const std::function<void()>& program) {
  const IsolatedOutcome outcome = run_isolated([&program] {
    const std::clock_t start = std::clock();
    program();
    ByteWriter writer;
    writer.put(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    writer.put(s4u::Engine::get_clock());
    return writer.take();
  });
  if (!outcome.ok) throw std::runtime_error(outcome.error);
  ByteReader reader(outcome.output);
  Measurement result;
  reader.get(result.cpu_s);
  reader.get(result.simulated_s);
  return result;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void compare(std::size_t sources, std::size_t rounds, std::uint64_t requests) {
  const TemporaryFolder folder;
  const World world{sources};
  const Platform platform = make_platform(world, folder / "platform.xml");
  write_platform(platform);
  const Scenario scenario = make_scenario(world, platform, requests);
  const auto arrivals_s = make_arrivals(scenario, sources);
  std::vector<double> bare_s;
  std::vector<double> twinfer_s;
  std::vector<double> ratios;
  for (std::size_t round = 0; round < rounds; ++round) {
    const Measurement bare = measure([&] { run_bare(world, platform, arrivals_s); });
    const Measurement ours = measure([&] { run_twinfer(world, scenario); });
    if (std::abs(bare.simulated_s - ours.simulated_s) > 1e-6 * bare.simulated_s)
      throw std::runtime_error("the programs end at " + std::to_string(bare.simulated_s) + " s and " +
                               std::to_string(ours.simulated_s) + " s");
    bare_s.push_back(bare.cpu_s);
    twinfer_s.push_back(ours.cpu_s);
    ratios.push_back(ours.cpu_s / bare.cpu_s);
  }
  const double simulated = static_cast<double>(scenario.requests * sources);
  std::printf("| %14zu | %16.0f | %16.0f | %15.2f |\n", sources, simulated / median(bare_s),
              simulated / median(twinfer_s), median(ratios));
  std::fflush(stdout);
}

}  // namespace
}  // namespace twinfer

int main(int argc, char** argv) {
  const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 5;
  const std::uint64_t requests = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 50'000;
  if (rounds == 0 || requests < 1000) {
    std::fputs("usage: sim_bench [ROUNDS >= 1] [REQUESTS >= 1000]\n", stderr);
    return 2;
  }
  std::puts("| source devices | bare, requests/s | ours, requests/s | times bare's CPU |");
  std::puts("|---------------:|-----------------:|-----------------:|-----------------:|");
  for (const std::size_t sources : {1U, 10U, 100U, 1000U}) twinfer::compare(sources, rounds, requests);
  return 0;
}
