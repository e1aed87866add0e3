// What a plan costs each of its requests, known before any engine starts: the
// CostModel's times, the recorded exits and the drawn quantiles.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cost_model.h"
#include "core/plan.h"
#include "core/scenario.h"
#include "core/workload.h"
#include "policies/exit_policy.h"

namespace twinfer {

// A message's cost on one connection.
struct Passage {
  HopCost cost;
  Bytes bytes;
  bool between_devices = false;
  bool crosses_links = false;  // a device's stated loopback is one; without, there is no wire
};

// How one request travels: where it leaves, on which stage that is, and what the
// trace says of it there.
struct Route {
  std::optional<ExitId> leaves_at;  // nothing: it runs to the end
  std::size_t last_stage = 0;
  ExitId exit = 0;               // leaves_at, or the final exit
  std::optional<int> predicted;  // nothing without a trace
  std::optional<bool> correct;
  std::string error;  // not empty: the request cannot run, and why
};

// Immutable once built. Borrows nothing.
class PlanTimes {
 public:
  // Throws InputError if heads are active and the scenario has no exit trace.
  // REQUIRES: plan passed check_plan for `source`.
  PlanTimes(const Scenario& scenario, const CostModel& cost, const Plan& plan, DeviceId source);

  [[nodiscard]] std::size_t stages() const { return hops_.size(); }
  // Into the stage, and back to the source: one for each turn (core/plan.h).
  [[nodiscard]] const std::vector<Passage>& hops(std::size_t stage) const { return hops_[stage]; }
  [[nodiscard]] const std::vector<Passage>& results(std::size_t stage) const { return results_[stage]; }
  // That serves the request there, by name.
  [[nodiscard]] const std::string& device(std::size_t stage, std::uint64_t request) const {
    return serving(device_names_[stage], request);
  }
  // Whether any request can leave there: it is the last, or holds an active head.
  [[nodiscard]] bool can_leave(std::size_t stage) const { return can_leave_[stage]; }

  [[nodiscard]] Route route(const Scenario& scenario, const Request& request) const;
  // Time that the stage's executor computes, decoding excluded.
  // REQUIRES: stage <= route.last_stage.
  [[nodiscard]] Seconds compute(const Scenario& scenario, const Request& request, const Route& route,
                                std::size_t stage) const;
  // Of the request's message into the stage, and of its result.
  [[nodiscard]] Seconds hand_off(const Scenario& scenario, std::uint64_t request, std::size_t stage) const;
  [[nodiscard]] Seconds result_hand_off(const Scenario& scenario, std::uint64_t request) const;

 private:
  struct StageTimes {
    // By leaving head, then for those who stay to the end; then by replica.
    std::vector<std::vector<LatencyDistribution>> computing;
    std::vector<LatencyDistribution> hand_offs;  // by replica
    [[nodiscard]] std::size_t leaving(const Route& route) const {
      return route.leaves_at.value_or(computing.size() - 1);
    }
  };
  void add_passages(const CostModel& cost, const Plan& plan, DeviceId source);
  void add_stage(const CostModel& cost, const Stage& stage);

  std::unique_ptr<ExitPolicy> exits_;
  LatencyDistribution result_hand_off_;
  std::vector<std::vector<Passage>> hops_;              // by stage, then turn
  std::vector<std::vector<Passage>> results_;           // by stage, then replica
  std::vector<std::vector<std::string>> device_names_;  // by stage, then replica
  std::vector<bool> can_leave_;
  std::vector<StageTimes> stages_;
  std::vector<std::size_t> stage_of_head_;
};

}  // namespace twinfer
