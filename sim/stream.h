// The requests of one source on their way through one plan.
//
//   source -> [admission] -> hop 0 -> executor 0 -> hop 1 -> executor 1 -> ...
//                                         |                      |
//   source <------------ result 0 --------+      result 1 -------+
//
// A request that leaves at a head goes back from there; the others from the last
// stage. One executor actor a stage, one connection an arrow; of a stage with
// replicas one executor a replica, and a connection for each two that a request
// passes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <simgrid/s4u.hpp>

#include "core/plan.h"
#include "core/scenario.h"
#include "policies/scheduling_policy.h"
#include "sim/connection.h"
#include "sim/crew.h"
#include "sim/plan_times.h"
#include "sim/row_book.h"
#include "sim/sim_engine.h"

namespace twinfer {

// What the constructor reads, and only the constructor.
struct StreamSetup {
  std::string name;  // keeps its actors apart from those of other streams
  const Scenario& scenario;
  const CostModel& cost;
  const Plan& plan;  // passed check_plan for `source`
  DeviceId source = 0;
};

// Stays where it was made: its actors hold on to it.
class Stream {
 public:
  // Adds its actors to `crew`.
  Stream(const StreamSetup& setup, const SimEngine& engine, Crew& crew);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Call once, after the engine has run.
  RunRows take_rows() { return book_->take(simgrid::s4u::Engine::get_clock()); }

 private:
  void prepare(const StreamSetup& setup);
  void connect(const StreamSetup& setup, const SimEngine& engine, Crew& crew);
  void connect_hop(const ConnectionSettings& way, std::size_t stage, Crew& crew);
  void connect_result(const ConnectionSettings& way, std::size_t stage, Crew& crew);

  // Admission, on the source.
  void feed();
  void admit_waiting();
  void admit(std::uint64_t id);
  void count_end();

  // Execution, on a stage's device.
  void serve_stage(std::size_t stage, IdQueue& jobs);
  void run_job(std::uint64_t id, std::size_t stage);

  PlanTimes times_;
  std::unique_ptr<SchedulingPolicy> scheduling_;
  std::unique_ptr<RowBook> book_;
  bool closed_;  // the window makes the arrivals
  int threads_;  // cores that an executor computes on

  std::vector<double> arrivals_s_;     // by request
  std::vector<Seconds> computes_;      // by request, then stage
  std::deque<std::uint64_t> waiting_;  // for admission
  std::uint64_t in_flight_ = 0;
  std::uint64_t ended_ = 0;
  simgrid::s4u::SemaphorePtr all_ended_ = simgrid::s4u::Semaphore::create(0);

  // By stage, then turn.
  std::vector<std::vector<std::unique_ptr<Connection>>> hops_;
  std::vector<std::vector<std::unique_ptr<Connection>>> results_;  // none where no request can leave
  std::vector<std::vector<std::unique_ptr<IdQueue>>> jobs_;
};

}  // namespace twinfer
