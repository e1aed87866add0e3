// A change of plans while requests run, on real workers with emulated links.
#include "policies/replan.h"

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/fleet_members.h"
#include "live/handshake.h"
#include "live/run_setup.h"
#include "live/run_to_end.h"
#include "policies/partition_policy.h"
#include "tests/live/live_world.h"
#include "tests/support/refusal.h"

namespace twinfer {
namespace {

// digits takes the first device 99 ms and the second 66 ms, to which its input goes in 1.6 ms; after 0.4 s
// in 164 ms. Much longer than this machine takes, under sanitizers and beside other tests, too.
Scenario dropping(const LayerGraph& graph, const std::vector<Endpoint>& workers) {
  Scenario scenario = live_scenario(graph, workers, 0.003);
  for (auto& [name, layer] : scenario.profiles[0]->layers)
    if (layer.compute.median() > Seconds(0)) layer.compute = constant_latency(Seconds(0.0045));
  Link& link = scenario.platform.links[0];
  link.bandwidth = BytesPerSecond(1e7);
  link.changes = {{Seconds(0.4), BytesPerSecond(1e5)}};
  scenario.replan = Replan{0.2, Seconds(0.01)};
  scenario.live.emulate = Emulation::kAll;
  scenario.arrivals = {ArrivalProcess::kPeriodic, 10};
  scenario.pd_num = 0;
  scenario.requests = 12;
  return scenario;
}

TEST_CASE("a drop is survived: no request is lost, and those that come after it stay at the source") {
  WorkerThread first, second;
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  const Scenario scenario = dropping(network.graph(), {first.endpoint(), second.endpoint()});
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  const Plan plan = make_plan(scenario, cost, "exact-latency");
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  std::vector<std::pair<std::string, double>> told;
  const LiveOutcome outcome =
      run_live(fleet, scenario, plan, ignore_rows,
               [&](const std::string& link, BytesPerSecond bandwidth) { told.emplace_back(link, bandwidth.si()); });
  CHECK(told == std::vector<std::pair<std::string, double>>{{"d0-d1", 1e7}, {"d0-d1", 1e5}});
  CHECK_FALSE(outcome.fleet_lost);  // on a busy machine waits end late, which is not the question here
  REQUIRE(outcome.rows.results.size() == 12);
  std::vector<std::string> devices(12);
  for (const StageRow& row : outcome.rows.stages) devices[row.request] = row.device;
  for (std::size_t id = 0; id < 12; ++id) {
    CAPTURE(id);
    CHECK(outcome.rows.results[id].status == Status::kOk);
    if (id < 4) CHECK(devices[id] == "d1");  // arrived before 0.4 s
    if (id > 5) CHECK(devices[id] == "d0");  // 0.41 s and a way there and back later
  }
}

TEST_CASE("emulated links follow their changes without another plan, too") {
  WorkerThread first, second;
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  Scenario scenario = dropping(network.graph(), {first.endpoint(), second.endpoint()});
  scenario.replan.reset();
  scenario.arrivals = {};
  scenario.pd_num = 1;
  scenario.requests = 9;  // at 68 ms
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LiveOutcome outcome = run_live(fleet, scenario, make_plan(scenario, cost, "exact-latency"), ignore_rows);
  CHECK_FALSE(outcome.fleet_lost);  // on a busy machine waits end late, which is not the question here
  REQUIRE(outcome.rows.stages.size() == 9);
  CHECK(outcome.rows.stages.front().transfer_s < 0.05);
  CHECK(outcome.rows.stages.back().transfer_s > 0.16);
}

TEST_CASE("requests set out by the plan that is ordered, from the one on that the answer names") {
  WorkerThread first, second;
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  Scenario scenario = live_scenario(network.graph(), {first.endpoint(), second.endpoint()});
  scenario.arrivals = {ArrivalProcess::kPeriodic, 20};
  scenario.pd_num = 0;
  scenario.requests = 20;
  const LayerId last = network.graph().size() - 1;
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  bool ordered = false;
  const LiveOutcome outcome = run_live_steered(
      fleet, scenario, {plan_of({Stage(0, 1, last)}), plan_of({Stage(1, 1, last)})},
      [&](const RunRows&) {
        if (!std::exchange(ordered, true)) REQUIRE(write(ends[1], "plan 1\n", 7) == 7);
      },
      ends[0]);
  std::string answer(100, ' ');
  answer.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, recv(ends[1], answer.data(), answer.size(), MSG_DONTWAIT))));
  for (const int end : ends) close(end);
  REQUIRE(answer.starts_with("plan 1 from "));
  const unsigned long from = std::stoul(answer.substr(12));
  CHECK(from > 0);
  CHECK(from < 20);
  CHECK(outcome.error.empty());
  REQUIRE(outcome.rows.results.size() == 20);
  for (const StageRow& row : outcome.rows.stages) {
    CAPTURE(row.request);
    CHECK(row.device == (row.request < from ? "d0" : "d1"));
  }
  for (const ResultRow& row : outcome.rows.results) CHECK(row.status == Status::kOk);
}

TEST_CASE("a scenario that replans takes no orders") {
  WorkerThread first, second;
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  const Scenario scenario = dropping(network.graph(), {first.endpoint(), second.endpoint()});
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  CHECK(refusal_of([&] { run_live_steered(fleet, scenario, {plan_of({Stage(0, 1, 5)})}, ignore_rows, 0); }) ==
        "tiny.yaml: replan: is the scenario's own, and somebody else is to say the plans");
}

TEST_CASE("links that change and that nobody changes are refused") {
  WorkerThread first, second;
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  Scenario scenario = dropping(network.graph(), {first.endpoint(), second.endpoint()});
  scenario.live.emulate = Emulation::kCompute;
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  const Plan plan = make_plan(scenario, cost, "exact-latency");
  Fleet fleet(scenario.platform, all_devices(scenario), {});
  CHECK(refusal_of([&] { run_live(fleet, scenario, plan, ignore_rows); }) ==
        "tiny.yaml: live.emulate: `compute`: links of the platform change: `true` follows them, or --on-bandwidth "
        "COMMAND changes real ones");
}

TEST_CASE("a worker takes parameters of more than one piece, and of none") {
  WorkerThread worker;
  asio::io_context io;
  const auto control = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, std::chrono::seconds(5)));
  for (const double bytes : {40e6, 1.0, 0.0}) run_to_end(io, send_parameters(*control, Bytes(bytes)));
}

}  // namespace
}  // namespace twinfer
