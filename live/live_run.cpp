#include "live/live_run.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include "core/bandwidth_trace.h"
#include "core/workload.h"
#include "live/handshake.h"

namespace twinfer {
namespace {

constexpr std::chrono::seconds kPatience{10};
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
    const wire::Header answer = co_await ask(control, question, wire::Header::kPong, kPatience);
    samples.push_back({sent_ns, answer.pong().worker_ns(), to_ns(steady_now())});
  }
  co_return samples;
}

LiveRun::LiveRun(Fleet::Members& fleet, std::vector<RunPath> paths, const std::vector<PlanPhase>& phases,
                 std::map<std::uint64_t, WireTensor> inputs, const RowSink& sink, const LinkHook& on_change,
                 PlanOrders* orders)
    : fleet_(fleet),
      scenario_(paths.front().live.scenario),
      paths_(std::move(paths)),
      phases_(phases),
      inputs_(std::move(inputs)),
      sink_(sink),
      on_change_(on_change),
      orders_(orders),
      requests_(make_requests(scenario_)),
      admission_(make_scheduling_policy(scenario_.scheduling, scenario_.pd_num)),
      closed_loop_(scenario_.arrivals.process == ArrivalProcess::kClosed),
      dilation_(dilation_of(scenario_)),
      arrival_timer_(fleet.io),
      signals_(fleet.io, SIGINT, SIGTERM),
      changed_(AsyncSignal::make(fleet.io)),
      clocks_due_(AsyncSignal::make(fleet.io)),
      links_ended_(AsyncSignal::make(fleet.io)),
      plans_ended_(AsyncSignal::make(fleet.io)) {
  if (scenario_.live.emulate == Emulation::kAll) pads_.forgiven = to_duration(forgiven_lateness(paths_.front().live));
  for (const RunPath& path : paths_) add_lanes(path);
}

void LiveRun::add_lanes(const RunPath& path) {
  std::vector<std::unique_ptr<SendLane>>& lanes = lanes_.emplace_back();
  for (const Way& way : ways_into(path.live.plan.stages, 0, scenario_.source))
    lanes.push_back(std::make_unique<SendLane>(fleet_.io, requests_.size(), pads_, hop_shape(path.live, 0, way),
                                               to_duration(scenario_.live.timeout)));
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
  for (std::size_t phase = 0; phase < paths_.size(); ++phase) spawn_path(phase);
  spawn(keep_clocks(), "");
  spawn(follow_links(), "");
  spawn(orders_ != nullptr ? follow_orders() : change_plans(), "");
  spawn(arrive(), "");
  co_await watch();

  signals_.cancel();
  arrival_timer_.cancel();
  for (const auto& signal : {clocks_due_, links_ended_, plans_ended_}) signal->raise();
  if (orders_ != nullptr) orders_->close();
  close_all();
  while (coroutines_ > 0) co_await changed_->wait();
}

void LiveRun::spawn_path(std::size_t phase) {
  const RunPath& path = paths_[phase];
  const auto name_of = [&](const StageReplica& at) {
    return scenario_.platform.devices[device_of(path.live, at)].name;
  };
  for (std::size_t turn = 0; turn < lanes_[phase].size(); ++turn)
    spawn(lanes_[phase][turn]->sender.run(path.connections.data[turn]), name_of({0, turn}));
  for (const StageReplica& at : replicas_of(path.live.plan)) spawn(read_results(phase, at), name_of(at));
}

void LiveRun::close_all() {
  if (mover_) mover_->close();
  for (const auto& lanes : lanes_)
    for (const std::unique_ptr<SendLane>& lane : lanes) lane->queue.close();
  for (const RunPath& path : paths_) {
    for (const std::shared_ptr<Connection>& data : path.connections.data) data->close();
    for (const auto& from_stage : path.connections.results)
      for (const std::shared_ptr<Connection>& results : from_stage) results->close();
  }
}

// By the scenario's clock; false once the run is over.
Task<bool> LiveRun::reaches(Seconds at, std::shared_ptr<AsyncSignal> ended) {
  const SteadyTime until = origin_ + to_duration(dilation_ * at);
  while (!over() && steady_now() < until) co_await ended->wait(until);
  co_return !over();
}

Task<void> LiveRun::follow_links() {
  for (const Seconds at : change_times(scenario_.platform)) {
    if (!co_await reaches(at, links_ended_)) co_return;
    co_await follow_change(at);
  }
}

// Emulated links are their senders; others are somebody else's.
Task<void> LiveRun::follow_change(Seconds at) {
  if (on_change_)
    for (const Link& link : scenario_.platform.links)
      for (const BandwidthChange& change : link.changes)
        if (change.at == at) on_change_(link.name, change.bandwidth);
  if (scenario_.live.emulate != Emulation::kAll) co_return;
  const Platform platform = platform_at(scenario_.platform, at);
  const CostModel cost(scenario_.graph, platform, scenario_.profiles);
  for (std::size_t phase = 0; phase < paths_.size(); ++phase) co_await reshape(phase, cost);
}

