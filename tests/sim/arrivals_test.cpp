// When requests arrive, and that a run can be made again.
#include <doctest/doctest.h>

#include "core/workload.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

// One layer of 0.1 s on the source.
Scenario open_loop(ArrivalProcess process) {
  const tiny::World world(tiny::chain({100, 8}), tiny::mesh({"a", "b"}, 100), {{0, 0.1}, {0, 0.1}});
  Scenario scenario = tiny::scenario(world);
  scenario.requests = 50;
  scenario.pd_num = 0;
  scenario.arrivals = {process, 4};
  return scenario;
}

const std::vector<Stage> kLocal{{0, 1, 1}};

}  // namespace

TEST_CASE("periodic requests arrive at their times and meet nobody") {
  const RunRows rows = tiny::simulated(open_loop(ArrivalProcess::kPeriodic), kLocal);
  for (const ResultRow& row : rows.results) {
    CHECK(row.arrival_s == static_cast<double>(row.request) / 4);
    CHECK(row.latency_s == doctest::Approx(0.1));
    CHECK(row.admission_s == doctest::Approx(0));
  }
}

TEST_CASE("Poisson requests arrive as the workload says, and queue by Lindley's recurrence") {
  // wait[i] = max(0, wait[i-1] + service - gap[i])
  const Scenario scenario = open_loop(ArrivalProcess::kPoisson);
  const std::vector<Request> requests = make_requests(scenario);
  const RunRows rows = tiny::simulated(scenario, kLocal);
  double wait_s = 0;
  bool waited = false;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (i > 0) wait_s = std::max(0.0, wait_s + 0.1 - (requests[i].arrival - requests[i - 1].arrival).si());
    waited = waited || wait_s > 0;
    CHECK(rows.results[i].arrival_s == requests[i].arrival.si());
    CHECK(rows.results[i].latency_s == doctest::Approx(wait_s + 0.1).epsilon(1e-9));
    CHECK(rows.stages[i].queue_s == doctest::Approx(wait_s).epsilon(1e-9));
  }
  CHECK(waited);
}

TEST_CASE("requests in place of the scenario's come at their own times, with their own ids") {
  const Scenario scenario = open_loop(ArrivalProcess::kPoisson);
  const TemporaryFolder folder;
  Scenario on_file = scenario;
  on_file.platform = tiny::written(scenario.platform, folder / "platform.xml");
  const IsolatedOutcome outcome = run_isolated([&] {
    return encode_rows(simulate(on_file, tiny::plan_of(kLocal), {{0, 7, Seconds(2)}, {1, 8, Seconds(2.05)}}));
  });
  REQUIRE(outcome.ok);
  const RunRows rows = decode_rows(outcome.output);
  REQUIRE(rows.results.size() == 2);
  CHECK(rows.results[0].sample == 7);
  CHECK(rows.results[1].arrival_s == 2.05);
  CHECK(rows.results[1].latency_s == doctest::Approx(0.15));
}

TEST_CASE("the same seed gives the same rows byte for byte, another seed other arrivals") {
  Scenario scenario = open_loop(ArrivalProcess::kPoisson);
  scenario.costs = CostDraw::kSampled;
  const RunRows once = tiny::simulated(scenario, kLocal);
  CHECK(encode_rows(once) == encode_rows(tiny::simulated(scenario, kLocal)));

  scenario.seed = 2;
  const RunRows other = tiny::simulated(scenario, kLocal);
  CHECK(other.results[0].arrival_s != once.results[0].arrival_s);
}

TEST_CASE("sampled costs draw every request's own quantile") {
  // Times from 0.1 s (quantile 0) to 0.7 s (quantile 1), linear.
  Scenario scenario = open_loop(ArrivalProcess::kPeriodic);
  scenario.arrivals.rate_hz = 0.5;
  LatencyDistribution& time = scenario.profiles[0]->layers.at("l1").compute;
  for (std::size_t q = 0; q < kQuantiles.size(); ++q) time.quantiles[q] = Seconds(0.1 + 0.6 * kQuantiles[q]);
  time.mean = Seconds(0.4);
  scenario.costs = CostDraw::kSampled;
  const RunRows rows = tiny::simulated(scenario, kLocal);
  for (const StageRow& row : rows.stages)
    CHECK(row.compute_s == doctest::Approx(0.1 + 0.6 * compute_quantile(scenario, row.request, 0)).epsilon(1e-9));
  CHECK(rows.stages[0].compute_s != rows.stages[1].compute_s);
}

TEST_CASE("requests arise at the given share of what the plan sustains") {
  Scenario scenario = open_loop(ArrivalProcess::kPeriodic);
  scenario.arrivals = {ArrivalProcess::kPeriodic, 0, 0.5};
  const TemporaryFolder folder;
  scenario.platform = tiny::written(scenario.platform, folder / "platform.xml");
  Plan plan = tiny::plan_of(kLocal);
  plan.bottleneck = Seconds(0.25);  // sustains 4/s, so 2/s arrive
  const RunRows rows = tiny::simulated_on_file(scenario, plan);
  REQUIRE(rows.results.size() > 1);
  for (const ResultRow& row : rows.results) CHECK(row.arrival_s == 0.5 * static_cast<double>(row.request));
}

TEST_CASE("a closed loop without costs ends, too") {
  Scenario scenario = open_loop(ArrivalProcess::kClosed);
  scenario.pd_num = 1;
  for (auto& profile : scenario.profiles) profile->layers.at("l1").compute = constant_latency(Seconds(0));
  const RunRows rows = tiny::simulated(scenario, kLocal);
  CHECK(rows.results.back().latency_s == 0);
  CHECK(rows.results.back().status == Status::kOk);
}
