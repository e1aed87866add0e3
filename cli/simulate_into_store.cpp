#include "cli/simulate_into_store.h"

#include <algorithm>
#include <cstdio>
#include <functional>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/run_description.h"
#include "report/machine.h"
#include "report/measures.h"
#include "sim/isolated.h"
#include "sim/simulate.h"

namespace twinfer {
std::string new_batch() {
  std::string time = utc_now();
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}-{}", time, getpid());
}

void simulate_into_store(const PlannedScenario& planned, const std::filesystem::path& store, const std::string& batch,
                         unsigned jobs, std::size_t draws) {
  std::vector<std::int64_t> ids;
  {
    ResultStore opened(store);  // closed before the forks: SQLite's handles do not survive one
    for (const Plan& plan : planned.plans)
      for (std::size_t draw = 0; draw < draws; ++draw)
        ids.push_back(opened.begin_run(describe_run(planned.scenario, plan, Mode::kSim, batch)));
  }
  std::vector<std::function<std::string()>> tasks;
  for (std::size_t i = 0; i < ids.size(); ++i)
    tasks.emplace_back([&, i] {
      Scenario scenario = planned.scenario;
      scenario.draw = i % draws;
      const RunRows rows = simulate(scenario, planned.plans[i / draws]);
      ResultStore opened(store);
      opened.add_rows(ids[i], rows);
      opened.end_run(ids[i], "complete", "", measures_of(planned.scenario, rows));
      return std::string();
    });

  std::size_t done = 0;
  const std::vector<IsolatedOutcome> outcomes = run_isolated(
      tasks, jobs, [&](std::size_t, const IsolatedOutcome&) { show_progress("simulated", ++done, tasks.size()); });
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!outcomes[i].ok) ResultStore(store).end_run(ids[i], "failed", outcomes[i].error);
}

std::vector<StoredRun> stored_runs(const std::filesystem::path& store, const std::string& batch, Mode mode) {
  const ResultStore opened(store, StoreAccess::kRead);
  std::vector<StoredRun> runs;
  for (const RunInfo& info : opened.runs_of(batch))
    if (info.mode == mode) runs.push_back({info, opened.rows(info.id), opened.measures(info.id)});
  return runs;
}

bool any_rows(const std::vector<StoredRun>& runs) {
  return std::ranges::any_of(runs, [](const StoredRun& run) { return !run.rows.results.empty(); });
}

std::size_t report_failures(const std::vector<StoredRun>& runs) {
  std::size_t failures = 0;
  for (const auto& [info, rows, measures] : runs) {
    if (info.status == "complete") continue;
    ++failures;
    fmt::print(stderr, "twinfer: {} run of {} {}: {}\n", to_string(info.mode), info.policy,
               info.status == "failed" ? "failed" : "did not end", info.error.empty() ? "no reason known" : info.error);
  }
  return failures;
}

void show_progress(const std::string& what, std::size_t done, std::size_t all) {
  if (isatty(STDERR_FILENO) == 0) return;
  if (done < all)
    fmt::print(stderr, "\r{} of {} {}", done, all, what);
  else
    fmt::print(stderr, "\r{:40}\r", "");
  std::fflush(stderr);
}

}  // namespace twinfer
