// twinfer compare: every policy of a scenario, simulated, in one table.
#include "cli/command_line.h"
#include "cli/output.h"
#include "cli/planned_scenario.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{"twinfer compare",
                        "Simulates every policy of a scenario and marks the best values.",
                        {{"scenario"}},
                        {"twinfer compare scenarios/quickstart.yaml"}};

}  // namespace

int run_compare(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  add_store_option(options);
  add_jobs_option(options);
  options.add_options()("json", "Print JSON in place of the table");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  return simulate_and_print(*arguments, /*mark_best=*/true);
}

}  // namespace twinfer
