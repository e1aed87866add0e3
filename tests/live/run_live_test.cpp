// Whole live runs over loopback, with the real network and the real worker.
#include "live/run_live.h"

#include <csignal>
#include <string>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/live/whole_network.h"

namespace twinfer {
namespace {

Network digits() { return make_network("digits", default_input_shape("digits"), 1); }

// latency = admission + what the stages say + the result's way back
double sum_of_parts_s(const RunRows& rows, const ResultRow& result) {
  double sum_s = result.admission_s + result.result_wait_s + result.result_return_s;
  for (const StageRow& row : rows.stages)
    if (row.request == result.request)
      sum_s += row.hop_wait_s + row.encode_s + row.transfer_s + row.queue_s + row.decode_s + row.compute_s;
  return sum_s;
}

TEST_CASE("every request of a closed run ends in one row whose parts add up") {
  WorkerThread first, second;
  const Network network = digits();
  Scenario scenario = live_scenario(network.graph(), {first.endpoint(), second.endpoint()});
  scenario.requests = 12;
  scenario.pd_num = 3;
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  std::size_t streamed = 0;
  const LiveOutcome outcome = run_live(fleet, scenario, plan_of({{0, 1, 4}, {1, 5, network.graph().last()}}),
                                       [&](const RunRows& rows) { streamed += rows.results.size(); });

  CHECK(outcome.error == "");
  CHECK(streamed == 12);
  REQUIRE(outcome.rows.results.size() == 12);
  REQUIRE(outcome.rows.stages.size() == 24);
  const double hop_bytes = cut_after(network.graph(), 4).bytes.si();
  for (std::uint64_t id = 0; id < 12; ++id) {
    const ResultRow& row = outcome.rows.results[id];
    CHECK(row.request == id);
    CHECK(row.status == Status::kOk);
    CHECK(row.exit == network.graph().exit_heads().size());
    CHECK(row.admission_s == 0);
    CHECK(row.latency_s > 0);
    // Input to device 0, where it arose, crosses nothing; the cut and the result do.
    CHECK(row.bytes_sent == hop_bytes + kResultBytes.si());
    CHECK(sum_of_parts_s(outcome.rows, row) == doctest::Approx(row.latency_s).epsilon(1e-9));
  }
}

TEST_CASE("several stages on one device and several runs on one fleet work alike") {
  WorkerThread only;
  const Network network = digits();
  const Scenario scenario = live_scenario(network.graph(), {only.endpoint()});
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LayerId last = network.graph().last();
  for (const std::vector<Stage>& stages :
       std::vector<std::vector<Stage>>{{{0, 1, last}}, {{0, 1, 2}, {0, 3, 5}, {0, 6, last}}, {{0, 1, last}}}) {
    const LiveOutcome outcome = run_live(fleet, scenario, plan_of(stages), ignore_rows);
    CHECK(outcome.error == "");
    CHECK(outcome.rows.stages.size() == stages.size());
    CHECK(outcome.rows.results.at(0).bytes_sent == 0);
  }
}

TEST_CASE("an open run keeps nominal arrivals and makes requests wait for admission") {
  WorkerThread only;
  const Network network = digits();
  Scenario scenario = live_scenario(network.graph(), {only.endpoint()});
  scenario.requests = 6;
  scenario.arrivals = {ArrivalProcess::kPeriodic, 10000};
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LiveOutcome outcome = run_live(fleet, scenario, plan_of({{0, 1, network.graph().last()}}), ignore_rows);

  CHECK(outcome.error == "");
  for (const ResultRow& row : outcome.rows.results) {
    CHECK(row.arrival_s == doctest::Approx(static_cast<double>(row.request) / 10000).epsilon(1e-9));
    CHECK(sum_of_parts_s(outcome.rows, row) == doctest::Approx(row.latency_s).epsilon(1e-9));
    // pd_num = 1: nobody enters before the request before it is back.
    if (row.request == 0) continue;
    const ResultRow& before = outcome.rows.results[row.request - 1];
    CHECK(row.arrival_s + row.admission_s >= before.arrival_s + before.latency_s - 1e-9);
  }
}

TEST_CASE("a request that takes longer than its deadline is missed, with its exit and class") {
  WorkerThread only;
  const Network network = digits();
  Scenario scenario = live_scenario(network.graph(), {only.endpoint()});
  scenario.deadline = Seconds(1e-9);
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LiveOutcome outcome = run_live(fleet, scenario, plan_of({{0, 1, network.graph().last()}}), ignore_rows);
  CHECK(outcome.error == "");
  CHECK(outcome.rows.results.at(0).status == Status::kMissed);
  CHECK(outcome.rows.results.at(0).exit == network.graph().exit_heads().size());
}

TEST_CASE("every cut of digits gives the logits of the whole network") {
  WorkerThread first, second;
  const WholeNetwork whole = run_whole(digits());
  Scenario scenario = live_scenario(whole.network->graph(), {first.endpoint(), second.endpoint()});
  scenario.models_dir = "no-trained-weights";
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LayerId last = whole.network->graph().last();
  for (LayerId cut = 1; cut < last; ++cut) {
    const std::vector<float> logits = run_in_stages(fleet, scenario, {{0, 1, cut}, {1, cut + 1, last}}, whole.input[0]);
    CHECK(largest_difference(logits, whole.logits) <= 1e-5F);
  }
}

TEST_CASE("a dilation that is too small is refused with the stage and the one that would do") {
  WorkerThread only;
  const Network network = digits();
  Scenario scenario = live_scenario(network.graph(), {only.endpoint()}, /*layer_s=*/1e-9);
  scenario.live.emulate = Emulation::kAll;
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  std::string message;
  try {
    run_live(fleet, scenario, plan_of({{0, 1, network.graph().last()}}), ignore_rows);
  } catch (const InputError& error) {
    message = error.what();
  }
  CHECK(message.starts_with("tiny.yaml: live.dilation: `1`: stage 1 on d0 takes "));
  CHECK(message.find(" ms here, emulated ") != std::string::npos);
  CHECK(message.find(" ms: at least ") != std::string::npos);
  CHECK(message.ends_with(" is needed"));
}

TEST_CASE("an emulated run takes the profile's time, scaled back by its dilation") {
  WorkerThread only;
  const Network network = digits();
  Scenario scenario = live_scenario(network.graph(), {only.endpoint()}, /*layer_s=*/0.001);
  scenario.live.emulate = Emulation::kAll;
  scenario.live.dilation = 8;
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LiveOutcome outcome = run_live(fleet, scenario, plan_of({{0, 1, network.graph().last()}}), ignore_rows);

  // layers of 1 ms each; padding never ends early, so no machine is too slow for this
  CHECK(outcome.pads == 3);
  CHECK(outcome.rows.stages.at(0).compute_s >= 0.001 * static_cast<double>(network.graph().size() - 1) - 1e-6);
}

TEST_CASE("a device whose worker is lost fails what is open, and the run says so") {
  WorkerThread first;
  auto second = std::make_unique<WorkerThread>();
  const Network network = digits();
  Scenario scenario = live_scenario(network.graph(), {first.endpoint(), second->endpoint()}, 0.001);
  scenario.requests = 500;
  scenario.pd_num = 4;
  scenario.live.emulate = Emulation::kAll;
  scenario.live.dilation = 8;
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const Plan plan = plan_of({{0, 1, 4}, {1, 5, network.graph().last()}});
  std::thread killer;
  std::size_t rows = 0;
  const LiveOutcome outcome = run_live(fleet, scenario, plan, [&](const RunRows& batch) {
    rows += batch.results.size();
    if (!killer.joinable()) killer = std::thread([&] { second.reset(); });
  });
  killer.join();

  CHECK(outcome.fleet_lost);
  CHECK(outcome.error.find("closed the connection") != std::string::npos);
  REQUIRE(outcome.rows.results.size() == 500);
  CHECK(rows == 500);
  CHECK(outcome.rows.results.front().status == Status::kOk);
  CHECK(outcome.rows.results.back().status == Status::kFailed);
  CHECK(outcome.rows.results.back().error.find("closed the connection") != std::string::npos);
}

TEST_CASE("a run in which nothing comes back is given up after the timeout") {
  WorkerThread only;
  const Network network = digits();
  Scenario scenario = live_scenario(network.graph(), {only.endpoint()}, /*layer_s=*/60);
  scenario.live.emulate = Emulation::kAll;
  scenario.live.timeout = Seconds(0.3);
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LiveOutcome outcome = run_live(fleet, scenario, plan_of({{0, 1, network.graph().last()}}), ignore_rows);
  CHECK(outcome.fleet_lost);
  CHECK(outcome.error == "nothing came back within the timeout");
  CHECK(outcome.rows.results.at(0).error == "nothing came back within the timeout");
}

TEST_CASE("an interrupted run ends with a row for every request") {
  WorkerThread only;
  const Network network = digits();
  Scenario scenario = live_scenario(network.graph(), {only.endpoint()});
  scenario.requests = 100000;
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  bool raised = false;
  const LiveOutcome outcome = run_live(fleet, scenario, plan_of({{0, 1, network.graph().last()}}), [&](const RunRows&) {
    if (!std::exchange(raised, true)) std::raise(SIGINT);
  });
  CHECK(outcome.interrupted);
  CHECK(outcome.error == "interrupted");
  CHECK_FALSE(outcome.fleet_lost);
  CHECK(outcome.rows.results.size() == 100000);
  CHECK(outcome.rows.results.front().status == Status::kOk);
  CHECK(outcome.rows.results.back().error == "interrupted");
}

}  // namespace
}  // namespace twinfer
