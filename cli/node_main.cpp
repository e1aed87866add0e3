// twinfer-node: runs networks. `twinfer` hands over to it.
#include <csignal>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <malloc.h>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "report/machine.h"

namespace twinfer {
namespace {

struct Command {
  const char* name;
  const char* summary;
  const char* example;
  int (*run)(int argc, char** argv);
};

const std::vector<Command>& commands() {
  static const std::vector<Command> kCommands{
      {"worker", "Serve stages to a live run", "twinfer-node worker --listen 127.0.0.1:9000", run_worker},
      {"live", "Run a resolved scenario over TCP", "twinfer-node live resolved.yaml --policy lbc", run_live_command},
      {"profile", "Measure a network's layers", "twinfer-node profile digits --device localhost", run_profile},
      {"calibrate", "Measure a fleet for `twinfer calibrate`", "twinfer-node calibrate task.json --out measured.json",
       run_node_calibrate},
      {"model", "List, show, import and train networks", "twinfer-node model show digits", run_model},
  };
  return kCommands;
}

std::string help_text() {
  std::string text =
      "Serve, run, measure and train networks.\n\nUsage:\n  twinfer-node COMMAND [OPTION...]\n\nCommands:\n";
  for (const Command& command : commands())
    text += fmt::format("  {:<10}{:<40}{}\n", command.name, command.summary, command.example);
  return text + "\nEach command has its own --help. Exit codes: 0 success, 1 a run failed, 2 bad input.\n";
}

// Tensors of the next run take the pages of the last one's. Given back and fetched anew, they cost page faults, in some
// runs and layers and not in others. One arena for all threads, because those of threads are made of pieces of 64 MB
// that malloc gives back whole, whatever the threshold: a half of ResNet-50 on a worker's thread took 4,000 to 7,000
// faults a run, and 60 ms in place of 47 to 53. Each stage has one thread that allocates, so that they do not wait for
// one another.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that a 64-bit malloc takes; a smaller one keeps its own
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_ARENA_MAX, 1);
#endif
}

int run(int argc, char** argv) {
  keep_freed_memory();
  std::signal(SIGPIPE, SIG_IGN);  // a peer that left is an error of one write
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") {
    fmt::print("{}", help_text());
    return 0;
  }
  if (name == "--version") {
    fmt::print("twinfer-node {} ({})\n", build_version(), build_commit());
    return 0;
  }
  for (const Command& command : commands())
    if (name == command.name) return command.run(argc - 1, argv + 1);
  throw UsageError(name.empty() ? "missing COMMAND; see `twinfer-node --help`"
                                : "unknown command `" + name + "`; see `twinfer-node --help`");
}

}  // namespace
}  // namespace twinfer

int main(int argc, char** argv) {
  return twinfer::main_guard("twinfer-node", [&] { return twinfer::run(argc, argv); });
}
