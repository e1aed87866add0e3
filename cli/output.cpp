#include "cli/output.h"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/run_tables.h"
#include "report/chrome_trace.h"
#include "report/run_json.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

std::string shown_path(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.string() : "./" + file.string();
}

std::string runs_text(const PlannedScenario& planned, const std::vector<StoredRun>& runs, const Place& place,
                      bool mark_best) {
  std::vector<SummaryLine> lines;
  for (const StoredRun& run : runs)
    if (is_complete(run)) lines.push_back({run.info.policy, run.info.plan, run.measures});
  std::string text = fmt::format("{}: {}\n\n", planned.scenario.name, describe_workload(planned.scenario));
  if (!lines.empty()) text += (mark_best ? comparison_table(lines) : summary_table(lines)) + "\n";
  if (mark_best && lines.size() > 1) text += "* best of its column\n";
  return text + place_line(place);
}

ordered_json run_json(const StoredRun& run, std::uint64_t final_exit) {
  return {{"run", run.info.id},
          {"mode", to_string(run.info.mode)},
          {"policy", run.info.policy},
          {"plan", run.info.plan},
          {"predicted_latency_s", run.info.predicted_latency_s},
          {"status", run.info.status},
          {"error", run.info.error},
          {"summary", to_json(summarise(run.rows.results, final_exit))},
          {"components", to_json(mean_components(run.rows))},
          {"measures", run.measures}};
}

std::string runs_json(const PlannedScenario& planned, const std::vector<StoredRun>& runs, const Place& place) {
  ordered_json list = ordered_json::array();
  for (const StoredRun& run : runs) list.push_back(run_json(run, planned.final_exit()));
  const ordered_json result = {{"scenario", planned.scenario.name},
                               {"store", place.store.string()},
                               {"batch", place.batch},
                               {"runs", std::move(list)}};
  return result.dump(2) + "\n";
}

}  // namespace

void print_runs(const PlannedScenario& planned, const std::vector<StoredRun>& runs, const Place& place,
                const cxxopts::ParseResult& arguments, bool mark_best) {
  const bool json = arguments["json"].as<bool>();
  fmt::print("{}", json ? runs_json(planned, runs, place) : runs_text(planned, runs, place, mark_best));
  if (arguments.count("trace") > 0) {
    const auto file = arguments["trace"].as<std::string>();
    save_trace(planned, runs, file);
    if (!json) fmt::print("Timeline: {} (open it in https://ui.perfetto.dev)\n", shown_path(file));
  }
  std::fflush(stdout);
}

int simulate_and_print(const cxxopts::ParseResult& arguments, bool mark_best) {
  const unsigned jobs = chosen_jobs(arguments);
  const Place place{chosen_store(arguments), new_batch()};
  const PlannedScenario planned(arguments["scenario"].as<std::string>(), chosen_policies(arguments));
  simulate_into_store(planned, place.store, place.batch, jobs);
  const std::vector<StoredRun> runs = stored_runs(place.store, place.batch, Mode::kSim);
  print_runs(planned, runs, place, arguments, mark_best);
  return report_failures(runs) == 0 ? 0 : 1;
}

std::string place_line(const Place& place) {
  return fmt::format("Rows: {}, batch {}\n", shown_path(place.store), place.batch);
}

void add_trace_option(cxxopts::Options& options) {
  options.add_options()("trace", "Write a timeline that Perfetto reads", cxxopts::value<std::string>(), "FILE");
}

void save_trace(const PlannedScenario& planned, const std::vector<StoredRun>& runs, const std::filesystem::path& file) {
  std::vector<TraceRun> traces;
  for (const StoredRun& run : runs)
    traces.push_back({to_string(run.info.mode) + " " + run.info.policy, planned.source_name(), run.rows});
  save_chrome_trace(traces, file);
}

}  // namespace twinfer
