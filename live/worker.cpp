#include "live/worker.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include <boost/asio/signal_set.hpp>

#include "core/error.h"
#include "live/check_deploy.h"
#include "live/deployed_stage.h"
#include "live/hand_off.h"
#include "live/handshake.h"
#include "live/machine_facts.h"
#include "live/network_store.h"
#include "live/profile_task.h"
#include "live/way_probe.h"

namespace twinfer {
namespace {

constexpr std::chrono::seconds kPatience{10};  // for a hello, an answer
constexpr std::chrono::minutes kLongTransfer{10};
constexpr std::uint64_t kLargestWeights = 4ULL << 30;  // bytes
constexpr unsigned kHandOffs = 100;                    // measured

std::string name_of(const Tcp::socket& socket) {
  boost::system::error_code gone;
  const auto remote = socket.remote_endpoint(gone);
  return gone ? "a peer that left" : to_string(Endpoint{remote.address().to_string(), remote.port()});
}

wire::Header failure(const std::string& text) {
  wire::Header header;
  header.mutable_failure()->set_text(text);
  return header;
}

// Only parameters may have a payload.
ReceiveRules control_rules() {
  ReceiveRules rules = no_payload(std::nullopt, kLongTransfer);
  rules.limits.payload_bytes = kParametersPiece;
  rules.allocate = [](const wire::Header& header, std::uint64_t bytes) {
    if (!header.has_parameters()) throw FrameError("sent a payload that nobody asked for");
    return std::vector<WireTensor>{allocate_bytes(0, {}, bytes)};
  };
  return rules;
}

wire::Header connected() {
  wire::Header header;
  header.mutable_connected();
  return header;
}

}  // namespace

class Worker::Service {
 public:
  explicit Service(WorkerOptions options);
  ~Service() { undeploy_all(); }

  [[nodiscard]] Endpoint endpoint() const { return {options_.listen.host, acceptor_.local_endpoint().port()}; }
  void run() { io_.run(); }
  void stop() { io_.stop(); }

 private:
  using StagePtr = std::shared_ptr<DeployedStage>;
  using ConnectionPtr = std::shared_ptr<Connection>;

  struct Reply {
    wire::Header header;
    std::vector<WireTensor> payload = {};
  };

  void listen();
  void spawn(Task<void> task);
  void report(const std::string& line) const;

  Task<void> accept_all();
  Task<void> serve(ConnectionPtr connection);
  Task<void> serve_role(ConnectionPtr connection, wire::Hello hello);
  Task<void> serve_control(ConnectionPtr connection);
  Task<void> answer_all(ConnectionPtr connection, std::optional<std::uint64_t>& owned);
  Task<Reply> answer(Connection& connection, const wire::Header& question);

  Task<wire::Header> deploy(Connection& connection, wire::Deploy request);
  template <class Request>
  Task<void> fetch_weights(Connection& connection, const Request& request);
  Task<wire::Header> connect(const wire::Connect& request);
  Task<wire::Header> measure(const wire::MeasureWay& request);
  void refuse_where_busy() const;
  Task<Reply> profile(Connection& connection, const wire::Profile& request);
  wire::Header reshape(const wire::Reshape& request);
  wire::Header undeploy(std::uint64_t deployment);
  void undeploy_all();

  using StageKey = std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>;  // deployment, stage, replica
  [[nodiscard]] StagePtr find_stage(const StageKey& key) const;

  WorkerOptions options_;
  asio::io_context io_{1};
  Tcp::acceptor acceptor_{io_};
  asio::signal_set signals_{io_};
  NetworkStore store_;
  std::optional<std::uint64_t> run_;  // that has this worker
  std::map<StageKey, StagePtr> stages_;
  std::unique_ptr<ProfileTask> profile_;  // while one is taken
};

Worker::Service::Service(WorkerOptions options)
    : options_(std::move(options)), store_(options_.models_dir, options_.cache_dir) {
  listen();
  if (options_.ends_on_signal) {
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) stop();
    });
  }
  spawn(accept_all());
}

void Worker::Service::listen() {
  try {
    const auto found = Tcp::resolver(io_).resolve(options_.listen.host, std::to_string(options_.listen.port));
    const Tcp::endpoint address = *found.begin();
    acceptor_.open(address.protocol());
    acceptor_.set_option(Tcp::acceptor::reuse_address(true));
    acceptor_.bind(address);
    acceptor_.listen();
  } catch (const boost::system::system_error& error) {
    throw InputError("", "listen", to_string(options_.listen), error.code().message());
  }
}

void Worker::Service::report(const std::string& line) const {
  if (options_.on_error) options_.on_error(line);
}

