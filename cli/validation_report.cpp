#include "cli/validation_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/run_json.h"
#include "report/table.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

std::vector<const RunRows*> complete_runs(const std::vector<StoredRun>& runs, const std::string& policy) {
  std::vector<const RunRows*> rows;
  for (const StoredRun& run : runs)
    if (run.info.policy == policy && run.info.status == "complete") rows.push_back(&run.rows);
  return rows;
}

std::string exits_text(const ValidationReport& report) {
  std::string text;
  for (const ValidationLine& line : report.lines)
    if (line.error.other_exits > 0)
      text += fmt::format("{}{} of {} requests of {}", text.empty() ? "" : ", ", line.error.other_exits,
                          line.error.joined, line.policy);
  return text.empty() ? "Exits taken: the same in both runs for every request\n"
                      : "Exits taken: different for " + text + "\n";
}

std::string gates_text(const Gates& gates) {
  std::string text;
  const auto add = [&](const char* name, std::optional<double> gate) {
    if (gate) text += fmt::format("{}{} within {} %", text.empty() ? "" : ", ", name, format_number(*gate * 100, 1));
  };
  add("P50", gates.p50_error);
  add("P95", gates.p95_error);
  add("throughput", gates.throughput_error);
  return text.empty() ? "none set, runs complete" : text;
}

std::string verdict_text(const PlannedScenario& planned, const ValidationReport& report) {
  std::string text = fmt::format("Gates ({}): {}\n", gates_text(planned.scenario.gates),
                                 report.failures.empty() ? "passed" : "FAILED");
  for (const std::string& failure : report.failures) text += "  " + failure + "\n";
  return text;
}

std::string next_text(const PlannedScenario& planned, const Place& place) {
  const std::string scenario = planned.scenario.file;
  Table table({{"Try next", true}, {"", true}});
  table.add_row({fmt::format("  twinfer plan {} --explain", scenario), "why each policy cuts where it does"});
  table.add_row({fmt::format("  twinfer sim {} --trace trace.json", scenario), "a timeline for Perfetto"});
  table.add_row(
      {fmt::format("  twinfer export --store {} --csv results-csv", place.store.string()), "the rows as CSV"});
  return table.text();
}

// Why `runs` hold no complete run of `policy`.
std::string reason(const std::vector<StoredRun>& runs, const std::string& policy) {
  for (const StoredRun& run : runs)
    if (run.info.policy == policy && !run.info.error.empty()) return run.info.error;
  return "did not end";
}

}  // namespace

ValidationReport validate_runs(const PlannedScenario& planned, const std::vector<StoredRun>& simulated,
                               const std::vector<StoredRun>& measured) {
  ValidationReport report;
  for (const Plan& plan : planned.plans) {
    const std::vector<const RunRows*> sim = complete_runs(simulated, plan.policy);
    const std::vector<const RunRows*> live = complete_runs(measured, plan.policy);
    if (sim.empty() || live.empty()) {
      report.failures.push_back(fmt::format("{}: {} run: {}", plan.policy, sim.empty() ? "simulated" : "live",
                                            reason(sim.empty() ? simulated : measured, plan.policy)));
      continue;
    }
    ValidationLine line{plan.policy, compare_runs(*sim[0], *live[0], planned.final_exit()), std::nullopt};
    if (live.size() > 1) line.noise = compare_runs(*live[1], *live[0], planned.final_exit());
    for (const std::string& failure : gate_failures(line.error, planned.scenario.gates))
      report.failures.push_back(plan.policy + ": " + failure);
    report.lines.push_back(std::move(line));
  }
  return report;
}

std::string components_text(const ValidationReport& report) {
  Table table({{"policy", true}, {"component", true}, {"sim (ms)"}, {"live (ms)"}, {"sim - live (ms)"}});
  for (const ValidationLine& line : report.lines)
    for (const ComponentDifference& part : line.error.components)
      table.add_row({line.policy, part.name, format_number(part.tested_s * 1e3, 3),
                     format_number(part.reference_s * 1e3, 3),
                     format_signed((part.tested_s - part.reference_s) * 1e3, 3)});
  return table.text();
}

std::string validation_text(const PlannedScenario& planned, const ValidationReport& report, const Place& place) {
  const bool noisy = std::ranges::any_of(report.lines, [](const ValidationLine& l) { return l.noise.has_value(); });
  std::string text = fmt::format("{}: {}\n\n", planned.scenario.name, describe_workload(planned.scenario));
  if (!report.lines.empty()) {
    text += validation_table(report.lines) + "\nerr: simulated against measured; diff: in percentage points";
    text += noisy ? "; noise: a second measured run against the first\n" : "\n";
    text += exits_text(report);
  }
  text += verdict_text(planned, report) + place_line(place) + "\n" + next_text(planned, place);
  return text;
}

std::string validation_json(const PlannedScenario& planned, const ValidationReport& report, const Place& place) {
  ordered_json policies = ordered_json::array();
  for (const ValidationLine& line : report.lines) {
    ordered_json entry = {{"policy", line.policy}, {"sim_against_live", to_json(line.error)}};
    entry["live_against_live"] = line.noise ? to_json(*line.noise) : ordered_json(nullptr);
    policies.push_back(std::move(entry));
  }
  const ordered_json result = {
      {"scenario", planned.scenario.name}, {"store", place.store.string()}, {"batch", place.batch},
      {"passed", report.failures.empty()}, {"failures", report.failures},   {"policies", std::move(policies)}};
  return result.dump(2) + "\n";
}

}  // namespace twinfer
