// The way of requests through one plan: its executors and connections.
//
//   send -> hop 0 -> executor 0 -> hop 1 -> executor 1 -> ...
//                        |                      |
//   returned <- result 0-+           result 1 --+
//
// A request that leaves at a head goes back from there; the others from the last
// stage. One executor actor a stage, one connection an arrow; of a stage with
// replicas one executor a replica, and a connection for each two that a request
// passes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

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
struct PlanPathSetup {
  std::string name;  // keeps its actors apart from those of other paths
  const Scenario& scenario;
  const CostModel& cost;
  const Plan& plan;  // passed check_plan for `source`
  DeviceId source = 0;
  const std::vector<Request>& requests;  // ids 0, 1, ...
};

// Stays where it was made: its actors hold on to it.
class PlanPath {
 public:
  // Adds its actors to `crew`. Borrows book and scheduling; `returned` is called for
  // every request that is back. Throws InputError as PlanTimes does.
  PlanPath(const PlanPathSetup& setup, const SimEngine& engine, Crew& crew, const SchedulingPolicy& scheduling,
           RowBook& book, std::function<void()> returned);
  PlanPath(const PlanPath&) = delete;
  PlanPath& operator=(const PlanPath&) = delete;

  [[nodiscard]] Journey journey(std::uint64_t id) const { return {&times_, &routes_[id]}; }
  // REQUIRES: the book admitted it on its journey, whose route has no error.
  void send(std::uint64_t id) { serving(hops_[0], id)->send(id); }

 private:
  void prepare(const PlanPathSetup& setup);
  void connect(const PlanPathSetup& setup, const SimEngine& engine, Crew& crew);
  void connect_hop(const ConnectionSettings& way, std::size_t stage, Crew& crew);
  void connect_result(const ConnectionSettings& way, std::size_t stage, Crew& crew);
  void serve_stage(std::size_t stage, std::size_t replica);
  void run_job(std::uint64_t id, std::size_t stage);

  PlanTimes times_;
  const SchedulingPolicy& scheduling_;
  RowBook& book_;
  std::function<void()> returned_;
  int threads_;                            // cores that an executor computes on
  std::vector<Route> routes_;              // by request
  std::vector<Seconds> computes_;          // by request, then stage
  std::vector<Seconds> hand_offs_;         // the same
  std::vector<Seconds> result_hand_offs_;  // by request

  // By stage, then turn.
  std::vector<std::vector<std::unique_ptr<Connection>>> hops_;
  std::vector<std::vector<std::unique_ptr<Connection>>> results_;  // none where no request can leave
  std::vector<std::vector<std::unique_ptr<IdQueue>>> jobs_;
};

}  // namespace twinfer
