// Stages with replicas over loopback: who serves whom, and that nothing else changes.
#include <functional>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "core/error.h"
#include "live/live_run.h"
#include "tests/live/whole_network.h"

namespace twinfer {
namespace {

// Three workers with a network in two stages of two and three replicas, one device in both.
struct ThreeWorkers {
  WorkerThread first;
  WorkerThread second;
  std::unique_ptr<WorkerThread> third = std::make_unique<WorkerThread>();
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  const LayerId last = network.graph().last();
  const std::vector<Stage> stages{{{0, 1}, 1, 4}, {{2, 1, 0}, 5, last}};

  Scenario scenario(double layer_s = 0.001) const {
    return live_scenario(network.graph(), {first.endpoint(), second.endpoint(), third->endpoint()}, layer_s);
  }
};

TEST_CASE_FIXTURE(ThreeWorkers, "every turn gives the logits of the whole network") {
  const WholeNetwork whole = run_whole(make_network("digits", default_input_shape("digits"), 1));
  Scenario at = scenario();
  at.models_dir = "no-trained-weights";
  Fleet fleet(at.platform, all_devices(at), {});
  for (std::uint64_t id = 0; id < 6; ++id)
    CHECK(largest_difference(run_in_stages(fleet, at, stages, whole.input[0], id), whole.logits) <= 1e-5F);
}

TEST_CASE_FIXTURE(ThreeWorkers, "requests are served by turns, and end as on one device a stage") {
  Scenario at = scenario();
  at.requests = 30;
  at.pd_num = 7;
  at.exits = {ExitRule::kMaxSoftmax, {{0, 0.12}, {1, 0.12}, {2, 0.12}}};
  Fleet fleet(at.platform, all_devices(at), {});
  const RunRows alone = run_live(fleet, at, plan_of({{0, 1, 4}, {1, 5, last}}), ignore_rows).rows;
  const LiveOutcome outcome = run_live(fleet, at, plan_of(stages), ignore_rows);

  CHECK(outcome.error == "");
  REQUIRE(outcome.rows.results.size() == 30);
  for (const ResultRow& row : outcome.rows.results) {
    const ResultRow& other = alone.results.at(row.request);
    CHECK(row.status == other.status);
    CHECK(row.exit == other.exit);
    CHECK(row.predicted == other.predicted);
  }
  // Stage 1 on d0 and d1, stage 2 on d2, d1 and d0 by turns.
  const std::vector<std::string> of_first{"d0", "d1"};
  const std::vector<std::string> of_second{"d2", "d1", "d0"};
  CHECK(outcome.rows.stages.size() == alone.stages.size());
  for (const StageRow& row : outcome.rows.stages)
    CHECK(row.device == (row.stage == 0 ? of_first[row.request % 2] : of_second[row.request % 3]));
}

TEST_CASE_FIXTURE(ThreeWorkers, "bytes and parts of a row are those of the replicas that it passed") {
  Scenario at = scenario();
  at.requests = 6;
  at.pd_num = 2;
  Fleet fleet(at.platform, all_devices(at), {});
  const LiveOutcome outcome = run_live(fleet, at, plan_of(stages), ignore_rows);
  REQUIRE(outcome.error == "");
  const double input = network.graph().layer(0).output_bytes.si();
  const double cut = cut_after(network.graph(), 4).bytes.si();
  // From d0 over (d0 d2) (d1 d1) (d0 d0) (d1 d2) (d0 d1) (d1 d0) and back.
  const std::vector<double> bytes{cut + 256, input + 256, 0, input + cut + 256, cut + 256, input + cut};
  for (const ResultRow& row : outcome.rows.results) {
    CHECK(row.bytes_sent == bytes.at(row.request));
    double sum_s = row.admission_s + row.result_wait_s + row.result_return_s;
    for (const StageRow& part : outcome.rows.stages)
      if (part.request == row.request)
        sum_s += part.hop_wait_s + part.encode_s + part.transfer_s + part.queue_s + part.decode_s + part.compute_s;
    CHECK(sum_s == doctest::Approx(row.latency_s).epsilon(1e-9));
  }
}

TEST_CASE("replicas on one worker are kept apart") {
  WorkerThread only;
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  Scenario at = live_scenario(network.graph(), {only.endpoint(), only.endpoint()});
  at.requests = 8;
  at.pd_num = 4;
  Fleet fleet(at.platform, all_devices(at), {});
  const LiveOutcome outcome =
      run_live(fleet, at, plan_of({{{0, 1}, 1, 4}, {{1, 0}, 5, network.graph().last()}}), ignore_rows);
  CHECK(outcome.error == "");
  for (const ResultRow& row : outcome.rows.results) CHECK(row.status == Status::kOk);
}

TEST_CASE_FIXTURE(ThreeWorkers, "each replica is emulated by its own device's profile and connections") {
  Scenario at = scenario();
  for (auto& [name, layer] : at.profiles[1]->layers)
    for (Seconds& quantile : layer.compute.quantiles) quantile *= 2;
  // From the source to d1 10 ms, to itself nothing.
  at.platform.links[at.platform.routes.at({0, 1}).front()].latency = Seconds(0.01);
  at.live.emulate = Emulation::kAll;
  at.live.dilation = 8;
  at.requests = 2;
  Fleet fleet(at.platform, all_devices(at), {});
  const LiveOutcome outcome = run_live(fleet, at, plan_of({{{0, 1}, 1, last}}), ignore_rows);
  REQUIRE(outcome.rows.stages.size() == 2);
  // Padding never ends early, so no machine is too slow for this.
  const double layers_s = 0.001 * static_cast<double>(last);
  CHECK(outcome.rows.stages[0].compute_s >= layers_s - 1e-6);
  CHECK(outcome.rows.stages[1].compute_s >= 2 * layers_s - 1e-6);
  CHECK(outcome.rows.stages[1].transfer_s >= 0.01 - 1e-6);
  CHECK(outcome.rows.results[1].result_return_s >= 0.01 - 1e-6);
  CHECK(outcome.pads == 6);  // hop, stage and result of both
}

TEST_CASE_FIXTURE(ThreeWorkers, "a dilation that is too small for one replica is refused by its name") {
  Scenario at = scenario(/*layer_s=*/10);
  for (auto& [name, layer] : at.profiles[1]->layers) layer.compute = constant_latency(Seconds(1e-9));
  at.live.emulate = Emulation::kAll;
  Fleet fleet(at.platform, all_devices(at), {});
  std::string message;
  try {
    run_live(fleet, at, plan_of({{{0, 1}, 1, last}}), ignore_rows);
  } catch (const InputError& error) {
    message = error.what();
  }
  CHECK(message.starts_with("tiny.yaml: live.dilation: `1`: stage 1 on d1 takes "));
}

TEST_CASE_FIXTURE(ThreeWorkers, "a replica whose worker is lost fails what is open, and the run says so") {
  Scenario at = scenario();
  at.requests = 500;
  at.pd_num = 4;
  at.live.emulate = Emulation::kAll;
  at.live.dilation = 8;
  Fleet fleet(at.platform, all_devices(at), {});
  std::thread killer;
  const LiveOutcome outcome = run_live(fleet, at, plan_of(stages), [&](const RunRows&) {
    if (!killer.joinable()) killer = std::thread([&] { third.reset(); });
  });
  killer.join();

  CHECK(outcome.fleet_lost);
  REQUIRE(outcome.rows.results.size() == 500);
  CHECK(outcome.rows.results.front().status == Status::kOk);
  CHECK(outcome.rows.results.back().status == Status::kFailed);
  CHECK(outcome.rows.results.back().error.find("closed the connection") != std::string::npos);
}

WorkerOptions reporting_to(std::string& text) {
  WorkerOptions options;
  options.on_error = [&text](const std::string& line) { text += line; };
  return options;
}

// Two workers with the whole of digits each, that take turns.
struct TwoReplicas {
  std::string reported;  // by the first
  WorkerThread first{reporting_to(reported)};
  WorkerThread second;
  const WholeNetwork whole = run_whole(make_network("digits", default_input_shape("digits"), 1));
  Scenario at = live_scenario(whole.network->graph(), {first.endpoint(), second.endpoint()});
  CostModel cost{at.graph, at.platform, at.profiles};
  Plan plan = plan_of({{{0, 1}, 1, at.graph.last()}});
  LivePlan live{at, plan, cost};
};

RunConnections connections_of(Fleet& fleet, const LivePlan& live) {
  run_to_end(fleet.members().io, deploy_all(fleet.members(), live, 7, 7));
  return run_to_end(fleet.members().io, connect_all(fleet.members(), live, 7));
}

TEST_CASE_FIXTURE(TwoReplicas, "a replica takes no request of another's turn") {
  at.live.timeout = Seconds(0.3);
  {
    Fleet fleet(at.platform, all_devices(at), {});
    RunConnections connections = connections_of(fleet, live);
    std::swap(connections.data[0], connections.data[1]);
    CHECK_THROWS_AS(run_to_end(fleet.members().io, send_probe(live, connections, 1, whole.input[0])), ConnectionError);
  }
  first.end();
  CHECK(reported.ends_with(": sent a request of another replica"));
}

// What the first replica reports of a request that was changed on its way to it.
std::string reported_after(TwoReplicas& world, const std::function<void(Outgoing&)>& change) {
  {
    Fleet fleet(world.at.platform, all_devices(world.at), {});
    asio::io_context& io = fleet.members().io;
    const RunConnections connections = connections_of(fleet, world.live);
    Outgoing message = request_message(world.live, Request{}, world.whole.input[0]);
    stamp_times(message, steady_now(), steady_now());
    change(message);
    const std::chrono::nanoseconds patience = to_duration(world.at.live.timeout);
    run_to_end(io, connections.data[0]->send(message.header, message.tensors, patience));
    const ReceiveRules rules = no_payload(patience, patience);
    CHECK_THROWS_AS(run_to_end(io, connections.data[0]->receive(rules)), ConnectionError);
  }
  world.first.end();
  return world.reported;
}

TEST_CASE_FIXTURE(TwoReplicas, "a stage takes no request with other tensors than its own") {
  CHECK(reported_after(*this, [](Outgoing& message) {
          message.header.mutable_request()->mutable_tensors(0)->set_layer(1);
        }).ends_with(": sent other tensors than the stage takes"));
}

TEST_CASE_FIXTURE(TwoReplicas, "a stage takes no request without tensors") {
  CHECK(reported_after(*this, [](Outgoing& message) {
          message.tensors.clear();
        }).ends_with(": sent an incomplete request"));
}

TEST_CASE_FIXTURE(TwoReplicas, "a stage takes no request whose cost is drawn from beyond the distribution") {
  CHECK(reported_after(*this, [](Outgoing& message) {
          message.header.mutable_request()->set_quantiles(0, 1.5);
        }).ends_with(": sent an incomplete request"));
}

TEST_CASE_FIXTURE(TwoReplicas, "a result from a replica whose turn it was not fails its request") {
  Fleet fleet(at.platform, all_devices(at), {});
  RunConnections connections = connections_of(fleet, live);
  std::swap(connections.results[0][0], connections.results[0][1]);
  const RowSink sink = ignore_rows;
  const std::vector<PlanPhase> phases{{Seconds(0), plan, {}}};
  LiveRun run(fleet.members(), {{live, 7, std::move(connections)}}, phases, load_inputs(at, make_requests(at)), sink,
              {});
  run_to_end(fleet.members().io, run.run());
  CHECK(run.take_outcome().error.ends_with(": sent an incomplete result"));
}

}  // namespace
}  // namespace twinfer
