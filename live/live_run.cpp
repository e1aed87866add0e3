#include "live/live_run.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/workload.h"
#include "live/handshake.h"

namespace twinfer {
namespace {

constexpr std::chrono::seconds kPingPatience{10};
constexpr std::chrono::milliseconds kClockPeriod{250};  // between rounds, and batches of rows
constexpr unsigned kFirstPings = 16;
constexpr unsigned kLaterPings = 4;
constexpr std::chrono::milliseconds kHeadStart{5};  // before the first arrival

std::string signal_text(int signal) { return signal == SIGINT ? "interrupted" : "terminated"; }

}  // namespace

Task<std::vector<PingSample>> ping(Connection& control, unsigned count) {
  wire::Header question;
  question.mutable_ping();
  std::vector<PingSample> samples;
  for (unsigned i = 0; i < count; ++i) {
    const std::int64_t sent_ns = to_ns(steady_now());
    const wire::Header answer = co_await ask(control, question, wire::Header::kPong, kPingPatience);
    samples.push_back({sent_ns, answer.pong().worker_ns(), to_ns(steady_now())});
  }
  co_return samples;
}

LiveRun::LiveRun(Fleet::Members& fleet, const LivePlan& live, RunConnections connections,
                 std::map<std::uint64_t, WireTensor> inputs, const RowSink& sink)
    : fleet_(fleet),
      live_(live),
      connections_(std::move(connections)),
      inputs_(std::move(inputs)),
      sink_(sink),
      requests_(make_requests(live.scenario)),
      admission_(make_scheduling_policy(live.scenario.scheduling, live.scenario.pd_num)),
      closed_loop_(live.scenario.arrivals.process == ArrivalProcess::kClosed),
      dilation_(dilation_of(live.scenario)),
      arrival_timer_(fleet.io),
      signals_(fleet.io, SIGINT, SIGTERM),
      changed_(AsyncSignal::make(fleet.io)),
      clocks_due_(AsyncSignal::make(fleet.io)) {
  if (live.scenario.live.emulate == Emulation::kAll) pads_.forgiven = to_duration(forgiven_lateness(live));
  add_lanes();
}

void LiveRun::add_lanes() {
  for (const Way& way : ways_into(live_.plan.stages, 0, live_.scenario.source)) {
    lanes_.push_back(std::make_unique<SendLane>(fleet_.io, requests_.size(), pads_, hop_shape(live_, 0, way),
                                                to_duration(live_.scenario.live.timeout)));
  }
}

Task<void> LiveRun::run() {
  std::string lost;
  try {
    co_await align_clocks(kFirstPings);
  } catch (const ConnectionError& error) {
    lost = error.what();
  }
  origin_ = last_progress_ = steady_now() + kHeadStart;
  if (!lost.empty())
    fail(lost);
  else
    co_await run_all();
  flush();
  std::ranges::sort(outcome_.rows.results, {}, &ResultRow::request);
  std::ranges::sort(outcome_.rows.stages, {}, [](const StageRow& row) { return std::pair(row.request, row.stage); });
}

Task<void> LiveRun::run_all() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    outcome_.interrupted = true;
    fail(signal_text(signal));
  });
  const auto name_of = [this](const StageReplica& at) {
    return live_.scenario.platform.devices[device_of(live_, at)].name;
  };
  for (std::size_t turn = 0; turn < lanes_.size(); ++turn)
    spawn(lanes_[turn]->sender.run(connections_.data[turn]), name_of({0, turn}));
  for (const StageReplica& at : replicas_of(live_.plan)) spawn(read_results(at), name_of(at));
  spawn(keep_clocks(), "");
  spawn(arrive(), "");
  co_await watch();

  signals_.cancel();
  arrival_timer_.cancel();
  clocks_due_->raise();
  close_all();
  while (coroutines_ > 0) co_await changed_->wait();
}

void LiveRun::close_all() {
  for (const std::unique_ptr<SendLane>& lane : lanes_) lane->queue.close();
  for (const std::shared_ptr<Connection>& data : connections_.data) data->close();
  for (const auto& from_stage : connections_.results)
    for (const std::shared_ptr<Connection>& results : from_stage) results->close();
}

// The sink of every coroutine's errors: the first one ends the run, those that
// closing its connections brings about say nothing new.
void LiveRun::spawn(Task<void> task, const std::string& whose) {
  ++coroutines_;
  asio::co_spawn(fleet_.io, std::move(task), [this, whose](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      if (!over()) {
        outcome_.fleet_lost = true;
        fail(whose.empty() ? std::string(error.what()) : "lost the worker of " + whose + ": " + error.what());
      }
    }
    --coroutines_;
    changed_->raise();
  });
}

// Ends as soon as every request has, or nothing has moved for too long.
Task<void> LiveRun::watch() {
  const std::chrono::nanoseconds timeout = to_duration(live_.scenario.live.timeout);
  while (!over()) {
    co_await changed_->wait(last_progress_ + timeout);
    if (open_.empty()) last_progress_ = std::max(last_progress_, steady_now());  // nothing is awaited
    if (over() || steady_now() < last_progress_ + timeout) continue;
    outcome_.fleet_lost = true;
    fail("nothing came back within the timeout");
  }
}