// The sink of every coroutine's errors: nothing ends unseen.
void Worker::Service::spawn(Task<void> task) {
  asio::co_spawn(io_, std::move(task), [this](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      report(error.what());
    }
  });
}

Task<void> Worker::Service::accept_all() {
  for (;;) {
    Tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
    std::string peer = name_of(socket);
    spawn(serve(Connection::adopt(std::move(socket), std::move(peer))));
  }
}

Task<void> Worker::Service::serve(ConnectionPtr connection) {
  const wire::Hello mine;
  const wire::Hello theirs = co_await exchange_hellos(*connection, mine, kPatience);
  if (theirs.role() == wire::CONTROL) {
    co_await serve_control(connection);
  } else if (theirs.role() == wire::PROBE) {
    co_await connection->send(connected(), {}, kPatience);
    co_await answer_probes(connection);
  } else {
    co_await serve_role(connection, theirs);
  }
}

Task<void> Worker::Service::serve_role(ConnectionPtr connection, wire::Hello hello) {
  const StagePtr stage = find_stage({hello.deployment(), hello.stage(), hello.replica()});
  const wire::Header reply =
      stage ? connected() : failure("has no stage " + std::to_string(hello.stage()) + " of this deployment");
  co_await connection->send(reply, {}, kPatience);
  if (!stage) co_return;
  if (hello.role() == wire::DATA)
    co_await stage->serve_data(connection);
  else
    co_await stage->serve_results(connection);
}

Task<void> Worker::Service::serve_control(ConnectionPtr connection) {
  co_await connection->send(connected(), {}, kPatience);
  std::optional<std::uint64_t> owned;
  std::exception_ptr ended;
  try {
    co_await answer_all(connection, owned);
  } catch (const ConnectionEnded&) {
    // a coordinator that is done, or has ended with its run, just leaves
  } catch (const ConnectionError&) {
    ended = std::current_exception();
  }
  if (owned && *owned == run_) undeploy_all();
  if (ended) std::rethrow_exception(ended);
}

Task<void> Worker::Service::answer_all(ConnectionPtr connection, std::optional<std::uint64_t>& owned) {
  const ReceiveRules rules = control_rules();
  for (;;) {
    const Frame frame = co_await connection->receive(rules);
    if (frame.header.has_deploy()) owned = frame.header.deploy().run();
    Reply reply;
    try {
      reply = co_await answer(*connection, frame.header);
    } catch (const InputError& error) {
      reply = {failure(error.what())};
    }
    co_await connection->send(reply.header, reply.payload, kPatience);
  }
}

Task<Worker::Service::Reply> Worker::Service::answer(Connection& connection, const wire::Header& question) {
  wire::Header reply;
  switch (question.body_case()) {
    case wire::Header::kPing:
      reply.mutable_pong()->set_worker_ns(to_ns(steady_now()));
      break;
    case wire::Header::kDeploy:
      reply = co_await deploy(connection, question.deploy());
      break;
    case wire::Header::kConnect:
      reply = co_await connect(question.connect());
      break;
    case wire::Header::kUndeploy:
      reply = undeploy(question.undeploy().deployment());
      break;
    case wire::Header::kReshape:
      reply = reshape(question.reshape());
      break;
    case wire::Header::kParameters:
      reply.mutable_parameters_kept();
      break;
    case wire::Header::kDescribe:
      *reply.mutable_machine() = machine_facts();
      break;
    case wire::Header::kMeasureWay:
      reply = co_await measure(question.measure_way());
      break;
    case wire::Header::kProfile:
      co_return co_await profile(connection, question.profile());
    default:
      reply = failure("does not answer " + message_name(question));
  }
  co_return Reply{std::move(reply)};
}

Task<wire::Header> Worker::Service::deploy(Connection& connection, wire::Deploy request) {
  check_deploy(request);
  if (profile_) throw InputError("", "", "", "is taking a profile");
  if (request.run() != run_) undeploy_all();
  run_ = request.run();
  if (options_.threads > 0) request.set_threads(options_.threads);
  co_await fetch_weights(connection, request);

  const StageKey key{request.deployment(), request.stage(), request.replica()};
  const auto stage = std::make_shared<DeployedStage>(io_, std::move(request), store_);
  stages_[key] = stage;
  const Seconds measured = co_await stage->ready();
  wire::Header reply;
  reply.mutable_deployed()->set_compute_s(measured.si());
  co_return reply;
}

