#include "live/deployed_stage.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "live/check_deploy.h"
#include "live/handshake.h"
#include "policies/exit_policy.h"

namespace twinfer {
namespace {

std::size_t capacity(std::uint32_t asked) { return std::clamp<std::size_t>(asked, 1, 4096); }

ExitSettings exit_settings(const wire::Deploy& deploy) {
  ExitSettings settings;
  settings.rule = static_cast<ExitRule>(deploy.exit_rule());
  for (const wire::Threshold& threshold : deploy.thresholds())
    settings.thresholds[threshold.exit()] = threshold.value();
  return settings;
}

NetworkKey network_key(const wire::Deploy& deploy) {
  return {deploy.model(),
          {deploy.input_shape().begin(), deploy.input_shape().end()},
          deploy.weights_seed(),
          deploy.weights_sha256(),
          deploy.imported()};
}

Outgoing failure(std::uint64_t id, const std::string& why) {
  Outgoing failed;
  failed.ready = steady_now();
  failed.header.mutable_result()->set_id(id);
  failed.header.mutable_result()->set_error(why);
  return failed;
}

bool is_quantile(double value) { return value >= 0 && value <= 1; }

bool same_tensors(const wire::Request& request, const std::vector<WireTensor>& expected) {
  const auto same = [](const wire::Tensor& sent, const WireTensor& wanted) {
    return sent.layer() == wanted.layer && std::ranges::equal(sent.shape(), wanted.shape);
  };
  return std::ranges::equal(request.tensors(), expected, same);
}

}  // namespace

DeployedStage::DeployedStage(asio::io_context& io, wire::Deploy deploy, NetworkStore& store)
    : deploy_(std::move(deploy)),
      timeout_(to_duration(Seconds(deploy_.timeout_s()))),
      jobs_(capacity(deploy_.job_capacity())),
      results_(io, capacity(deploy_.job_capacity()), pads_, deploy_.result(), timeout_),
      ready_(AsyncSignal::make(io)),
      job_space_(AsyncSignal::make(io)),
      result_space_(AsyncSignal::make(io)) {
  if (deploy_.has_emulation()) pads_.forgiven = to_duration(Seconds(deploy_.emulation().forgiven_s()));
  jobs_.on_space([space = job_space_] { space->raise(); });
  results_.queue.on_space([space = result_space_] { space->raise(); });
  for (const wire::NextReplica& next : deploy_.next())
    hops_.push_back(std::make_unique<SendLane>(io, capacity(deploy_.hop_capacity()), pads_, next.hop(), timeout_));
  executor_ = std::make_unique<StageExecutor>(executor_settings(store), jobs_, results_.queue, pads_);
}

DeployedStage::~DeployedStage() { stop(); }

StageExecutor::Settings DeployedStage::executor_settings(NetworkStore& store) {
  StageExecutor::Settings settings;
  settings.deploy = deploy_;
  settings.scheduling = make_scheduling_policy(deploy_.scheduling(), 0);
  settings.on_ready = [ready = ready_] { ready->raise(); };
  settings.send_on = [this](Outgoing message) { send_on(std::move(message)); };
  settings.make_runner = [deploy = deploy_, &store] {
    const std::shared_ptr<const Network> network = store.network(network_key(deploy), deploy.weights_bytes());
    check_deploy_fits(deploy, graph_of(*network));
    StageShare share{Stage(0, {deploy.layers().begin(), deploy.layers().end()}),
                     {deploy.receives().begin(), deploy.receives().end()},
                     {deploy.sends().begin(), deploy.sends().end()}};
    return std::make_unique<StageRunner>(network, std::move(share), make_exit_policy(exit_settings(deploy)));
  };
  return settings;
}

// Blocks while the hop's queue is full.
void DeployedStage::send_on(Outgoing message) {
  const std::uint64_t id = message.header.request().id();
  for (std::size_t hop = 0; hop < hops_.size(); ++hop)
    if (deploy_.next(static_cast<int>(hop)).replica() == turn_of(id, deploy_.next_replicas())) {
      hops_[hop]->queue.push(std::move(message));
      return;
    }
  Outgoing failed = failure(id, "its turn at the next stage has no connection");
  results_.queue.push(std::move(failed));
}

Task<Seconds> DeployedStage::ready() {
  const auto self = shared_from_this();
  while (executor_ && !executor_->ready()) co_await ready_->wait();
  if (!executor_) throw InputError("", "", "", "replaced by another deployment");
  if (!executor_->error().empty()) throw InputError("", "", "", executor_->error());
  co_return executor_->measured();
}

ReceiveRules DeployedStage::data_rules() const {
  ReceiveRules rules = no_payload(std::nullopt, timeout_);
  for (const WireTensor& tensor : executor_->runner().allocate_inputs())
    rules.limits.payload_bytes += tensor.bytes.size();
  rules.allocate = [this](const wire::Header& header, std::uint64_t) {
    if (!executor_) throw FrameError("sent tensors to a stage that has ended");
    std::vector<WireTensor> inputs = executor_->runner().allocate_inputs();
    if (!header.has_request() || !same_tensors(header.request(), inputs))
      throw FrameError("sent other tensors than the stage takes");
    return inputs;
  };
  return rules;
}

// The allocator is not asked about a frame without payload.
void DeployedStage::check(const Frame& frame, const Connection& connection) const {
  const wire::Request& request = frame.header.request();
  const int stages = static_cast<int>(deploy_.stage()) + 1;
  if (frame.tensors.empty() || request.stages_size() != stages || request.quantiles_size() < stages ||
      !is_quantile(request.quantiles(stages - 1)))
    throw ConnectionError(connection.peer() + ": sent an incomplete request");
  if (turn_of(request.id(), deploy_.replicas()) != deploy_.replica())
    throw ConnectionError(connection.peer() + ": sent a request of another replica");
}

Task<void> DeployedStage::serve_data(std::shared_ptr<Connection> connection) {
  const auto self = shared_from_this();
  connections_.push_back(connection);
  const ReceiveRules rules = data_rules();
  std::int64_t before_ns = 0;
  while (!jobs_.closed()) {
    Frame frame;
    try {
      frame = co_await connection->receive(rules);
    } catch (const ConnectionEnded&) {
      co_return;  // the run is over, or the coordinator will notice
    } catch (const ConnectionError&) {
      if (!executor_) co_return;  // stop() closed it
      throw;
    }
    check(frame, *connection);
    Job job{std::move(*frame.header.mutable_request()), std::move(frame.tensors), frame.received};
    wire::StageTimes& times = *job.request.mutable_stages()->rbegin();
    times.set_behind_ns(std::exchange(before_ns, to_ns(frame.received)));
    times.set_received_ns(to_ns(frame.received));
    co_await enqueue(std::move(job));
  }
}

// A full queue stops the reading, and so, through TCP, the sender.
Task<void> DeployedStage::enqueue(Job job) {
  while (!jobs_.try_push(job) && !jobs_.closed()) co_await job_space_->wait();
}

Task<void> DeployedStage::serve_results(std::shared_ptr<Connection> connection) {
  const auto self = shared_from_this();
  connections_.push_back(connection);
  try {
    co_await results_.sender.run(connection);
  } catch (const ConnectionError&) {
    if (executor_) throw;  // else stop() closed it
  }
}

Task<std::shared_ptr<Connection>> DeployedStage::connect_hop(std::size_t hop) {
  const auto self = shared_from_this();
  const wire::NextReplica& next = deploy_.next(static_cast<int>(hop));
  wire::Hello hello;
  hello.set_role(wire::DATA);
  hello.set_deployment(deploy_.deployment());
  hello.set_stage(deploy_.stage() + 1);
  hello.set_replica(next.replica());
  const Endpoint endpoint = parse_endpoint(next.endpoint(), "", "next worker");
  std::shared_ptr<Connection> connection = co_await dial_worker(endpoint, hello, timeout_);
  connections_.push_back(connection);
  co_return connection;
}

Task<void> DeployedStage::serve_hop(std::size_t hop, std::shared_ptr<Connection> connection) {
  const auto self = shared_from_this();
  std::string lost;
  try {
    co_await hops_[hop]->sender.run(connection);
  } catch (const ConnectionError& error) {
    lost = error.what();
  }
  if (!lost.empty()) co_await fail_all(*hops_[hop], lost);
}

Task<void> DeployedStage::fail_all(SendLane& hop, const std::string& why) {
  std::optional<Outgoing> message = hop.sender.take_unsent();
  while (message) {
    co_await fail(std::move(*message), why);
    message = co_await hop.sender.next();
  }
}

Task<void> DeployedStage::fail(Outgoing message, const std::string& why) {
  Outgoing failed = failure(message.header.request().id(), why);
  while (!results_.queue.try_push(failed) && !results_.queue.closed()) co_await result_space_->wait();
}

void DeployedStage::reshape(const wire::Reshape& reshape) {
  if (reshape.hops_size() != static_cast<int>(hops_.size()))
    throw InputError("", "hops", std::to_string(reshape.hops_size()), "must be as many as deployed");
  for (std::size_t hop = 0; hop < hops_.size(); ++hop) hops_[hop]->sender.reshape(reshape.hops(static_cast<int>(hop)));
  results_.sender.reshape(reshape.result());
}

void DeployedStage::stop() {
  if (!executor_) return;
  jobs_.close();
  for (const std::unique_ptr<SendLane>& hop : hops_) hop->queue.close();
  results_.queue.close();
  for (const std::weak_ptr<Connection>& weak : connections_)
    if (const std::shared_ptr<Connection> connection = weak.lock()) connection->close();
  executor_.reset();
}

}  // namespace twinfer
