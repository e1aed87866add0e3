#include "live/run_setup.h"

#include <algorithm>
#include <optional>

#include <unistd.h>

#include "live/handshake.h"
#include "live/send_weights.h"

namespace twinfer {
namespace {

constexpr std::chrono::minutes kDeployPatience{5};  // the largest networks are built in it
constexpr std::chrono::minutes kMovePatience{10};
constexpr std::chrono::seconds kPatience{20};

FleetMember& member_of(Fleet::Members& fleet, const LivePlan& live, const StageReplica& at) {
  return fleet.by_device.at(device_of(live, at));
}

wire::Hello hello_to(const StageReplica& at, std::uint64_t deployment, wire::Role role) {
  wire::Hello hello;
  hello.set_deployment(deployment);
  hello.set_role(role);
  hello.set_stage(static_cast<std::uint32_t>(at.stage));
  hello.set_replica(static_cast<std::uint32_t>(at.replica));
  return hello;
}

// Returns the measured time of the stage.
Task<Seconds> deploy(Connection& control, const wire::Deploy& message, const std::optional<WeightsFile>& weights) {
  wire::Header question;
  *question.mutable_deploy() = message;
  const ReceiveRules rules = no_payload(kDeployPatience, kPatience);
  const Frame answer = co_await ask_with_weights(control, question, weights, rules);
  if (!answer.header.has_deployed())
    throw ConnectionError(control.peer() + ": answered a deployment with " + message_name(answer.header));
  co_return Seconds(answer.header.deployed().compute_s());
}

}  // namespace

std::uint64_t new_deployment() {
  return static_cast<std::uint64_t>(to_ns(steady_now())) ^ (static_cast<std::uint64_t>(getpid()) << 48);
}

Task<void> deploy_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment, std::uint64_t run) {
  const std::optional<WeightsFile> weights = find_weights_file(live.scenario.models_dir, live.scenario.model);
  const auto endpoint_of = [&](DeviceId device) { return to_string(fleet.by_device.at(device).endpoint); };
  std::vector<Seconds> measured;
  for (const StageReplica& at : replicas_of(live.plan)) {
    wire::Deploy message = make_deploy(live, at, deployment, weights, endpoint_of);
    message.set_run(run);
    measured.push_back(co_await deploy(*member_of(fleet, live, at).control, message, weights));
  }
  check_dilation(live, measured);
}

Task<RunConnections> connect_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment) {
  const std::vector<StageReplica> replicas = replicas_of(live.plan);
  wire::Header hop;
  hop.mutable_connect()->set_deployment(deployment);
  for (const StageReplica& at : replicas) {
    if (at.stage + 1 == live.plan.stages.size()) break;
    hop.mutable_connect()->set_stage(static_cast<std::uint32_t>(at.stage));
    hop.mutable_connect()->set_replica(static_cast<std::uint32_t>(at.replica));
    co_await ask(*member_of(fleet, live, at).control, hop, wire::Header::kConnected, kPatience);
  }
  RunConnections connections;
  connections.results.resize(live.plan.stages.size());
  for (const StageReplica& at : replicas) {
    const Endpoint& endpoint = member_of(fleet, live, at).endpoint;
    std::vector<std::shared_ptr<Connection>>& results = connections.results[at.stage];
    results.push_back(co_await dial_worker(endpoint, hello_to(at, deployment, wire::RESULT), kPatience));
    if (at.stage > 0) continue;
    connections.data.push_back(co_await dial_worker(endpoint, hello_to(at, deployment, wire::DATA), kPatience));
  }
  co_return connections;
}

Task<void> reshape_all(Fleet::Members& fleet, const LivePlan& then, std::uint64_t deployment) {
  for (const StageReplica& at : replicas_of(then.plan)) {
    const auto control = co_await dial_worker(member_of(fleet, then, at).endpoint, wire::Hello{}, kPatience);
    wire::Header question;
    *question.mutable_reshape() = make_reshape(then, at, deployment);
    co_await ask(*control, question, wire::Header::kReshaped, kPatience);
  }
}

Task<void> send_parameters(Connection& control, Bytes bytes) {
  wire::Header header;
  header.mutable_parameters();
  const WireTensor piece = allocate_bytes(0, {}, kParametersPiece);
  for (auto left = static_cast<std::uint64_t>(bytes.si()); left > 0;) {
    WireTensor part = piece;
    part.bytes = part.bytes.first(std::min(left, kParametersPiece));
    const std::vector<WireTensor> payload{part};
    co_await control.send(header, payload, kMovePatience);
    const Frame answer = co_await control.receive(no_payload(kMovePatience, kPatience));
    if (!answer.header.has_parameters_kept())
      throw ConnectionError(control.peer() + ": answered parameters with " + message_name(answer.header));
    left -= part.bytes.size();
  }
}

Task<void> undeploy_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment, PadTotals& totals) {
  wire::Header question;
  question.mutable_undeploy()->set_deployment(deployment);
  for (const StageReplica& at : replicas_of(live.plan)) {
    const wire::Header answer =
        co_await ask(*member_of(fleet, live, at).control, question, wire::Header::kUndeployed, kPatience);
    totals.pads += answer.undeployed().pads();
    totals.late += answer.undeployed().late_pads();
  }
}

Outgoing request_message(const LivePlan& live, const Request& request, const WireTensor& input) {
  Outgoing message;
  message.tensors.push_back(input);
  message.shaped = true;
  wire::Request& sent = *message.header.mutable_request();
  sent.set_id(request.id);
  for (std::uint64_t stage = 0; stage < live.plan.stages.size(); ++stage)
    sent.add_quantiles(compute_quantile(live.scenario, request.id, stage));
  return message;
}

Task<wire::Result> send_probe(const LivePlan& live, const RunConnections& connections, std::uint64_t id,
                              const WireTensor& input) {
  const std::chrono::nanoseconds patience = to_duration(live.scenario.live.timeout);
  Request request;
  request.id = id;
  Outgoing message = request_message(live, request, input);
  message.header.mutable_request()->set_probe(true);
  message.shaped = false;
  stamp_times(message, steady_now(), steady_now());
  co_await serving(connections.data, id)->send(message.header, message.tensors, patience);
  const ReceiveRules rules = no_payload(patience, patience);
  const Frame frame = co_await serving(connections.results.back(), id)->receive(rules);
  if (!frame.header.result().error().empty()) throw ConnectionError(frame.header.result().error());
  co_return frame.header.result();
}

}  // namespace twinfer
