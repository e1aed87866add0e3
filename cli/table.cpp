// twinfer table: the runs of a store, arranged by their axes.
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "cli/axis_filter.h"
#include "cli/command_line.h"
#include "cli/pivot_text.h"
#include "report/pivot.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer table",
    "Arranges the runs of a store: means with 95 % confidence intervals over replications.",
    {{"store"}},
    {"twinfer table sweep.sqlite --rows policy --cols links.uplink.bandwidth_mbps --value p95_latency_ms",
     "twinfer table sweep.sqlite --rows policy --value p50_latency_ms,throughput_hz --where "
     "links.uplink.bandwidth_mbps=100 --versus policy=nsc",
     "twinfer table sweep.sqlite --rows policy,model --value accuracy_percent --format latex"}};

std::vector<std::string> listed(const cxxopts::ParseResult& arguments, const std::string& name) {
  return arguments.count(name) == 0 ? std::vector<std::string>{} : split(arguments[name].as<std::string>(), ',');
}

Observations chosen_observations(const cxxopts::ParseResult& arguments) {
  Observations observations =
      load_observations(arguments["store"].as<std::string>(), arguments["sweep"].as<std::string>());
  for (const auto& [axis, values] : chosen_filters(arguments))
    observations = where(std::move(observations), axis, values);
  return observations;
}

std::string formatted(const Table& table, const std::string& format) {
  if (format == "markdown") return table.markdown();
  return format == "latex" ? table.latex() : table.text();
}

std::string as_text(const Pivot& table, const std::optional<Differences>& differences, const std::string& baseline,
                    const std::string& note, const std::string& format) {
  std::string text = formatted(pivot_table(table), format);
  if (!note.empty()) text += (format == "latex" ? "% " : "\n") + note + "\n";
  if (!differences) return text;
  text += fmt::format(
      "\n{}Difference to {} on the same seeds; p of Wilcoxon's signed-rank test, after Holm's correction within a "
      "column.\n\n",
      format == "latex" ? "% " : "", baseline);
  return text + formatted(difference_table(table, *differences), format);
}

}  // namespace

int run_table(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  options.add_options()("rows", "Axes whose values go down", cxxopts::value<std::string>(), "AXIS,...")(
      "cols", "Axes whose values go across", cxxopts::value<std::string>(), "AXIS,...")(
      "value", "Measures, in the unit that the name ends in", cxxopts::value<std::string>(), "MEASURE,...")(
      "where", "Only runs whose axis has one of these values (repeat for more axes)",
      cxxopts::value<std::vector<std::string>>(),
      "AXIS=VALUE|...")("versus", "Add how the rows differ from this value of an axis, on the same seeds",
                        cxxopts::value<std::string>(), "AXIS=VALUE")(
      "sweep", "Which sweep, where the store has several", cxxopts::value<std::string>()->default_value(""), "NAME")(
      "format", "text, markdown, latex, csv or json", cxxopts::value<std::string>()->default_value("text"), "FORMAT")(
      "json", "The same as --format json");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  const std::string format = (*arguments)["json"].as<bool>() ? "json" : (*arguments)["format"].as<std::string>();
  if (format != "text" && format != "markdown" && format != "latex" && format != "csv" && format != "json")
    throw UsageError("--format `" + format + "`: must be text, markdown, latex, csv or json");
  for (const char* needed : {"rows", "value"})
    if (listed(*arguments, needed).empty())
      throw UsageError(std::string("missing --") + needed + "; see `twinfer table --help`");

  const Observations observations = chosen_observations(*arguments);
  const Pivot table =
      pivot(observations, listed(*arguments, "rows"), listed(*arguments, "cols"), listed(*arguments, "value"));
  std::optional<Differences> differences;
  std::string baseline;
  if (arguments->count("versus") > 0) {
    baseline = (*arguments)["versus"].as<std::string>();
    const auto [axis, value] = assignment("versus", baseline);
    differences = paired_differences(observations, table, axis, value);
  }
  if (format == "csv")
    fmt::print("{}", pivot_csv(table, differences));
  else if (format == "json")
    fmt::print("{}", pivot_json(table, differences));
  else
    fmt::print("{}", as_text(table, differences, baseline, pivot_note(table, observations), format));
  std::fflush(stdout);
  return 0;
}

}  // namespace twinfer
