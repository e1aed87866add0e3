#include "cli/validation_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/grid_summary.h"
#include "cli/validation_changes.h"
#include "cli/validation_tables.h"
#include "report/fidelity_gates.h"
#include "report/table.h"

namespace twinfer {
namespace {

std::vector<StoredRun> runs_of(std::vector<StoredRun> runs, const std::string& policy) {
  std::erase_if(runs, [&policy](const StoredRun& run) { return run.info.policy != policy; });
  return runs;
}

std::string exits_text(const Validation& validation) {
  std::string text;
  for (const ValidatedPair& pair : validation.pairs)
    if (pair.fidelity && pair.fidelity->other_exits > 0)
      text += fmt::format("{}{} of {} requests of {}", text.empty() ? "" : ", ", pair.fidelity->other_exits,
                          pair.fidelity->joined, validation.label(pair));
  return text.empty() ? "Exits taken: the same in all runs for every request\n"
                      : "Exits taken: different for " + text + "\n";
}

std::string notes_text(const Validation& validation) {
  std::string text =
      "err: simulated against the mean of the live runs, [95 %] by moving-block bootstrap (1000 resamples);\n"
      "diff: in percentage points; in time: returned within the deadline\n";
  const bool repeated =
      std::ranges::any_of(validation.pairs, [](const ValidatedPair& pair) { return pair.live_runs.size() > 1; });
  text += repeated ? "noise: how far the live runs are apart; ratio: error in noise floors\n"
                   : "No noise floor: each policy ran live once (--repeat 2)\n";
  if (lacks_requests(validation))
    text += "-: not known, or fewer than 10 requests beyond the percentile: " + requests_needed_text() + "\n";
  return text;
}

std::string decisions_text(const Validation& validation) {
  const bool any = std::ranges::any_of(validation.scenarios, [](const auto& s) { return !s.decisions.empty(); });
  if (!any) return "";
  return "\n" + decisions_table(validation) +
         "tau: Kendall's tau-b of the two rankings; regret: loss by taking the twin's choice, measured\n";
}

std::string verdict_text(const Gates& gates, const Validation& validation) {
  const std::vector<std::string> failed = gate_verdict(validation);
  const std::string limits = gates_text(gates);
  std::string text = fmt::format("Gates ({}): {}\n", limits.empty() ? "none set, runs complete" : limits,
                                 failed.empty() ? "passed" : "FAILED");
  for (const std::string& line : failed) text += "  " + line + "\n";
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

}  // namespace

Validation validate_batch(const PlannedScenario& planned, const Place& place) {
  const std::vector<StoredRun> simulated = stored_runs(place.store, place.batch, Mode::kSim);
  const std::vector<StoredRun> measured = stored_runs(place.store, place.batch, Mode::kLive);
  Validation validation{planned.scenario.name, describe_workload(planned.scenario), {}, {}, {}};
  ValidatedScenario& scenario = validation.scenarios.emplace_back();
  scenario.gates = planned.scenario.gates;
  for (const Plan& plan : planned.plans) {
    scenario.pairs.push_back(validation.pairs.size());
    validation.pairs.push_back(
        validate_pair(planned.scenario, plan.policy, runs_of(simulated, plan.policy), runs_of(measured, plan.policy)));
  }
  judge_scenarios(validation);
  return validation;
}

std::string validation_text(const PlannedScenario& planned, const Validation& validation, const Place& place,
                            bool with_components) {
  std::string text = fmt::format("{}: {}\n\n", validation.name, validation.workload);
  if (std::ranges::any_of(validation.pairs, [](const ValidatedPair& pair) { return pair.fidelity.has_value(); })) {
    text += values_tables(validation) + "\n" + noise_table(validation) + "\n" + component_errors_table(validation);
    if (with_components) text += "\n" + components_table(validation);
    text += changes_text(planned, place) + decisions_text(validation) + "\n" + notes_text(validation) +
            exits_text(validation);
  }
  return text + verdict_text(planned.scenario.gates, validation) + place_line(place) + "\n" + next_text(planned, place);
}

}  // namespace twinfer
