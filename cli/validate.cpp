// twinfer validate: the same requests simulated and run live, and how far the
// simulator is off.
#include <cstdio>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/grid_summary.h"
#include "cli/measure_profiles.h"
#include "cli/node_program.h"
#include "cli/output.h"
#include "cli/planned_scenario.h"
#include "cli/run_live_side.h"
#include "cli/simulate_into_store.h"
#include "cli/validation_json.h"
#include "cli/validation_report.h"
#include "core/error.h"
#include "report/fidelity_gates.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer validate",
    "Simulates every policy, runs it live on the same requests, and prints the error.",
    {{"scenario"}},
    {"twinfer validate scenarios/quickstart.yaml", "twinfer validate scenarios/localhost.yaml --profile --components"}};

// Natively, measurements differ from run to run: a second one shows by how much.
unsigned chosen_repeats(const cxxopts::ParseResult& arguments, const Scenario& scenario) {
  if (arguments.count("repeat") == 0) return scenario.live.emulate == Emulation::kNothing ? 2 : 1;
  const auto repeats = arguments["repeat"].as<unsigned>();
  if (repeats == 0) throw UsageError("--repeat `0`: must be at least 1");
  return repeats;
}

// Every policy, then every policy again: what drifts on the machine meets them all alike.
int run_live(const std::filesystem::path& program, const PlannedScenario& planned, const Place& place,
             unsigned repeats) {
  int code = 0;
  for (unsigned round = 0; round < repeats && code == 0; ++round)
    code = run_live_side(program, planned.scenario, place.store, place.batch).code;
  return code;
}

void check_gates(const cxxopts::ParseResult& arguments, const Scenario& scenario) {
  if (arguments.count("gate") == 0) return;
  if (arguments.count("no-gates") > 0) throw UsageError("--gate and --no-gates contradict each other");
  if (gates_text(scenario.gates).empty())
    throw InputError(scenario.file, "gates", "", "--gate needs limits to hold, and the scenario states none");
}

bool any_rows_of(const Place& place) { return any_rows(stored_runs(place.store, place.batch, Mode::kLive)); }

// 0 if it passed, or if only gates are broken that are off.
int verdict(const Validation& validation, bool gates_hold) {
  if (!validation.failures().empty()) return 1;
  return gate_verdict(validation).empty() || !gates_hold ? 0 : 1;
}

}  // namespace

int run_validate(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  add_store_option(options);
  add_jobs_option(options);
  options.add_options()("repeat",
                        "Live runs of each policy, in turns; from 2 on they give the noise floor "
                        "(default: 2, emulated: 1)",
                        cxxopts::value<unsigned>(), "N")("components", "Add both sides of where the time goes")(
      "profile", "Measure the profiles of this machine first, for a scenario that emulates nothing")(
      "gate", "End with 1 beyond the scenario's gates, as without this, and with 2 where it states none")(
      "no-gates", "End with 0 even beyond the scenario's gates")("json", "Print JSON in place of the tables");
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
  check_gates(*arguments, planned.scenario);
  const unsigned repeats = chosen_repeats(*arguments, planned.scenario);
  simulate_into_store(planned, place.store, place.batch, jobs);
  const int code = run_live(program, planned, place, repeats);
  if (code == 2 && !any_rows_of(place)) return code;  // bad input, which twinfer-node has named

  const Validation validation = validate_batch(planned, place);
  if ((*arguments)["json"].as<bool>())
    fmt::print("{}", validation_json(validation, place));
  else
    fmt::print("{}", validation_text(planned, validation, place, (*arguments)["components"].as<bool>()));
  std::fflush(stdout);
  if (code != 0) return code == 2 ? 2 : 1;
  return verdict(validation, !(*arguments)["no-gates"].as<bool>());
}

}  // namespace twinfer
