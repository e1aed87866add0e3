// twinfer validate: the same requests simulated and run live, and how far the
// simulator is off.
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "cli/axis_filter.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/grid_report.h"
#include "cli/grid_summary.h"
#include "cli/load_curve.h"
#include "cli/measure_profiles.h"
#include "cli/node_program.h"
#include "cli/output.h"
#include "cli/planned_scenario.h"
#include "cli/refit_question.h"
#include "cli/rehearsal.h"
#include "cli/run_description.h"
#include "cli/run_live_side.h"
#include "cli/simulate_into_store.h"
#include "cli/validation_grid.h"
#include "cli/validation_json.h"
#include "cli/validation_report.h"
#include "core/error.h"
#include "report/fidelity_gates.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer validate",
    "Simulates every policy, runs it live on the same requests, and prints the error. SCENARIO may be a sweep, of "
    "which every run is validated.",
    {{"scenario"}},
    {"twinfer validate scenarios/quickstart.yaml", "twinfer validate scenarios/localhost.yaml --profile --components",
     "twinfer validate scenarios/quickstart.yaml --loads 0.25,0.5,0.7,0.85,0.95 --json",
     "twinfer validate scenarios/localhost.yaml --refit local --repeat 2",
     "twinfer validate scenarios/localhost.yaml --rehearse 10",
     "twinfer validate scenarios/sweeps/split-emulated.yaml --store grid.sqlite --repeat 2"}};

unsigned asked_repeats(const cxxopts::ParseResult& arguments) {
  const auto repeats = arguments["repeat"].as<unsigned>();
  if (repeats < 1 || repeats > kMostRepeats)
    throw UsageError(fmt::format("--repeat `{}`: must be from 1 to {}", repeats, kMostRepeats));
  return repeats;
}

std::size_t chosen_repeats(const cxxopts::ParseResult& arguments, const Scenario& scenario) {
  if (arguments.count("repeat") > 0) return asked_repeats(arguments);
  return usual_repeats(scenario);
}

// Every policy, then every policy again: what drifts on the machine meets them all alike.
int run_live(const std::filesystem::path& program, const PlannedScenario& planned, const Place& place,
             std::size_t repeats, const std::optional<std::string>& on_bandwidth) {
  int code = 0;
  for (std::size_t round = 0; round < repeats && code == 0; ++round)
    code = run_live_side(program, planned.scenario, place.store, place.batch, on_bandwidth).code;
  return code;
}

