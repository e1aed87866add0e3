// twinfer sim: plays every policy's plan on SimGrid.
#include "cli/command_line.h"
#include "cli/output.h"
#include "cli/planned_scenario.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{"twinfer sim",
                        "Simulates every policy of a scenario and stores the rows.",
                        {{"scenario"}},
                        {"twinfer sim scenarios/quickstart.yaml",
                         "twinfer sim scenarios/quickstart.yaml -p neurosurgeon -p lbc --trace trace.json"}};

}  // namespace

int run_sim(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  add_store_option(options);
  add_jobs_option(options);
  add_trace_option(options);
  options.add_options()("json", "Print JSON in place of the table");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  return simulate_and_print(*arguments, /*mark_best=*/false);
}

}  // namespace twinfer
