#include "cli/grid_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cli/grid_summary.h"
#include "cli/validation_tables.h"
#include "report/summary.h"
#include "report/table.h"

namespace twinfer {
namespace {

std::string percent(const std::optional<double>& share, int decimals = 1) {
  return format_number(share ? std::optional(*share * 100) : std::nullopt, decimals);
}

std::string overall_table(const Validation& validation) {
  Table table({{"over all pairs", true},
               {"pairs"},
               {"median err %"},
               {"largest err %"},
               {"median noise %"},
               {"err / noise"},
               {"limit %"},
               {"within"}});
  for (const OverallError& overall : overall_errors(validation))
    table.add_row({kValidated.at(overall.measure).words, std::to_string(overall.known), percent(overall.median, 2),
                   percent(overall.largest), percent(overall.median_noise, 2), format_number(overall.in_noise(), 2),
                   percent(overall.limit),
                   overall.limit ? fmt::format("{} of {}", overall.within, overall.known) : "-"});
  return table.text();
}

std::string rankings_table(const Validation& validation) {
  const std::vector<DecisionsOverall> decisions = decisions_overall(validation);
  if (decisions.empty()) return "";
  Table table(
      {{"policies ranked by", true}, {"scenarios"}, {"tau"}, {"same order"}, {"mean regret %"}, {"worst regret %"}});
  for (const DecisionsOverall& all : decisions)
    table.add_row({kValidated.at(all.measure).words, std::to_string(all.scenarios), format_number(all.tau(), 3),
                   fmt::format("{} of {}", all.pairs.concordant, all.pairs.pairs), percent(all.mean_regret, 2),
                   percent(all.worst_regret)});
  return "\n" + table.text();
}

// Axes that vary, by their place.
std::vector<std::size_t> varying_axes(const Validation& validation) {
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < validation.axes.size(); ++axis) {
    std::set<std::string> values;
    for (const ValidatedScenario& scenario : validation.scenarios) values.insert(scenario.point[axis]);
    if (values.size() > 1) axes.push_back(axis);
  }
  return axes;
}

std::vector<std::string> pair_cells(const ValidatedPair& pair) {
  if (!pair.fidelity) return {"-", "-", "-", "-", "-", "failed"};
  const Fidelity& found = *pair.fidelity;
  const MeasureError& p50 = found.of("p50_latency_s");
  const bool outside = !pair.beyond.empty() || !pair.failures.empty();
  const auto error = [](const MeasureError& of) {
    return format_signed(of.error ? std::optional(*of.error * 100) : std::nullopt, 1);
  };
  return {format_number(p50.live ? std::optional(*p50.live * 1e3) : std::nullopt, 2),
          error(p50),
          percent(p50.noise),
          error(found.of("p95_latency_s")),
          error(found.of("throughput_hz")),
          found.other_exits > 0 ? "other exits"
          : outside             ? "outside"
                                : ""};
}

std::string pairs_table(const Validation& validation) {
  const std::vector<std::size_t> axes = varying_axes(validation);
  std::vector<TableColumn> columns;
  for (const std::size_t axis : axes)
    columns.push_back({validation.axes[axis].substr(validation.axes[axis].rfind('.') + 1), true});
  for (const TableColumn& column : std::vector<TableColumn>{
           {"policy", true}, {"live P50 (ms)"}, {"P50 err %"}, {"noise %"}, {"P95 err %"}, {"rate err %"}, {"", true}})
    columns.push_back(column);
  Table table(columns);
  for (const ValidatedPair& pair : validation.pairs) {
    std::vector<std::string> cells;
    for (const std::size_t axis : axes) cells.push_back(shown_value(validation.scenarios[pair.scenario].point[axis]));
    cells.push_back(pair.policy);
    for (std::string& cell : pair_cells(pair)) cells.push_back(std::move(cell));
    table.add_row(std::move(cells));
  }
  return table.text();
}

// Median size of the error by policy and load; nothing where no error is known.
std::string load_table(const Validation& validation, std::size_t measure) {
  std::map<double, std::map<std::string, std::vector<double>>> errors;  // by load and policy
  std::vector<std::string> policies;
  for (const ValidatedPair& pair : validation.pairs) {
    if (!pair.load || !pair.fidelity) continue;
    if (std::ranges::find(policies, pair.policy) == policies.end()) policies.push_back(pair.policy);
    std::vector<double>& here = errors[*pair.load][pair.policy];
    if (const auto& error = pair.fidelity->measures[measure].error) here.push_back(std::abs(*error) * 100);
  }
  if (errors.size() < 2) return "";
  std::vector<TableColumn> columns{{fmt::format("{} err % (size)", kValidated.at(measure).words), true}};
  for (const auto& [load, by_policy] : errors) columns.push_back({fmt::format("{:g}", load * 100), false, "load (%)"});
  Table table(columns);
  for (const std::string& policy : policies) {
    std::vector<std::string> cells{policy};
    for (auto& [load, by_policy] : errors) {
      const std::vector<double>& sizes = by_policy[policy];
      cells.push_back(sizes.empty() ? "-" : format_number(quantile(sizes, 0.5), 1));
    }
    table.add_row(std::move(cells));
  }
  return "\n" + table.text();
}

std::string indented(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "  " + line + "\n";
  return text;
}

std::string outside_text(const Validation& validation) {
  const std::vector<std::string> beyond = validation.beyond();
  return beyond.empty() ? "" : "\nOutside the limits, and the component that is off by most:\n" + indented(beyond);
}

std::string exits_text(const Validation& validation) {
  std::uint64_t joined = 0;
  std::uint64_t other = 0;
  for (const ValidatedPair& pair : validation.pairs)
    if (pair.fidelity) joined += pair.fidelity->joined, other += pair.fidelity->other_exits;
  return fmt::format("Exits taken: {} of {} live requests took another one than simulated\n", other, joined);
}

std::string verdict_text(const Validation& validation) {
  const std::vector<std::string> failed = gate_verdict(validation);
  return failed.empty() ? "Gates: passed\n" : "Gates: FAILED\n" + indented(failed);
}

}  // namespace

std::string grid_text(const Validation& validation, const Place& place) {
  std::string text = fmt::format("{}: {} pairs in {} scenarios\n\n", validation.name, validation.pairs.size(),
                                 validation.scenarios.size());
  text += overall_table(validation) + rankings_table(validation) + "\n" + pairs_table(validation);
  constexpr std::array<std::size_t, 2> kOverLoad{1, 3};  // P50, P95
  for (const std::size_t measure : kOverLoad) text += load_table(validation, measure);
  text += outside_text(validation) + "\n";
  text += "err: simulated against the mean of the live runs; noise: how far the live runs are apart\n";
  if (lacks_requests(validation))
    text += "-: not known, or fewer than 10 requests beyond the percentile: " + requests_needed_text() + "\n";
  return text + exits_text(validation) + verdict_text(validation) + place_line(place);
}

}  // namespace twinfer
