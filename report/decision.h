// Decision fidelity: does the twin rank the policies of a scenario as the live system does, and
// what does it cost to follow it?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/fidelity.h"
#include "report/ranking.h"

namespace twinfer {

// Differences below this share decide nothing, whatever the noise floor.
inline constexpr double kLeastTolerance = 0.01;

// Of one measure over the policies of which both worlds know it.
struct Decision {
  std::size_t measure = 0;  // of kValidated
  double tolerance = 0;     // within which policies tie: the mean noise floor of the policies, or kLeastTolerance
  RankedPairs pairs;
  std::string simulated_best;  // policies
  std::string measured_best;
  double regret = 0;  // of following the simulator

  [[nodiscard]] std::optional<double> tau() const { return kendall_tau(pairs); }
};

// A policy and what was found of it, borrowed.
struct JudgedPolicy {
  std::string policy;
  const Fidelity* fidelity = nullptr;
};

// By mean, P50, P95 and throughput; a measure that fewer than two policies know is left out.
std::vector<Decision> judge_decisions(const std::vector<JudgedPolicy>& policies);

// Over several scenarios, of which each counts with its pairs.
struct DecisionsOverall {
  std::size_t measure = 0;
  std::size_t scenarios = 0;
  RankedPairs pairs;
  double mean_regret = 0;
  double worst_regret = 0;

  [[nodiscard]] std::optional<double> tau() const { return kendall_tau(pairs); }
};

// By measure, those that occur, in the order of kValidated.
std::vector<DecisionsOverall> sum_up(const std::vector<std::vector<Decision>>& scenarios);

}  // namespace twinfer