std::optional<Seconds> chosen_rehearsal(const cxxopts::ParseResult& arguments) {
  if (arguments.count("rehearse") == 0) return std::nullopt;
  const auto length_s = arguments["rehearse"].as<double>();
  if (!(length_s > 0) || !std::isfinite(length_s))
    throw UsageError(fmt::format("--rehearse `{}`: must be seconds above 0", length_s));
  return Seconds(length_s);
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

void print_grid(const Validation& validation, const Place& place, bool as_json) {
  fmt::print("{}", as_json ? validation_json(validation, place) : grid_text(validation, place));
  std::fflush(stdout);
}

void refuse(const cxxopts::ParseResult& arguments, const std::vector<std::string>& options, const std::string& why) {
  for (const std::string& option : options)
    if (arguments.count(option) > 0) throw UsageError("--" + option + ": " + why);
}

GridOptions grid_options(const cxxopts::ParseResult& arguments) {
  GridOptions options;
  options.jobs = chosen_jobs(arguments);
  options.retry_failed = arguments.count("retry-failed") > 0;
  options.where = chosen_filters(arguments);
  if (arguments.count("repeat") > 0) options.repeats = asked_repeats(arguments);
  options.rehearse = chosen_rehearsal(arguments);
  return options;
}

int validate_grid(const cxxopts::ParseResult& arguments, const std::filesystem::path& file) {
  refuse(arguments, {"policy", "profile", "components", "loads", "gate", "on-bandwidth", "refit"},
         "is for a scenario, and this is a sweep");
  const Place place{chosen_store(arguments), new_batch()};
  ValidationGrid grid(load_grid(file), place, grid_options(arguments));
  if (arguments.count("no-run") == 0) grid.make_missing(find_node_program());
  const Validation validation = grid.validation();
  print_grid(validation, place, arguments["json"].as<bool>());
  return verdict(validation, arguments.count("no-gates") == 0);
}

std::vector<std::string> chosen_loads(const cxxopts::ParseResult& arguments) {
  const std::string text = arguments["loads"].as<std::string>();
  std::vector<std::string> loads;
  for (const std::string& load : split(text, ',')) {
    std::size_t end = 0;
    double value = 0;
    try {
      value = std::stod(load, &end);
    } catch (const std::exception&) {  // no number: refused below
    }
    if (!(value > 0) || end != load.size())
      throw UsageError("--loads `" + text + "`: must be shares of the capacity above 0, as 0.25,0.5");
    loads.push_back(load);
  }
  return loads;
}

int validate_loads(const cxxopts::ParseResult& arguments, const std::filesystem::path& file) {
  refuse(arguments, {"profile", "components", "no-run", "retry-failed", "where", "on-bandwidth", "refit"},
         "not with --loads");
  const Place place{chosen_store(arguments), new_batch()};
  const std::vector<std::string> loads = chosen_loads(arguments);
  GridOptions options = grid_options(arguments);
  ValidationGrid grid(load_curve(file, chosen_policies(arguments), loads, place.batch), place, options);
  grid.make_missing(find_node_program());
  Validation validation = grid.validation();
  name_by_load(validation);
  print_grid(validation, place, arguments["json"].as<bool>());
  return verdict(validation, arguments.count("no-gates") == 0);
}

void print_validation(const PlannedScenario& planned, const Validation& validation, const Place& place,
                      const cxxopts::ParseResult& arguments) {
  if (arguments["json"].as<bool>())
    fmt::print("{}", validation_json(validation, place));
  else
    fmt::print("{}", validation_text(planned, validation, place, arguments["components"].as<bool>()));
  std::fflush(stdout);
}

// The twin is refitted to the first live run of one policy, and predicts those of the others.
int validate_refitted(const cxxopts::ParseResult& arguments, const std::filesystem::path& file) {
  refuse(arguments, {"profile", "no-run", "retry-failed", "where", "rehearse"}, "not with --refit");
  const unsigned jobs = chosen_jobs(arguments);
  const Place place{chosen_store(arguments), new_batch()};
  const std::filesystem::path program = find_node_program();
  const PlannedScenario planned(file, chosen_policies(arguments));
  const RefitQuestion question(planned, arguments["refit"].as<std::string>());
  check_gates(arguments, planned.scenario);
  const std::size_t repeats = chosen_repeats(arguments, planned.scenario);
  const int code = run_live(program, planned, place, repeats, chosen_on_bandwidth(arguments));
  if (code == 2 && !any_rows_of(place)) return code;  // bad input, which twinfer-node has named
  const PlannedScenario refitted = question.refitted(stored_runs(place.store, place.batch, Mode::kLive));
  simulate_into_store(refitted, place.store, place.batch, jobs, draws_of(refitted.scenario));
  const Validation validation = validate_batch(refitted, place);
  print_validation(refitted, validation, place, arguments);
  if (code != 0) return code == 2 ? 2 : 1;
  return verdict(validation, arguments.count("no-gates") == 0);
}

// If asked for. The exit code.
int take_profiles(const cxxopts::ParseResult& arguments, const std::filesystem::path& program,
                  const std::filesystem::path& file) {
  if (!arguments["profile"].as<bool>()) return 0;
  return measure_profiles(program, PlannedScenario(file, chosen_policies(arguments)).scenario);
}

std::string rehearsal_batch(const Place& place, std::size_t round) {
  return fmt::format("{}-rehearsal-{}", place.batch, round + 1);
}

// As many rehearsals of all policies as there will be rounds of live runs. The exit code if there is no going on.
int rehearse(const std::filesystem::path& program, const PlannedScenario& planned, const Place& place,
             std::size_t repeats, Seconds length) {
  const std::uint64_t requests = requests_to_rehearse(planned.scenario, planned.plans, length);
  for (std::size_t round = 0; round < repeats; ++round) {
    const std::string batch = rehearsal_batch(place, round);
    const ProgramEnd ended =
        run_live_side(program, with_traffic(planned.scenario, round, requests), place.store, batch);
    if (ended.interrupted) return 1;
    if (ended.code == 2 && !any_rows(stored_runs(place.store, batch, Mode::kLive))) return 2;
  }
  return 0;
}

std::vector<Rehearsed> rehearsals_of(const PlannedScenario& planned, const Plan& plan, const Place& place,
                                     std::size_t repeats) {
  std::vector<Rehearsed> rehearsals;
  for (std::size_t round = 0; round < repeats; ++round) {
    const std::vector<StoredRun> runs = stored_runs(place.store, rehearsal_batch(place, round), Mode::kLive);
    for (Rehearsed& rehearsal : rehearsed_by(planned.scenario, plan, runs, round))
      rehearsals.push_back(std::move(rehearsal));
  }
  return rehearsals;
}

// By what the plan's rehearsals told. Where they tell nothing, the simulation is stored as failed.
void simulate_rehearsed(const PlannedScenario& planned, const Plan& plan, const Place& place, std::size_t repeats,
                        unsigned jobs) {
  try {
    const PlannedScenario twin(refitted(planned.scenario, plan, rehearsals_of(planned, plan, place, repeats)), {plan});
    simulate_into_store(twin, place.store, place.batch, jobs, draws_of(planned.scenario));
  } catch (const std::exception& error) {
    ResultStore store(place.store);
    store.end_run(store.begin_run(describe_run(planned.scenario, plan, Mode::kSim, place.batch)), "failed",
                  error.what());
  }
}

// Every policy's plan is predicted by its own rehearsals.
int validate_rehearsed(const cxxopts::ParseResult& arguments, const std::filesystem::path& file) {
  refuse(arguments, {"no-run", "retry-failed", "where", "on-bandwidth"}, "not with --rehearse");
  const unsigned jobs = chosen_jobs(arguments);
  const Seconds length = *chosen_rehearsal(arguments);
  const Place place{chosen_store(arguments), new_batch()};
  const std::filesystem::path program = find_node_program();
  if (const int failed = take_profiles(arguments, program, file)) return failed;
  const PlannedScenario planned(file, chosen_policies(arguments));
  check_rehearsable(planned.scenario);
  check_gates(arguments, planned.scenario);
  const std::size_t repeats = chosen_repeats(arguments, planned.scenario);
  if (const int ended = rehearse(program, planned, place, repeats, length)) return ended;
  const int code = run_live(program, planned, place, repeats, {});
  if (code == 2 && !any_rows_of(place)) return code;  // bad input, which twinfer-node has named
  for (const Plan& plan : planned.plans) simulate_rehearsed(planned, plan, place, repeats, jobs);
  const Validation validation = validate_batch(planned, place);
  print_validation(planned, validation, place, arguments);
  if (code != 0) return code == 2 ? 2 : 1;
  return verdict(validation, arguments.count("no-gates") == 0);
}

int validate_scenario(const cxxopts::ParseResult& arguments, const std::filesystem::path& file) {
  refuse(arguments, {"no-run", "retry-failed", "where"}, "is for a sweep, and this is a scenario");
  const unsigned jobs = chosen_jobs(arguments);
  const Place place{chosen_store(arguments), new_batch()};
  const std::filesystem::path program = find_node_program();
  if (const int failed = take_profiles(arguments, program, file)) return failed;
  const PlannedScenario planned(file, chosen_policies(arguments));
  check_gates(arguments, planned.scenario);
  const std::size_t repeats = chosen_repeats(arguments, planned.scenario);
  simulate_into_store(planned, place.store, place.batch, jobs, draws_of(planned.scenario));
  const int code = run_live(program, planned, place, repeats, chosen_on_bandwidth(arguments));
  if (code == 2 && !any_rows_of(place)) return code;  // bad input, which twinfer-node has named

  const Validation validation = validate_batch(planned, place);
  print_validation(planned, validation, place, arguments);
  if (code != 0) return code == 2 ? 2 : 1;
  return verdict(validation, arguments.count("no-gates") == 0);
}

}  // namespace

