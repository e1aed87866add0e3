// twinfer validate: the same requests simulated and run live, and how far the
// simulator is off.
#include <cstdio>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/measure_profiles.h"
#include "cli/node_program.h"
#include "cli/output.h"
#include "cli/planned_scenario.h"
#include "cli/run_live_side.h"
#include "cli/simulate_into_store.h"
#include "cli/validation_report.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer validate",
    "Simulates every policy, runs it live on the same requests, and prints the error.",
    {{"scenario"}},
    {"twinfer validate scenarios/quickstart.yaml", "twinfer validate scenarios/localhost.yaml --profile --components"}};

// Natively, measurements differ from run to run: a second one shows by how much.
int run_live(const std::filesystem::path& program, const PlannedScenario& planned, const Place& place) {
  const int rounds = planned.scenario.live.emulate == Emulation::kNothing ? 2 : 1;
  int code = 0;
  for (int round = 0; round < rounds && code == 0; ++round)
    code = run_live_side(program, planned.scenario, place.store, place.batch).code;
  return code;
}

void print_report(const PlannedScenario& planned, const ValidationReport& report, const Place& place,
                  const cxxopts::ParseResult& arguments) {
  if (arguments["json"].as<bool>()) {
    fmt::print("{}", validation_json(planned, report, place));
  } else {
    fmt::print("{}", validation_text(planned, report, place));
    if (arguments["components"].as<bool>() && !report.lines.empty()) fmt::print("\n{}", components_text(report));
  }
  std::fflush(stdout);
}

}  // namespace

int run_validate(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  add_store_option(options);
  add_jobs_option(options);
  options.add_options()("components", "Add where the time goes, simulated and measured")(
      "profile", "Measure the profiles of this machine first, for a scenario that emulates nothing")(
      "no-gates", "End with 0 even beyond the scenario's gates")("json", "Print JSON in place of the table");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;

  const unsigned jobs = chosen_jobs(*arguments);
  const Place place{chosen_store(*arguments), new_batch()};
  const std::filesystem::path program = find_node_program();
  const std::filesystem::path file = (*arguments)["scenario"].as<std::string>();
  const std::vector<std::string> policies = chosen_policies(*arguments);
  if ((*arguments)["profile"].as<bool>()) {
    const int failed = measure_profiles(program, PlannedScenario(file, policies).scenario);
    if (failed != 0) return failed;
  }
  const PlannedScenario planned(file, policies);
  simulate_into_store(planned, place.store, place.batch, jobs);
  const int code = run_live(program, planned, place);
  const std::vector<StoredRun> simulated = stored_runs(place.store, place.batch, Mode::kSim);
  const std::vector<StoredRun> measured = stored_runs(place.store, place.batch, Mode::kLive);
  if (code == 2 && !any_rows(measured)) return code;  // bad input, which twinfer-node has named

  const ValidationReport report = validate_runs(planned, simulated, measured);
  print_report(planned, report, place, *arguments);
  if (code != 0) return code == 2 ? 2 : 1;
  const bool all_ran = report.lines.size() == planned.plans.size();
  return report.failures.empty() || (all_ran && (*arguments)["no-gates"].as<bool>()) ? 0 : 1;
}

}  // namespace twinfer
