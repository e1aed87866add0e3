// Rehearsals of a world that the twin was not told of, and what it then says of that world's own traffic.
#include "cli/rehearsal.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/workload.h"
#include "policies/partition_policy.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

// Two stages of 1 and 2 s on a and b; a message of 100 B takes 1 s of latency and 0.1 s of bytes.
struct Rehearsing {
  tiny::World world{tiny::chain({100, 100, 4}), tiny::mesh({"a", "b"}, 1000, 1), {{0, 1, 2}, {0, 1, 2}}};
  TemporaryFolder folder;
  Scenario scenario = tiny::scenario(world);
  Plan plan = tiny::plan_of({{0, 1, 1}, {1, 2, 2}});

  Rehearsing() {
    scenario.platform = tiny::written(scenario.platform, folder / "platform.xml");
    scenario.requests = 200;
    scenario.pd_num = 0;
    scenario.arrivals = {ArrivalProcess::kPoisson, 0.3};
    plan.bottleneck = Seconds(2);
    plan.predicted_latency = Seconds(8);
  }
  [[nodiscard]] double gap_s(const Scenario& of) const {
    return make_requests(of).back().arrival.si() / static_cast<double>(of.requests);
  }
};

double mean_latency_s(const RunRows& rows) {
  double sum_s = 0;
  for (const ResultRow& row : rows.results) sum_s += row.latency_s;
  return sum_s / static_cast<double>(rows.results.size());
}

}  // namespace

TEST_CASE_FIXTURE(Rehearsing, "rehearsals are other traffic, each of its own, and as dense as the runs") {
  const std::vector<Request> runs = make_requests(scenario);
  for (const std::uint64_t requests : {50, 200})
    for (const std::size_t round : {0, 1}) {
      const Scenario rehearsal = with_traffic(scenario, round, requests);
      CHECK(rehearsal.requests == requests);
      CHECK(rehearsal.seed != scenario.seed);
      CHECK(gap_s(rehearsal) == doctest::Approx(gap_s(scenario)));
      CHECK(make_requests(rehearsal)[0].arrival != runs[0].arrival);
      CHECK(make_requests(rehearsal)[7].sample != runs[7].sample);
    }
  CHECK(with_traffic(scenario, 0, 50).seed != with_traffic(scenario, 1, 50).seed);
  const double pace = with_traffic(scenario, 0, 50).arrivals.rate_hz / 0.3;
  CHECK(pace != doctest::Approx(1));
  scenario.arrivals = {ArrivalProcess::kPoisson, 0, 0.5};
  CHECK(*with_traffic(scenario, 0, 50).arrivals.load == doctest::Approx(0.5 * pace));
  scenario.arrivals = {ArrivalProcess::kPeriodic, 0.3};
  CHECK(with_traffic(scenario, 0, 50).arrivals.rate_hz == 0.3);
}

TEST_CASE_FIXTURE(Rehearsing, "a rehearsal has as many requests as arrive in its time, 50 or all at least") {
  // Planned as here whatever the number, so that it does not matter.
  scenario.policies = {"local"};
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  const Plan local = make_plan(scenario, cost, "local");
  CHECK(requests_to_rehearse(scenario, {local}, Seconds(300)) == 90);
  CHECK(requests_to_rehearse(scenario, {local}, Seconds(3)) == 50);
  CHECK(requests_to_rehearse(scenario, {local}, Seconds(3000)) == 200);
  scenario.live.dilation = 1.5;  // 300 s of the clock are 200 of the scenario
  CHECK(requests_to_rehearse(scenario, {local}, Seconds(300)) == 60);
  scenario.live.dilation = 1;
  scenario.arrivals = {};
  scenario.pd_num = 1;  // 3 s alone
  CHECK(requests_to_rehearse(scenario, {local}, Seconds(300)) == 100);
  scenario.pd_num = 4;  // its stage of 3 s all the same
  CHECK(requests_to_rehearse(scenario, {local}, Seconds(300)) == 100);
}

TEST_CASE_FIXTURE(Rehearsing, "where fewer requests would be planned otherwise, all of them are rehearsed") {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  Plan other = make_plan(scenario, cost, "local");
  other.stages = {{0, 1, 1}, {1, 2, 2}};  // which "local" never plans
  CHECK(requests_to_rehearse(scenario, {other}, Seconds(3)) == 200);
}

TEST_CASE_FIXTURE(Rehearsing, "a twin that has rehearsed predicts a world that it was not told of within 1 %") {
  Scenario truth = scenario;
  for (auto& [name, layer] : truth.profiles[1]->layers) layer.compute = scaled(layer.compute, 1.25);
  truth.platform.links[0].latency = Seconds(1.5);
  std::vector<Rehearsed> rehearsals;
  for (const std::size_t round : {0, 1})
    rehearsals.push_back({round, tiny::simulated_on_file(with_traffic(truth, round, 100), plan)});
  const RunRows measured = tiny::simulated_on_file(truth, plan);
  const RunRows told = tiny::simulated_on_file(refitted(scenario, plan, rehearsals), plan);
  CHECK(mean_latency_s(told) == doctest::Approx(mean_latency_s(measured)).epsilon(0.01));
  CHECK(mean_latency_s(tiny::simulated_on_file(scenario, plan)) < 0.9 * mean_latency_s(measured));
}

TEST_CASE_FIXTURE(Rehearsing, "a rehearsal that failed, or ran another plan, says so") {
  StoredRun run;
  run.info.status = "complete";
  const auto reason = [&](const std::vector<StoredRun>& runs) -> std::string {
    try {
      static_cast<void>(rehearsed_by(scenario, plan, runs, 1));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  run.info.policy = plan.policy;
  run.info.plan = describe(plan, scenario.graph, scenario.platform);
  CHECK(reason({run}).empty());
  StoredRun alike = run;  // of a policy that planned the same
  alike.info.policy = "alike";
  CHECK(rehearsed_by(scenario, plan, {run, alike}, 1).size() == 2);
  StoredRun other = alike;
  other.info.plan = "a[1-2]";
  CHECK(rehearsed_by(scenario, plan, {run, other}, 1).size() == 1);
  run.info.status = "failed";
  CHECK(rehearsed_by(scenario, plan, {run, alike}, 1).size() == 1);
  CHECK(reason({run, other}) == "rehearsal 2: did not end");
  run.info.status = "complete";
  run.info.plan = "a[1-2]";
  CHECK(reason({run}) == "rehearsal 2: ran another plan: a[1-2]");
  CHECK(reason({}) == "rehearsal 2: not made");
  run.info.status = "failed";
  run.info.error = "worker b is gone";
  CHECK(reason({run}) == "rehearsal 2: worker b is gone");
}

TEST_CASE_FIXTURE(Rehearsing, "networks that change, or add to latencies, are not rehearsed") {
  CHECK_NOTHROW(check_rehearsable(scenario));
  scenario.network_model = "LV08";
  CHECK_THROWS_WITH_AS(check_rehearsable(scenario), doctest::Contains("network_model: `LV08`: must be CM02"),
                       InputError);
  scenario.network_model = "CM02";
  scenario.platform.links[0].changes = {{Seconds(5), BytesPerSecond(10)}};
  CHECK_THROWS_WITH_AS(check_rehearsable(scenario), doctest::Contains("links of the platform change"), InputError);
}
