#include "cli/sweep_job.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <ranges>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/planned_scenario.h"
#include "cli/simulate_into_store.h"
#include "cli/sweep_progress.h"
#include "core/error.h"
#include "core/joined.h"
#include "report/measures.h"
#include "report/table.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer sweep",
    "Makes every run of a sweep and stores what it amounts to. Runs that the store has are not made again.",
    {{"sweep"}},
    {"twinfer sweep scenarios/sweeps/bandwidth.yaml -j 4 --store sweep.sqlite",
     "twinfer sweep scenarios/sweeps/bandwidth.yaml --dry-run",
     "twinfer sweep scenarios/sweeps/bandwidth.yaml --shard 3/8 --store shard-3.sqlite"}};

Shard parse_shard(const std::string& text) {
  Shard shard;
  int end = 0;
  const int fields = std::sscanf(text.c_str(), "%zu/%zu%n", &shard.index, &shard.count, &end);
  if (fields != 2 || static_cast<std::size_t>(end) != text.size() || text.starts_with('-') || shard.index < 1 ||
      shard.index > shard.count)
    throw UsageError("--shard `" + text + "`: must be I/N with I from 1 to N");
  return shard;
}

// Finished runs go to the store together, the first at once, then every tenth of a second:
// a kill costs no more than the runs of that time, which are then made again. Nothing is
// reaped during a write, so where one takes long they are rarer, down to two a second.
class StoreWriter {
 public:
  StoreWriter(SweepStore& store, std::string sweep) : store_(store), sweep_(std::move(sweep)) {}

  void add(SweptRun run) {
    waiting_.push_back(std::move(run));
    if (waiting_.size() >= kMostWaiting || Clock::now() >= due_) write();
  }

  void write() {
    const Clock::time_point start = Clock::now();
    if (!waiting_.empty()) store_.add(sweep_, waiting_);
    waiting_.clear();
    const Clock::time_point end = Clock::now();
    due_ = end + std::clamp<Clock::duration>(kTimesAWrite * (end - start), kLeastBetween, kMostBetween);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMostWaiting = 500;
  static constexpr int kTimesAWrite = 25;  // 4 % of the time
  static constexpr std::chrono::milliseconds kLeastBetween{100};
  static constexpr std::chrono::milliseconds kMostBetween{500};

  SweepStore& store_;
  std::string sweep_;
  std::vector<SweptRun> waiting_;
  Clock::time_point due_ = Clock::now();  // of the next write
};

std::vector<std::size_t> runs_of_shard(const SweepPlan& plan, const Shard& shard) {
  std::vector<std::size_t> runs;
  for (std::size_t run = 0; run < plan.runs.size(); ++run)
    if (shard.has(run)) runs.push_back(run);
  return runs;
}

std::vector<std::size_t> missing_runs(const SweepPlan& plan, std::vector<std::size_t> runs,
                                      const std::map<std::string, std::string>& present) {
  std::erase_if(runs, [&](std::size_t run) { return present.contains(plan.keys[run]); });
  return runs;
}

std::map<std::string, std::string> present_runs(const std::filesystem::path& store, const std::string& sweep) {
  if (!std::filesystem::exists(store)) return {};
  return SweepStore(store, StoreAccess::kRead).statuses(sweep);
}

// The first, the middle and the last: what a run takes is told from these.
std::vector<std::size_t> probes_of(const std::vector<std::size_t>& runs) {
  if (runs.size() <= 3) return runs;
  return {runs.front(), runs[runs.size() / 2], runs.back()};
}

std::vector<std::size_t> without(std::vector<std::size_t> runs, const std::vector<std::size_t>& made) {
  std::erase_if(runs, [&made](std::size_t run) { return std::ranges::find(made, run) != made.end(); });
  return runs;
}

// Of `count` runs like those that took `walls_s`.
std::string estimate(const std::vector<double>& walls_s, std::size_t count, unsigned jobs) {
  if (walls_s.empty()) return "no estimate: the runs tried first failed";
  const double mean_s = std::accumulate(walls_s.begin(), walls_s.end(), 0.0) / static_cast<double>(walls_s.size());
  return fmt::format("about {} with {} {}", format_seconds(mean_s * static_cast<double>(count) / jobs), jobs,
                     jobs == 1 ? "job" : "jobs");
}

}  // namespace

std::optional<cxxopts::ParseResult> parse_sweep_command(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_store_option(options);
  add_jobs_option(options);
  options.add_options()("dry-run", "Print the number of runs and what they may take, and store nothing")(
      "shard", "Make only every N-th run from the I-th on; `twinfer store merge` joins the stores",
      cxxopts::value<std::string>()->default_value("1/1"),
      "I/N")("retry-failed", "Make the runs again that failed")("json", "Print JSON in place of text");
  return parse_command(kHelp, options, argc, argv);
}

SweepJob::SweepJob(const cxxopts::ParseResult& arguments)
    : store_(chosen_store(arguments)),
      jobs_(chosen_jobs(arguments)),
      json_(arguments["json"].as<bool>()),
      dry_run_(arguments["dry-run"].as<bool>()),
      retry_failed_(arguments["retry-failed"].as<bool>()),
      shard_(parse_shard(arguments["shard"].as<std::string>())),
      loader_(read_platform),
      plan_(plan_sweep(arguments["sweep"].as<std::string>(), loader_)),
      runs_(runs_of_shard(plan_, shard_)),
      batch_(new_batch()) {}

int SweepJob::run(const MakeRuns& make, unsigned jobs) {
  return dry_run_ ? dry_run(make, jobs) : make_missing(make, jobs);
}