// Of a deployment or a profile.
template <class Request>
Task<void> Worker::Service::fetch_weights(Connection& connection, const Request& request) {
  if (request.weights_sha256().empty()) co_return;
  if (store_.find_weights(request.weights_sha256(), request.weights_bytes())) co_return;

  wire::Header need;
  need.mutable_need_weights();
  co_await connection.send(need, {}, kPatience);
  ReceiveRules rules = no_payload(kPatience, kLongTransfer);
  rules.limits.payload_bytes = std::min(request.weights_bytes(), kLargestWeights);
  rules.allocate = [](const wire::Header&, std::uint64_t bytes) {
    return std::vector<WireTensor>{allocate_bytes(0, {}, bytes)};
  };
  const Frame frame = co_await connection.receive(rules);
  if (frame.tensors.empty()) throw InputError("", "weights", "", "none were sent");
  store_.keep_weights(request.weights_sha256(), frame.tensors.front().bytes);
}

Task<wire::Header> Worker::Service::connect(const wire::Connect& request) {
  const StagePtr stage = find_stage({request.deployment(), request.stage(), request.replica()});
  if (!stage) throw InputError("", "stage", std::to_string(request.stage()), "is not deployed here");
  for (std::size_t hop = 0; hop < stage->hops(); ++hop) {
    ConnectionPtr connection;
    try {
      connection = co_await stage->connect_hop(hop);
    } catch (const ConnectionError& error) {
      throw InputError("", "next worker", "", error.what());
    }
    spawn(stage->serve_hop(hop, connection));
  }
  co_return connected();
}

Task<wire::Header> Worker::Service::measure(const wire::MeasureWay& request) {
  check_measure_way(request);
  wire::Header reply;
  try {
    *reply.mutable_way_measured() = co_await measure_way(request);
  } catch (const ConnectionError& error) {
    throw InputError("", "other worker", "", error.what());
  }
  co_return reply;
}

// One at a time, and never beside a stage: each would be measured with the other.
void Worker::Service::refuse_where_busy() const {
  if (profile_ || run_) throw InputError("", "", "", "is busy with a deployment or another profile");
}

Task<Worker::Service::Reply> Worker::Service::profile(Connection& connection, const wire::Profile& request) {
  check_profile(request);
  refuse_where_busy();
  co_await fetch_weights(connection, request);
  refuse_where_busy();  // meanwhile another peer may have come
  profile_ = std::make_unique<ProfileTask>(io_, request, store_);
  std::string text, error;
  try {
    text = co_await profile_->text();
  } catch (const InputError& refused) {
    error = refused.what();
  }
  profile_.reset();
  if (!error.empty()) throw InputError("", "", "", error);
  const HandOff hand_off = co_await measure_hand_off(io_, kHandOffs);
  Reply reply{{}, {allocate_bytes(0, {}, text.size())}};
  std::ranges::copy(std::as_bytes(std::span(text)), reply.payload.front().bytes.begin());
  reply.header.mutable_profiled()->set_to_executor_s(hand_off.to_executor.si());
  reply.header.mutable_profiled()->set_to_connection_s(hand_off.to_connection.si());
  co_return reply;
}

wire::Header Worker::Service::reshape(const wire::Reshape& request) {
  check_reshape(request);
  const StagePtr stage = find_stage({request.deployment(), request.stage(), request.replica()});
  if (!stage) throw InputError("", "stage", std::to_string(request.stage()), "is not deployed here");
  stage->reshape(request);
  wire::Header reply;
  reply.mutable_reshaped();
  return reply;
}

wire::Header Worker::Service::undeploy(std::uint64_t deployment) {
  wire::Header reply;
  wire::Undeployed& counts = *reply.mutable_undeployed();
  std::erase_if(stages_, [&](const auto& entry) {
    const auto& [key, stage] = entry;
    if (std::get<0>(key) != deployment) return false;
    counts.set_pads(counts.pads() + stage->pads().pads);
    counts.set_late_pads(counts.late_pads() + stage->pads().late);
    stage->stop();
    return true;
  });
  if (stages_.empty()) run_.reset();
  return reply;
}

void Worker::Service::undeploy_all() {
  for (const auto& [key, stage] : stages_) stage->stop();
  stages_.clear();
  run_.reset();
}

Worker::Service::StagePtr Worker::Service::find_stage(const StageKey& key) const {
  const auto found = stages_.find(key);
  return found != stages_.end() ? found->second : nullptr;
}

Worker::Worker(WorkerOptions options) : service_(std::make_unique<Service>(std::move(options))) {}
Worker::~Worker() = default;
Endpoint Worker::endpoint() const { return service_->endpoint(); }
void Worker::run() { service_->run(); }
void Worker::stop() { service_->stop(); }

}  // namespace twinfer
