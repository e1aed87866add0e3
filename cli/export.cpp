// twinfer export: the result store as CSV files.
#include <optional>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/planned_scenario.h"
#include "report/csv_export.h"
#include "report/result_store.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{"twinfer export",
                        "Writes the runs, requests, stages and measures of a result store as CSV files.",
                        {},
                        {"twinfer export --csv results-csv", "twinfer export --store runs.sqlite --csv out --run 3"}};

}  // namespace

int run_export(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_store_option(options, "Result store to read");
  options.add_options()("csv", "Folder for runs.csv, requests.csv, stages.csv and measures.csv",
                        cxxopts::value<std::string>(),
                        "DIR")("run", "Only this run", cxxopts::value<std::int64_t>(), "ID");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  if (arguments->count("csv") == 0) throw UsageError("missing --csv DIR; see `twinfer export --help`");

  const std::filesystem::path folder = (*arguments)["csv"].as<std::string>();
  std::optional<std::int64_t> run;
  if (arguments->count("run") > 0) run = (*arguments)["run"].as<std::int64_t>();
  export_csv(ResultStore(chosen_store(*arguments), StoreAccess::kRead), folder, run);
  for (const char* file : {"runs.csv", "requests.csv", "stages.csv", "measures.csv"})
    fmt::print("{}\n", (folder / file).string());
  return 0;
}

}  // namespace twinfer
