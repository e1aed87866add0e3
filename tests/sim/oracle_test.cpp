// The simulator against arithmetic that knows nothing of SimGrid: the flow-shop
// recurrence for streams, the CostModel for a request alone.
#include <random>

#include <doctest/doctest.h>

#include "core/calibration.h"
#include "policies/flow_shop.h"
#include "tests/support/random_world.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

double between(std::mt19937_64& random, double least, double most) {
  return std::uniform_real_distribution<double>(least, most)(random);
}

std::vector<double> random_times(std::mt19937_64& random, std::size_t layers) {
  std::vector<double> times_s{0};
  while (times_s.size() < layers) times_s.push_back(between(random, 0.001, 1));
  return times_s;
}

// A chain of 1 to 12 layers over 1 to 6 devices, with links, times and codecs
// that are no round numbers.
tiny::World random_chain(std::mt19937_64& random) {
  const std::size_t layers = tiny::draw(random, 1, 12);
  std::vector<double> bytes;
  for (std::size_t i = 0; i <= layers; ++i) bytes.push_back(static_cast<double>(tiny::draw(random, 1, 100'000)));
  std::vector<std::string> names;
  for (std::size_t d = 0, devices = tiny::draw(random, 1, 6); d < devices; ++d)
    names.push_back("d" + std::to_string(d));
  std::vector<tiny::Wire> wires;
  for (DeviceId a = 0; a < names.size(); ++a)
    for (DeviceId b = a + 1; b < names.size(); ++b)
      wires.push_back({a, b, between(random, 1e4, 1e6), random() % 3 == 0 ? 0 : between(random, 1e-4, 0.3)});
  std::vector<std::vector<double>> layers_s;
  for (std::size_t d = 0; d < names.size(); ++d) layers_s.push_back(random_times(random, layers + 1));
  const tiny::Codec codec{between(random, 0, 0.01), between(random, 0, 0.01), between(random, 0, 0.001)};
  return {tiny::chain(bytes), tiny::network(names, wires), layers_s, {}, codec};
}

// Layers 1..last cut at random into at most as many stages as there are devices.
std::vector<Stage> random_stages(std::mt19937_64& random, const tiny::World& world) {
  std::vector<Stage> stages;
  LayerId first = 1;
  for (DeviceId device = 0; device < world.platform.devices.size() && first <= world.graph.last(); ++device) {
    if (random() % 5 == 0 && device + 1 < world.platform.devices.size()) continue;  // left out
    const bool rest = device + 1 == world.platform.devices.size();
    const LayerId last = rest ? world.graph.last() : tiny::draw(random, first, world.graph.last());
    stages.push_back({device, first, last});
    first = last + 1;
  }
  return stages;
}

PipelineCosts pipeline(const PlanCost& cost) {
  std::vector<Seconds> resources, lags;
  for (std::size_t i = 0; i < cost.hops.size(); ++i) {
    resources.insert(resources.end(), {cost.hops[i].preparing(), cost.hops[i].transmit, cost.computes[i]});
    lags.insert(lags.end(), {Seconds(0), cost.hops[i].lag(), Seconds(0)});
  }
  resources.insert(resources.end(), {cost.result.preparing(), cost.result.transmit});
  lags.insert(lags.end(), {Seconds(0), cost.result.lag()});
  return {resources, resources, lags};
}

bool equal(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)); }

}  // namespace

TEST_CASE("a stream through a random chain follows the flow-shop recurrence") {
  // Every frame is there at time 0, so its return is its latency. done[f][3s + 1]
  // and done[f][3s + 2] are the ends of its hop into stage s and of its computing there.
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const tiny::World world = random_chain(random);
    const std::vector<Stage> stages = random_stages(random, world);
    Scenario scenario = tiny::scenario(world);
    scenario.requests = scenario.pd_num = tiny::draw(random, 1, 50);

    const auto done = flow_shop_times(pipeline(plan_cost(world.cost, stages, 0, {})), scenario.requests);
    const RunRows rows = tiny::simulated(scenario, stages);

    REQUIRE(rows.results.size() == scenario.requests);
    REQUIRE(rows.stages.size() == scenario.requests * stages.size());
    for (const ResultRow& row : rows.results)
      REQUIRE_MESSAGE(equal(row.latency_s, done[row.request].back().si()), "request ", row.request, ": ", row.latency_s,
                      " instead of ", done[row.request].back().si());
    for (const StageRow& row : rows.stages) {
      const double hop_end_s = row.hop_start_s + row.encode_s + row.transfer_s;
      const double job_end_s = row.compute_start_s + row.decode_s + row.compute_s;
      REQUIRE(equal(hop_end_s, done[row.request][3 * row.stage + 1].si()));
      REQUIRE(equal(job_end_s, done[row.request][3 * row.stage + 2].si()));
    }
  }
}

TEST_CASE("a request alone takes exactly what the cost model says, on random networks and platforms") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const LayerGraph graph = tiny::random_graph(random, tiny::draw(random, 2, 8));
    Platform platform = tiny::random_platform(random, tiny::draw(random, 2, 4));
    if (seed % 2 == 0) {
      add_loopback(platform, 0);
      platform.links.back().bandwidth = BytesPerSecond(2000);
      platform.links.back().latency = Seconds(0.25);
    }
    const tiny::World world(graph, platform, tiny::random_profiles(random, graph, platform));
    const std::vector<Stage> stages = random_stages(random, world);

    const RunRows rows = tiny::simulated(tiny::scenario(world), stages, "SHARED");

    const PlanCost cost = plan_cost(world.cost, stages, 0, {});
    REQUIRE(equal(rows.results[0].latency_s, cost.latency.si()));
    for (const StageRow& row : rows.stages) {
      REQUIRE(equal(row.transfer_s + 1, (cost.hops[row.stage].overhead + cost.hops[row.stage].wire()).si() + 1));
      REQUIRE(equal(row.decode_s + row.compute_s, cost.computes[row.stage].si()));
    }
  }
}

TEST_CASE("a long stream of short jobs stays exact") {
  // 5,000 frames of 1 us and 2.3 us, with events 0.1 us apart: the last is back
  // after 1 + 5,000 x 2.3 us.
  tiny::World world(tiny::chain({1, 1, 1}), tiny::mesh({"a", "b"}, 1e12), {{0, 1e-6, 1e-6}, {0, 2.3e-6, 2.3e-6}});
  Scenario scenario = tiny::scenario(world);
  scenario.requests = scenario.pd_num = 5000;
  const std::vector<Stage> stages{{0, 1, 1}, {1, 2, 2}};

  const RunRows rows = tiny::simulated(scenario, stages);

  const Seconds makespan = flow_shop_makespan(pipeline(plan_cost(world.cost, stages, 0, {})), 5000);
  CHECK(equal(rows.results.back().latency_s, makespan.si()));
  CHECK(rows.results.back().latency_s == doctest::Approx(0.011501).epsilon(1e-6));
}

TEST_CASE("no window holds back a fast link with a long latency") {
  // 0.5 s + 1e9 B / 1e9 B/s to pc and 0.5 s + 256 B / 1e9 B/s back; TCP's 4 MB
  // window would allow 4 MB/s.
  tiny::World world(tiny::chain({1e9, 8}), tiny::mesh({"pi", "pc"}, 1e9, 0.5), {{0, 1}, {0, 1}});
  const RunRows rows = tiny::simulated(tiny::scenario(world), {{1, 1, 1}});
  CHECK(equal(rows.results[0].latency_s, 1.5 + 1 + 0.5 + 256e-9));
}
