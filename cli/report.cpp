// twinfer report: the runs of a store as one page to hand on.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/report_plans.h"
#include "core/whole_file.h"
#include "report/page.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer report",
    "Writes the runs of a store as one HTML page that needs no network: tables, charts, plans, timelines.",
    {{"store"}},
    {"twinfer report sweep.sqlite --out report.html",
     "twinfer report runs.sqlite --out report.html --sweep bandwidth"}};

}  // namespace

int run_report(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  options.add_options()("out", "The page to write", cxxopts::value<std::string>(), "FILE")(
      "sweep", "Only this sweep", cxxopts::value<std::string>()->default_value(""), "NAME")(
      "batch", "Only the runs of this command", cxxopts::value<std::string>()->default_value(""), "ID");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  if (arguments->count("out") == 0) throw UsageError("missing --out FILE; see `twinfer report --help`");
  const PageScope scope{(*arguments)["sweep"].as<std::string>(), (*arguments)["batch"].as<std::string>()};
  if (!scope.sweep.empty() && !scope.batch.empty()) throw UsageError("--sweep and --batch: choose one of them");

  const std::filesystem::path file = (*arguments)["out"].as<std::string>();
  const std::filesystem::path store = (*arguments)["store"].as<std::string>();
  std::error_code missing;
  if (std::filesystem::equivalent(store, file, missing))
    throw UsageError("--out `" + file.string() + "`: is the store");
  const PageRuns runs = runs_on_page(store, scope);
  write_whole_file(file, page_html(page_data(runs, drawn_plans(plans_of(runs)))));
  fmt::print("{}: {} runs, {} kB\n", file.string(), runs.runs.size(), (std::filesystem::file_size(file) + 999) / 1000);
  return 0;
}

}  // namespace twinfer