Task<void> LiveRun::reshape(std::size_t phase, const CostModel& cost) {
  const LivePlan then{scenario_, paths_[phase].live.plan, cost};
  const std::vector<Way> ways = ways_into(then.plan.stages, 0, scenario_.source);
  for (std::size_t turn = 0; turn < ways.size(); ++turn)
    lanes_[phase][turn]->sender.reshape(hop_shape(then, 0, ways[turn]));
  co_await reshape_all(fleet_, then, paths_[phase].deployment);
}

// Requests on their way stay with the plan that they began with.
Task<void> LiveRun::change_plans() {
  for (std::size_t phase = 1; phase < phases_.size(); ++phase) {
    const PlanPhase& next = phases_[phase];
    if (!co_await reaches(next.decided + scenario_.replan->planning, plans_ended_)) co_return;
    for (const ParameterMove& move : next.moves) {
      co_await move_parameters(move, next.decided);
      if (over()) co_return;
    }
    phase_ = phase;
  }
}

Task<void> LiveRun::follow_orders() {
  HeldParameters held(scenario_.graph, scenario_.source);
  held.take(phases_.front().plan);
  while (const std::optional<std::size_t> phase = co_await orders_->next(phases_.size())) {
    for (const ParameterMove& move : held.take(phases_[*phase].plan)) {
      const Seconds now = seconds_between(origin_, steady_now()) / dilation_;
      co_await move_parameters(move, std::max(now, Seconds(0)));
      if (over()) co_return;
    }
    phase_ = *phase;
    orders_->answer(*phase, waiting_.empty() ? next_ : waiting_.front().id);
  }
}

// Emulated links take their time besides.
Task<void> LiveRun::move_parameters(const ParameterMove& move, Seconds decided) {
  const SteadyTime start = steady_now();
  mover_ = co_await dial_worker(fleet_.by_device.at(move.to).endpoint, wire::Hello{}, kPatience);
  if (over()) co_return;  // nobody closes it any more
  co_await send_parameters(*mover_, move.bytes);
  if (scenario_.live.emulate != Emulation::kAll) co_return;
  const Platform platform = platform_at(scenario_.platform, decided);
  const CostModel cost(scenario_.graph, platform, scenario_.profiles);
  const Seconds wire = cost.transmit(move.bytes, scenario_.source, move.to) + cost.latency(scenario_.source, move.to);
  const SteadyTime end = start + to_duration(dilation_ * wire);
  while (!over() && steady_now() < end) co_await plans_ended_->wait(end);
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
  const std::chrono::nanoseconds timeout = to_duration(scenario_.live.timeout);
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
  open_[request.id] = {arrival, admitted, phase_};
  last_progress_ = steady_now();
  Outgoing message = request_message(paths_[phase_].live, request, inputs_.at(request.sample));
  message.ready = admitted;
  serving(lanes_[phase_], request.id)->queue.push(std::move(message));  // never full: it has room for every request
}

Task<void> LiveRun::read_results(std::size_t phase, StageReplica from) {
  const ReceiveRules rules = no_payload(std::nullopt, to_duration(scenario_.live.timeout));
  const std::shared_ptr<Connection> connection = paths_[phase].connections.results[from.stage][from.replica];
  while (!over()) {
    Frame frame = co_await connection->receive(rules);
    if (!frame.header.has_result())
      throw ConnectionError(connection->peer() + ": sent no result: " + message_name(frame.header));
    on_result(phase, from, std::move(*frame.header.mutable_result()), frame.received);
  }
}

void LiveRun::on_result(std::size_t phase, const StageReplica& from, wire::Result result, SteadyTime received) {
  const auto open = open_.find(result.id());
  if (open == open_.end() || open->second.phase != phase) return;  // a second answer changes nothing
  const Open times = open->second;
  open_.erase(open);
  last_progress_ = steady_now();

  EndedRequest ended{
      requests_.at(result.id()), times.arrival, times.admitted, received, std::nullopt, result.error(), phase};
  const bool whole = result.stages_size() == static_cast<int>(from.stage) + 1 &&
                     turn_of(result.id(), paths_[phase].live.plan.stages[from.stage].devices.size()) == from.replica &&
                     result.exit() <= scenario_.graph.exit_heads().size();
  if (ended.error.empty() && !whole)
    ended.error = paths_[phase].connections.results[from.stage][from.replica]->peer() + ": sent an incomplete result";
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
  std::set<DeviceId> devices;
  for (const PlanPhase& phase : phases_)
    for (const Stage& stage : phase.plan.stages) devices.insert(stage.devices.begin(), stage.devices.end());
  for (const DeviceId device : devices)
    clocks_[device].add_round(co_await ping(*fleet_.by_device.at(device).control, count));
}

void LiveRun::flush() {
  RunRows batch;
  for (const EndedRequest& ended : std::exchange(unflushed_, {})) {
    const LivePlan& live = paths_[ended.phase].live;
    const RowContext context{scenario_, live.plan, live.cost, clocks_, origin_, dilation_};
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