int SweepJob::dry_run(const MakeRuns& make, unsigned jobs) {
  const std::vector<std::size_t> missing = missing_runs(plan_, runs_, present_runs(store_, plan_.sweep.name));
  say_size(missing.size());
  if (missing.empty() || plan_.sweep.mode == Mode::kLive) return 0;
  std::vector<double> walls_s;
  make(probes_of(missing), [&](std::size_t run, const IsolatedOutcome& outcome) {
    const SweptRun swept = swept_run(plan_, run, outcome, loader_, batch_);
    if (outcome.ok) walls_s.push_back(swept.measures.at(kWallMeasure));
  });
  say(estimate(walls_s, missing.size(), jobs));
  return 0;
}

int SweepJob::make_missing(const MakeRuns& make, unsigned jobs) {
  SweepStore store(store_);
  store.begin({plan_.sweep.name, plan_.sweep.text, plan_.sweep.axes}, plan_.keys);
  if (retry_failed_) store.forget_failed(plan_.sweep.name);
  const std::vector<std::size_t> missing = missing_runs(plan_, runs_, store.statuses(plan_.sweep.name));
  say_size(missing.size());
  const Counts counts = make_all(missing, store, make, jobs);
  finish(counts);
  return counts.failed == 0 ? 0 : 1;
}

SweepJob::Counts SweepJob::make_all(const std::vector<std::size_t>& missing, SweepStore& store, const MakeRuns& make,
                                    unsigned jobs) {
  StoreWriter writer(store, plan_.sweep.name);
  SweepProgress progress(plan_.sweep.name, missing.size());
  std::vector<double> walls_s;
  const Deliver keep = [&](std::size_t run, const IsolatedOutcome& outcome) {
    SweptRun swept = swept_run(plan_, run, outcome, loader_, batch_);
    if (outcome.ok)
      walls_s.push_back(swept.measures.at(kWallMeasure));
    else
      report_failure(run, outcome);
    writer.add(std::move(swept));
    progress.add(!outcome.ok);
  };
  const std::vector<std::size_t> probes = probes_of(missing);
  const std::vector<std::size_t> rest = without(missing, probes);
  try {
    make(probes, keep);
    if (!rest.empty()) say(estimate(walls_s, rest.size(), jobs));
    make(rest, keep);
  } catch (const std::exception&) {
    writer.write();  // what has ended is kept whatever ends the sweep
    throw;
  }
  writer.write();
  return {runs_.size(), runs_.size() - missing.size(), missing.size(), progress.failed(), progress.elapsed_s()};
}

std::vector<std::string> SweepJob::axis_fields() const {
  std::vector<std::string> fields;
  for (const SweepAxis& axis : plan_.sweep.axes) fields.push_back(axis.field);
  return fields;
}

// By which runs differ: "policy --cols arrivals.rate_hz".
std::string SweepJob::table_axes() const {
  const std::string rows = "policy";
  const auto is_column = [&rows](const SweepAxis& axis) { return axis.field != rows && axis.values.size() > 1; };
  const std::string columns = joined(plan_.sweep.axes | std::views::filter(is_column), ",", &SweepAxis::field);
  return columns.empty() ? rows : rows + " --cols " + columns;
}

// The first few in full: a thousand alike help nobody.
void SweepJob::report_failure(std::size_t run, const IsolatedOutcome& outcome) {
  constexpr std::size_t kMostShown = 5;
  if (++failures_shown_ > kMostShown) return;
  fmt::print(stderr, "twinfer: {}: {}{}\n", describe(plan_.sweep, plan_.runs[run]), outcome.error,
             failures_shown_ == kMostShown ? " (further failures are only counted)" : "");
}

void SweepJob::say_size(std::size_t missing) const {
  const std::string shard = runs_.size() == plan_.runs.size() ? "" : fmt::format(" ({} in this shard)", runs_.size());
  const std::size_t present = runs_.size() - missing;
  say(fmt::format("{}: {} runs{} over {}{}", plan_.sweep.name, plan_.runs.size(), shard, axes_text(),
                  present == 0 ? "" : fmt::format("; {} are in {}", present, store_.string())));
}

// "policy (3) x arrivals.rate_hz (5), 10 replications"
std::string SweepJob::axes_text() const {
  const auto varies = [](const SweepAxis& axis) { return axis.values.size() > 1; };
  std::string text = joined(plan_.sweep.axes | std::views::filter(varies), " x ", [](const SweepAxis& axis) {
    return fmt::format("{} ({})", axis.field, axis.values.size());
  });
  if (text.empty()) text = "one point";
  return plan_.sweep.replications == 1 ? text : fmt::format("{}, {} replications", text, plan_.sweep.replications);
}

void SweepJob::say(const std::string& line) const {
  if (json_) return;
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void SweepJob::finish(const Counts& counts) const {
  if (json_) {
    const nlohmann::ordered_json result = {{"sweep", plan_.sweep.name}, {"store", store_.string()},
                                           {"axes", axis_fields()},     {"runs", counts.all},
                                           {"present", counts.present}, {"made", counts.made},
                                           {"failed", counts.failed},   {"seconds", counts.seconds}};
    fmt::print("{}\n", result.dump(2));
    return;
  }
  say(fmt::format("{} runs made in {}, {} failed", counts.made, format_seconds(counts.seconds), counts.failed));
  say(fmt::format("Next: twinfer table {} --rows {} --value p95_latency_ms", store_.string(), table_axes()));
}

}  // namespace twinfer
