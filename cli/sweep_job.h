// A sweep on its way: what is to be made, what the store has, and what is said about it.
// Who makes the runs, this machine or many, is not its matter.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cxxopts.hpp>

#include "cli/sweep_plan.h"
#include "cli/sweep_runs.h"
#include "report/sweep_store.h"

namespace twinfer {

// The command line of `twinfer sweep`; nothing if it asks for help, which is then printed.
std::optional<cxxopts::ParseResult> parse_sweep_command(int argc, char** argv);

// Every N-th run from the I-th on: neighbours, which take alike, go to different shards.
struct Shard {
  std::size_t index = 1;
  std::size_t count = 1;

  [[nodiscard]] bool has(std::size_t run) const { return run % count == index - 1; }
};

// Makes the given runs and hands each over as it ends.
using MakeRuns = std::function<void(const std::vector<std::size_t>& runs, const Deliver& deliver)>;

class SweepJob {
 public:
  // Loads and checks everything. Throws InputError and UsageError.
  explicit SweepJob(const cxxopts::ParseResult& arguments);

  [[nodiscard]] const SweepPlan& plan() const { return plan_; }
  [[nodiscard]] ScenarioLoader& loader() { return loader_; }
  [[nodiscard]] const std::string& batch() const { return batch_; }
  [[nodiscard]] unsigned jobs() const { return jobs_; }

  // What the command line asks for, by runs that `make` makes, `jobs` at a time. Returns
  // the exit code.
  int run(const MakeRuns& make, unsigned jobs);

 private:
  struct Counts {
    std::size_t all = 0;      // of the sweep, or of this shard
    std::size_t present = 0;  // that the store had
    std::size_t made = 0;
    std::size_t failed = 0;  // of those made now
    double seconds = 0;
  };

  int dry_run(const MakeRuns& make, unsigned jobs);
  int make_missing(const MakeRuns& make, unsigned jobs);
  Counts make_all(const std::vector<std::size_t>& missing, SweepStore& store, const MakeRuns& make, unsigned jobs);
  void report_failure(std::size_t run, const IsolatedOutcome& outcome);
  [[nodiscard]] std::vector<std::string> axis_fields() const;
  [[nodiscard]] std::string axes_text() const;
  [[nodiscard]] std::string table_axes() const;
  void say_size(std::size_t missing) const;
  void say(const std::string& line) const;
  void finish(const Counts& counts) const;

  std::filesystem::path store_;
  unsigned jobs_;
  bool json_, dry_run_, retry_failed_;
  Shard shard_;
  ScenarioLoader loader_;
  SweepPlan plan_;
  std::vector<std::size_t> runs_;  // of this shard
  std::string batch_;
  std::size_t failures_shown_ = 0;
};

}  // namespace twinfer
