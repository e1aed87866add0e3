// The coordinator's side of one run, once everything is connected.
//
//   arrive ---> admit ---> hop 0 sender ---> worker of stage 0
//     ^           ^
//     | closed    | window opens
//     +-----------+---- result readers <--- worker of every stage
//
// Beside them: pings that keep the clocks aligned, a watch that ends a run in which
// nothing moves, whoever tells emulated links that they change, and whoever changes plans.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/signal_set.hpp>

#include "live/deployment.h"
#include "live/fleet_members.h"
#include "live/live_rows.h"
#include "live/message_sender.h"
#include "live/plan_orders.h"
#include "live/run_live.h"
#include "live/run_setup.h"
#include "policies/replan.h"
#include "policies/scheduling_policy.h"

namespace twinfer {

// One round of ping exchanges. Throws ConnectionError.
Task<std::vector<PingSample>> ping(Connection& control, unsigned count);

// Lives on the fleet's io_context; run() is called once.
class LiveRun {
 public:
  // `paths` are of the phases, one each; all are in place. With `orders` phases follow one another as
  // they say, else by time. Borrows phases, functions, orders, and what the paths borrow.
  LiveRun(Fleet::Members& fleet, std::vector<RunPath> paths, const std::vector<PlanPhase>& phases,
          std::map<std::uint64_t, WireTensor> inputs, const RowSink& sink, const LinkHook& on_change,
          PlanOrders* orders = nullptr);

  // Until every request has ended.
  Task<void> run();

  [[nodiscard]] LiveOutcome take_outcome() { return std::move(outcome_); }
  [[nodiscard]] const PadCounts& pads() const { return pads_; }

 private:
  struct Open {
    SteadyTime arrival;
    SteadyTime admitted;
    std::size_t phase = 0;  // of the plan that it goes by
  };

  void add_lanes(const RunPath& path);
  void spawn_path(std::size_t phase);
  Task<void> run_all();
  void close_all();
  Task<void> arrive();
  void admit(SteadyTime now);
  void start(const Request& request, SteadyTime arrival, SteadyTime admitted);
  Task<void> read_results(std::size_t phase, StageReplica from);
  void on_result(std::size_t phase, const StageReplica& from, wire::Result result, SteadyTime received);
  Task<void> keep_clocks();
  Task<void> align_clocks(unsigned count);
  Task<void> watch();
  Task<bool> reaches(Seconds at, std::shared_ptr<AsyncSignal> ended);
  Task<void> follow_links();
  Task<void> follow_change(Seconds at);
  Task<void> reshape(std::size_t phase, const CostModel& cost);
  Task<void> change_plans();
  Task<void> follow_orders();
  Task<void> move_parameters(const ParameterMove& move, Seconds decided);

  void spawn(Task<void> task, const std::string& whose);
  void end_request(EndedRequest ended);
  void fail(const std::string& error);
  void fail_open_requests(const std::string& error);
  void flush();
  [[nodiscard]] bool over() const { return ended_count_ == requests_.size(); }

  Fleet::Members& fleet_;
  const Scenario& scenario_;
  std::vector<RunPath> paths_;  // by phase
  const std::vector<PlanPhase>& phases_;
  std::map<std::uint64_t, WireTensor> inputs_;
  const RowSink& sink_;
  const LinkHook& on_change_;
  PlanOrders* orders_;
  std::vector<Request> requests_;
  std::unique_ptr<SchedulingPolicy> admission_;
  bool closed_loop_;
  double dilation_;

  std::size_t phase_ = 0;               // of requests that set out now
  std::size_t next_ = 0;                // request that arrives next
  std::deque<Request> waiting_;         // arrived, not admitted
  std::map<std::uint64_t, Open> open_;  // admitted, no result yet
  std::vector<EndedRequest> unflushed_;
  std::size_t ended_count_ = 0;
  unsigned coroutines_ = 0;
  std::map<DeviceId, ClockAlignment> clocks_;
  SteadyTime origin_;
  SteadyTime last_progress_;
  LiveOutcome outcome_;

  PadCounts pads_;
  std::vector<std::vector<std::unique_ptr<SendLane>>> lanes_;  // to the replicas of stage 0, by phase and turn
  asio::steady_timer arrival_timer_;
  asio::signal_set signals_;
  std::shared_ptr<Connection> mover_;         // that parameters are sent on
  std::shared_ptr<AsyncSignal> changed_;      // for watch()
  std::shared_ptr<AsyncSignal> clocks_due_;   // for keep_clocks()
  std::shared_ptr<AsyncSignal> links_ended_;  // for follow_links()
  std::shared_ptr<AsyncSignal> plans_ended_;  // for whoever changes plans
};

}  // namespace twinfer
