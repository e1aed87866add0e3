// twinfer: what a person types.
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/node_program.h"
#include "report/machine.h"
#include "report/table.h"

namespace twinfer {
namespace {

using Run = int (*)(int argc, char** argv);

struct Command {
  const char* name;
  const char* summary;
  Run run;
};

int hand_over(int argc, char** argv) { become_node_program(argc, argv); }

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands{
      {"plan", "Decide which layers run where, and say why", run_plan},
      {"sim", "Simulate a scenario", run_sim},
      {"compare", "Simulate all policies and mark the best", run_compare},
      {"sweep", "Simulate or run a scenario over axes of its fields", run_sweep},
      {"table", "Arrange stored runs by their axes, with confidence intervals", run_table},
      {"report", "Write stored runs as one page: tables, charts, plans, timelines", run_report},
      {"platform", "Show the devices, links and routes of a platform file", run_platform},
      {"exits", "Weigh exit thresholds on a recorded trace, or find the best", run_exits},
      {"live", "Run a scenario over TCP with the real network", run_live_handover},
      {"validate", "Simulate and run live, and print the simulator's error", run_validate},
      {"twin", "Run live with a simulator beside it that predicts, warns and acts", run_twin},
      {"calibrate", "Measure a fleet, and write the platform and profiles that it makes", run_calibrate},
      {"export", "Write stored results as CSV", run_export},
      {"store", "List or merge result stores", run_store},
      {"worker", "Serve stages to a live run", hand_over},
      {"profile", "Measure a network's layers on this machine", hand_over},
      {"model", "List, show, import and train networks", hand_over},
  };
  return kCommands;
}

std::string help_text() {
  Table table({{"  Command", true}, {"", true}});
  for (const Command& command : commands()) table.add_row({fmt::format("  {}", command.name), command.summary});
  return "Plan, simulate and run split and early-exit neural networks from one scenario.\n\n"
         "Usage:\n  twinfer COMMAND [OPTION...]\n\n" +
         table.text() +
         "\nEach command has its own --help. Exit codes: 0 success, 1 a gate or run failed, 2 bad input.\n"
         "\nExample:\n  twinfer validate scenarios/quickstart.yaml\n";
}

int run(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") {
    fmt::print("{}", help_text());
    return 0;
  }
  if (name == "--version") {
    fmt::print("twinfer {} ({})\n", build_version(), build_commit());
    return 0;
  }
  for (const Command& command : commands())
    if (name == command.name) return command.run(argc - 1, argv + 1);
  throw UsageError(name.empty() ? "missing COMMAND; see `twinfer --help`"
                                : "unknown command `" + name + "`; see `twinfer --help`");
}

}  // namespace
}  // namespace twinfer

int main(int argc, char** argv) {
  return twinfer::main_guard("twinfer", [&] { return twinfer::run(argc, argv); });
}
