// Validation over many variants of a scenario: the runs of a sweep, each simulated and run live,
// into a store that knows which of them it has. Started again, it makes the rest.
//
// In the store the sweep has one more axis, `mode`: the live repeats are its replications, all of the scenario's seed,
// and those of `sim` are draws of sampled costs. With rehearsals (cli/rehearsal.h) every pair
// first has as many of them, `rehearsal`, and its simulations refitted to all of them, `rehearsed`, are its prediction.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/output.h"
#include "cli/rehearsal.h"
#include "cli/sweep_plan.h"
#include "cli/sweep_runs.h"
#include "cli/validation.h"
#include "core/sweep.h"
#include "report/sweep_store.h"

namespace twinfer {

struct GridOptions {
  unsigned jobs = 1;                     // simulations at a time
  std::size_t repeats = 0;               // live runs of each pair; 0: 1 if emulated, else 2
  bool retry_failed = false;             // make failed runs again
  std::optional<Seconds> rehearse = {};  // length of rehearsals; those that the store has keep theirs
  std::vector<std::pair<std::string, std::vector<std::string>>> where = {};  // axis, values: only these pairs
};

inline constexpr std::size_t kMostRepeats = 20;

// Live runs of each pair, unless asked for otherwise: natively, measurements differ from run to
// run, and a second one shows by how much.
std::size_t usual_repeats(const Scenario& scenario);

// A sweep file as a grid. Throws InputError where it has replications.
Sweep load_grid(const std::filesystem::path& file);

class ValidationGrid {
 public:
  // Loads and checks every pair. Throws InputError. REQUIRES: an axis `policy`.
  ValidationGrid(Sweep sweep, Place place, GridOptions options);

  // Makes what the store lacks: simulations at once, then scenario by scenario rehearsals and live runs, the
  // policies in turns, and what is simulated by the rehearsals. A run that fails is stored as such. Throws
  // std::runtime_error if interrupted.
  void make_missing(const std::filesystem::path& node_program);

  // Of the pairs asked for, as far as the store has their runs.
  [[nodiscard]] Validation validation();

  [[nodiscard]] std::size_t pairs() const { return chosen_.size(); }

 private:
  enum class GridMode { kSim, kLive, kRehearsal, kRehearsed };  // of a run in the store
  static const char* to_string(GridMode mode);
  // One simulation: of a run of the sweep, with these draws of its costs.
  struct Simulation {
    std::size_t run = 0, draw = 0;
    std::function<std::string()> answer;
  };
  using Stored = std::map<std::string, SweptRun>;  // by key

  [[nodiscard]] Stored stored() const;
  void simulate_missing(SweepStore& store);
  void run_missing(SweepStore& store, const std::filesystem::path& node_program);
  [[nodiscard]] std::uint64_t requests_to_rehearse(const std::vector<std::size_t>& runs);
  void simulate_rehearsed(SweepStore& store);
  // `present`: what the store has; `runs`: of the scenario. Throws where a rehearsal is missing, or no refit can be
  // made.
  [[nodiscard]] Scenario twin_of(const Stored& present, const std::vector<std::size_t>& runs, const Scenario& scenario,
                                 const Plan& plan) const;
  void simulate(SweepStore& store, GridMode mode, const std::vector<Simulation>& simulations);
  // Replication `index` of the run in this mode, and of rehearsed ones by `rounds` rehearsals.
  [[nodiscard]] std::string key_of(std::size_t run, GridMode mode, std::size_t index, std::size_t rounds = 0) const;
  [[nodiscard]] std::vector<std::string> simulated_keys(std::size_t run, const Scenario& scenario) const;
  [[nodiscard]] SweptRun swept(std::size_t run, GridMode mode, std::size_t index, const IsolatedOutcome& outcome);
  [[nodiscard]] std::size_t repeats_of(const Scenario& scenario) const;
  [[nodiscard]] std::vector<std::string> all_keys() const;
  [[nodiscard]] std::vector<std::string> point_of(std::size_t run) const;  // without the policy
  [[nodiscard]] std::string label_of(std::size_t run) const;
  [[nodiscard]] std::vector<std::vector<std::size_t>> scenarios() const;  // chosen runs by scenario
  [[nodiscard]] std::vector<StoredRun> runs_of(const Stored& stored, const std::vector<std::string>& keys) const;

  Place place_;
  GridOptions options_;
  ScenarioLoader loader_;
  SweepPlan simulated_;
  SweepPlan live_;  // the same runs under other keys
  std::size_t policy_axis_;
  std::vector<std::size_t> chosen_;
};

}  // namespace twinfer
