// Simulated and live runs of the same requests, paired and judged: what every report of
// `twinfer validate` is made of. A pair is a policy in a scenario; a scenario, outside a grid, is
// the one that was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/simulate_into_store.h"
#include "core/scenario.h"
#include "report/decision.h"
#include "report/fidelity.h"

namespace twinfer {

struct ValidatedPair {
  std::size_t scenario = 0;  // its place in Validation::scenarios
  std::string policy;
  std::string plan;
  std::optional<double> load;          // of the plan's capacity, where the scenario says so
  std::vector<std::int64_t> sim_runs;  // of the store
  std::vector<std::int64_t> live_runs;
  std::optional<Fidelity> fidelity;
  std::vector<std::string> failures;  // why there is none, or requests that were lost
  std::vector<std::string> beyond;    // lines of broken gates
};

struct ValidatedScenario {
  std::string label;               // "model digits, load 0.5"; empty outside a grid
  std::vector<std::string> point;  // the value of each of Validation::axes
  Gates gates;
  std::vector<std::size_t> pairs;  // in Validation::pairs
  std::vector<Decision> decisions;
  std::vector<std::string> beyond;
};

struct Validation {
  std::string name;
  std::string workload;           // in words; empty in a grid
  std::vector<std::string> axes;  // of a grid, all but `policy`
  std::vector<ValidatedPair> pairs;
  std::vector<ValidatedScenario> scenarios;

  // "lbc: P50 error ..." of all pairs and scenarios.
  [[nodiscard]] std::vector<std::string> failures() const;
  [[nodiscard]] std::vector<std::string> beyond() const;
  // What a person calls a pair: "lbc", or "model digits, load 0.5, lbc".
  [[nodiscard]] std::string label(const ValidatedPair& pair) const;
};

// A value of an axis for people: paths by their file's name; what is long, by its beginning.
std::string shown_value(const std::string& value);

// How many simulations' mean a prediction is: sampled costs are as different from simulation to simulation as real
// ones are from run to run. Emulated ones are the simulated ones.
inline constexpr std::size_t kDraws = 8;
std::size_t draws_of(const Scenario& scenario);

// The pair that these runs are, of which any may have failed.
ValidatedPair validate_pair(const Scenario& scenario, const std::string& policy,
                            const std::vector<StoredRun>& simulated, const std::vector<StoredRun>& measured);

// Ranks the policies of every scenario. REQUIRES: all pairs are there.
void judge_scenarios(Validation& validation);

}  // namespace twinfer
