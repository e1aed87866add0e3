// The requests of one source: their arrival, their admission, and the plan that is in
// force when they set out. One that is on its way stays with the plan it began with.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <simgrid/s4u.hpp>

#include "core/scenario.h"
#include "core/workload.h"
#include "policies/replan.h"
#include "policies/scheduling_policy.h"
#include "sim/crew.h"
#include "sim/plan_path.h"
#include "sim/row_book.h"
#include "sim/sim_engine.h"

namespace twinfer {

// What the constructor reads, and only the constructor.
struct StreamSetup {
  std::string name;  // keeps its actors apart from those of other streams
  const Scenario& scenario;
  const CostModel& cost;
  const std::vector<PlanPhase>& phases;  // each plan passed check_plan for `source`
  DeviceId source = 0;
  std::vector<Request> requests;
};

// Stays where it was made: its actors hold on to it.
class Stream {
 public:
  // Adds its actors to `crew`. Throws InputError as PlanTimes does.
  Stream(const StreamSetup& setup, const SimEngine& engine, Crew& crew);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Call once, after the engine has run.
  RunRows take_rows() { return book_.take(simgrid::s4u::Engine::get_clock()); }

 private:
  struct Change {
    double decided_s;                                                  // and planned from then on
    std::vector<std::pair<simgrid::s4u::Host*, std::uint64_t>> moves;  // bytes
    PlanPath* path;
  };
  [[nodiscard]] std::vector<Change> changes_of(const StreamSetup& setup, const SimEngine& engine) const;
  void change_plans(const std::vector<Change>& changes, double planning_s);

  void feed();
  void admit_waiting();
  void admit(std::uint64_t id);
  void count_end();
  void take_back();

  std::vector<Request> requests_;
  std::unique_ptr<SchedulingPolicy> scheduling_;
  RowBook book_;
  bool closed_;  // the window makes the arrivals

  std::vector<std::unique_ptr<PlanPath>> paths_;  // by phase
  PlanPath* path_ = nullptr;                      // of requests that set out now
  std::deque<std::uint64_t> waiting_;             // for admission
  std::uint64_t in_flight_ = 0;
  std::uint64_t ended_ = 0;
  simgrid::s4u::SemaphorePtr all_ended_ = simgrid::s4u::Semaphore::create(0);
};

}  // namespace twinfer
