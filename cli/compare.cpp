// twinfer compare: every policy of a scenario, simulated, in one table.
#include <cstdio>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/output.h"
#include "cli/planned_scenario.h"
#include "cli/replicated_comparison.h"
#include "cli/simulate_into_store.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{"twinfer compare",
                        "Simulates every policy of a scenario and marks the best values.",
                        {{"scenario"}},
                        {"twinfer compare scenarios/quickstart.yaml",
                         "twinfer compare scenarios/policies.yaml -p nsc -p das --replications 10"}};

int compare_over_seeds(const cxxopts::ParseResult& arguments, std::uint64_t replications) {
  const Place place{chosen_store(arguments), new_batch()};
  const std::vector<SweptRun> runs = compare_replicated(
      {arguments["scenario"].as<std::string>(), chosen_policies(arguments), replications, chosen_jobs(arguments)},
      place);
  if (arguments["json"].as<bool>())
    fmt::print("{}", replicated_json(runs, place));
  else
    fmt::print("{}{}", replicated_text(runs), place_line(place));
  std::fflush(stdout);
  std::size_t failed = 0;
  for (const SweptRun& run : runs) {
    if (run.info.status == "complete") continue;
    if (++failed == 1) fmt::print(stderr, "twinfer: {}: {}\n", run.info.policy, run.info.error);
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace

int run_compare(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  add_store_option(options);
  add_jobs_option(options);
  options.add_options()("replications", "Seeds for each policy; from 2 on, means with intervals",
                        cxxopts::value<std::uint64_t>()->default_value("1"),
                        "N")("json", "Print JSON in place of the table");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  const auto replications = (*arguments)["replications"].as<std::uint64_t>();
  constexpr std::uint64_t kMostReplications = 100'000;
  if (replications < 1 || replications > kMostReplications)
    throw UsageError(fmt::format("--replications `{}`: must be from 1 to {}", replications, kMostReplications));
  return replications == 1 ? simulate_and_print(*arguments, /*mark_best=*/true)
                           : compare_over_seeds(*arguments, replications);
}

}  // namespace twinfer