Task<void> LiveRun::arrive() {
  co_await wait_precisely(arrival_timer_, origin_);
  if (closed_loop_) {
    if (!over()) admit(origin_);
    co_return;
  }
  while (next_ < requests_.size() && !over()) {
    const SteadyTime arrival = origin_ + to_duration(dilation_ * requests_[next_].arrival);
    co_await wait_precisely(arrival_timer_, arrival);
    if (over()) co_return;
    waiting_.push_back(requests_[next_++]);
    admit(arrival);
  }
}

// `now` is when the request arrived, or the window opened: later only by the
// program's own delay, which is not the request's.
void LiveRun::admit(SteadyTime now) {
  if (closed_loop_) {
    while (next_ < requests_.size() && admission_->admits(open_.size())) start(requests_[next_++], now, now);
    return;
  }
  while (!waiting_.empty() && admission_->admits(open_.size())) {
    const Request request = waiting_.front();
    waiting_.pop_front();
    const SteadyTime arrival = origin_ + to_duration(dilation_ * request.arrival);
    start(request, arrival, std::max(arrival, now));
  }
}

void LiveRun::start(const Request& request, SteadyTime arrival, SteadyTime admitted) {
  open_[request.id] = {arrival, admitted};
  last_progress_ = steady_now();
  Outgoing message = request_message(live_, request, inputs_.at(request.sample));
  message.ready = admitted;
  serving(lanes_, request.id)->queue.push(std::move(message));  // never full: it has room for every request
}

Task<void> LiveRun::read_results(StageReplica from) {
  const ReceiveRules rules = no_payload(std::nullopt, to_duration(live_.scenario.live.timeout));
  const std::shared_ptr<Connection> connection = connections_.results[from.stage][from.replica];
  while (!over()) {
    Frame frame = co_await connection->receive(rules);
    if (!frame.header.has_result())
      throw ConnectionError(connection->peer() + ": sent no result: " + message_name(frame.header));
    on_result(from, std::move(*frame.header.mutable_result()), frame.received);
  }
}

void LiveRun::on_result(const StageReplica& from, wire::Result result, SteadyTime received) {
  const auto open = open_.find(result.id());
  if (open == open_.end()) return;  // a second answer changes nothing
  const Open times = open->second;
  open_.erase(open);
  last_progress_ = steady_now();

  EndedRequest ended{requests_.at(result.id()), times.arrival, times.admitted, received, std::nullopt, result.error()};
  const bool whole = result.stages_size() == static_cast<int>(from.stage) + 1 &&
                     turn_of(result.id(), live_.plan.stages[from.stage].devices.size()) == from.replica &&
                     result.exit() <= live_.scenario.graph.exit_heads().size();
  if (ended.error.empty() && !whole)
    ended.error = connections_.results[from.stage][from.replica]->peer() + ": sent an incomplete result";
  if (!ended.error.empty() && outcome_.error.empty()) outcome_.error = ended.error;
  ended.result = std::move(result);
  end_request(std::move(ended));
  admit(received);
}

void LiveRun::end_request(EndedRequest ended) {
  unflushed_.push_back(std::move(ended));
  ++ended_count_;
  if (over()) changed_->raise();
}

void LiveRun::fail(const std::string& error) {
  if (outcome_.error.empty()) outcome_.error = error;
  fail_open_requests(error);
}

// Those admitted, those waiting, and those that would still have arrived.
void LiveRun::fail_open_requests(const std::string& error) {
  const SteadyTime now = steady_now();
  for (const auto& [id, times] : std::exchange(open_, {}))
    end_request({requests_[id], times.arrival, times.admitted, now, std::nullopt, error});
  waiting_.insert(waiting_.end(), requests_.begin() + static_cast<std::ptrdiff_t>(next_), requests_.end());
  next_ = requests_.size();
  for (const Request& request : std::exchange(waiting_, {})) {
    const SteadyTime nominal = origin_ + to_duration(dilation_ * request.arrival);
    const SteadyTime arrival = closed_loop_ ? now : std::min(nominal, now);
    end_request({request, arrival, now, now, std::nullopt, error});
  }
}

Task<void> LiveRun::keep_clocks() {
  while (!over()) {
    co_await clocks_due_->wait(steady_now() + kClockPeriod);
    if (outcome_.fleet_lost) co_return;
    co_await align_clocks(over() ? kFirstPings : kLaterPings);
    flush();
  }
}

Task<void> LiveRun::align_clocks(unsigned count) {
  for (const StageReplica& at : replicas_of(live_.plan)) {
    const DeviceId device = device_of(live_, at);
    clocks_[device].add_round(co_await ping(*fleet_.by_device.at(device).control, count));
  }
}

void LiveRun::flush() {
  const RowContext context{live_.scenario, live_.plan, live_.cost, clocks_, origin_, dilation_};
  RunRows batch;
  for (const EndedRequest& ended : std::exchange(unflushed_, {})) {
    batch.results.push_back(make_result_row(context, ended));
    const std::vector<StageRow> stages = make_stage_rows(context, ended);
    batch.stages.insert(batch.stages.end(), stages.begin(), stages.end());
  }
  if (batch.results.empty()) return;
  sink_(batch);
  RunRows& all = outcome_.rows;
  all.results.insert(all.results.end(), batch.results.begin(), batch.results.end());
  all.stages.insert(all.stages.end(), batch.stages.begin(), batch.stages.end());
}

}  // namespace twinfer
