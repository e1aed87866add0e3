// Where layers run: Problem -> Plan, a pure function of core values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cost_model.h"
#include "core/plan.h"
#include "core/scenario.h"

namespace twinfer {

// What a partition policy may know. Borrows graph, platform and profiles
// through `cost`, which must outlive it.
struct Problem {
  const CostModel& cost;
  DeviceId source = 0;               // requests arise and results return here
  DeviceId target = 0;               // the other side of two-way splits
  std::vector<DeviceId> chain;       // devices of chain policies, in order
  std::vector<ExitId> active_heads;  // heads that are evaluated, and charged, on the way
  std::uint64_t frames = 1;          // length of the stream that a pipeline is planned for
  double rate_hz = 0;                // at which requests arise; 0: the next one when the last is back
  std::uint64_t replicas = 1;        // of a stage at most, for policies that replicate
  std::vector<PlacementConstraint> constraints = {};
  const ExitTrace* trace = nullptr;         // recorded exits, borrowed; null: none
  std::optional<double> min_accuracy = {};  // share of right answers that chosen thresholds keep
  std::optional<Seconds> deadline = {};     // of one request
  unsigned threads = 1;                     // of an executor
};

Problem make_problem(const Scenario& scenario, const CostModel& cost);

class PartitionPolicy {
 public:
  virtual ~PartitionPolicy() = default;
  // A plan that passes check_plan. Ties are broken by the order that each
  // policy states. Throws InputError where the problem has no plan.
  [[nodiscard]] virtual Plan plan(const Problem& problem) const = 0;
};

// The policy that a scenario names (registry.cpp). Throws InputError with the known
// names on any other.
std::unique_ptr<PartitionPolicy> make_partition_policy(const std::string& name);

// Plans and checks: what every back end runs. Throws InputError.
Plan make_plan(const Scenario& scenario, const CostModel& cost, const std::string& policy);

}  // namespace twinfer