int run_validate(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  add_store_option(options);
  add_jobs_option(options);
  add_on_bandwidth_option(options);
  options.add_options()("repeat",
                        "Live runs of each policy, in turns; from 2 on they give the noise floor "
                        "(default: 2, emulated: 1)",
                        cxxopts::value<unsigned>(), "N")(
      "loads", "Error against load: arrivals at these shares of what each policy's plan sustains",
      cxxopts::value<std::string>(), "L,...")("components", "Add both sides of where the time goes")(
      "profile", "Measure the profiles of this machine first, for a scenario that emulates nothing")(
      "refit", "Refit the twin to the live run of this policy, and predict those of the others",
      cxxopts::value<std::string>(),
      "POLICY")("rehearse",
                "Before the live runs rehearse every plan as often, each time for about so long, on other traffic, and "
                "predict by a twin refitted to that",
                cxxopts::value<double>(), "SECONDS")(
      "gate", "End with 1 beyond the scenario's gates, as without this, and with 2 where it states none")(
      "no-gates", "End with 0 even beyond the scenario's gates")(
      "where", "Of a sweep only pairs with one of the values (repeat for more axes)",
      cxxopts::value<std::vector<std::string>>(),
      "AXIS=VALUE|...")("retry-failed", "Make the runs of a sweep again that failed")(
      "no-run", "Report on what the store has of a sweep")("json", "Print JSON in place of the tables");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  const std::filesystem::path file = (*arguments)["scenario"].as<std::string>();
  if (arguments->count("loads") > 0) return validate_loads(*arguments, file);
  if (is_sweep(file)) return validate_grid(*arguments, file);
  if (arguments->count("refit") > 0) return validate_refitted(*arguments, file);
  return arguments->count("rehearse") > 0 ? validate_rehearsed(*arguments, file) : validate_scenario(*arguments, file);
}

}  // namespace twinfer
