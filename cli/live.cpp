// twinfer live: the scenario resolved here, with SimGrid's reading of the
// platform, and run by twinfer-node.
#include "cli/command_line.h"
#include "cli/node_program.h"
#include "cli/output.h"
#include "cli/planned_scenario.h"
#include "cli/run_live_side.h"
#include "cli/simulate_into_store.h"
#include "report/result_store.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{"twinfer live",
                        "Runs every policy of a scenario over TCP, with the real network, and stores the rows.",
                        {{"scenario"}},
                        {"twinfer live scenarios/localhost.yaml", "twinfer live scenarios/quickstart.yaml -p lbc"}};

}  // namespace

int run_live_handover(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  add_store_option(options);
  add_trace_option(options);
  add_on_bandwidth_option(options);
  options.add_options()("json", "Print JSON in place of the table");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;

  const Place place{chosen_store(*arguments), new_batch()};
  const std::filesystem::path program = find_node_program();
  const PlannedScenario planned((*arguments)["scenario"].as<std::string>(), chosen_policies(*arguments));
  { const ResultStore writable(place.store); }
  const int code =
      run_live_side(program, planned.scenario, place.store, place.batch, chosen_on_bandwidth(*arguments)).code;
  const std::vector<StoredRun> runs = stored_runs(place.store, place.batch, Mode::kLive);
  if (code != 0 && !any_rows(runs)) return code;

  print_runs(planned, runs, place, *arguments, /*mark_best=*/false);
  return code;  // twinfer-node has named the runs that failed
}

}  // namespace twinfer
