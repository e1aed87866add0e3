#include "cli/validation_tables.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/percentile.h"
#include "report/summary.h"
#include "report/table.h"

namespace twinfer {
namespace {

// How a measure of kValidated is shown.
struct Shown {
  const char* heading;
  double scale;
  int decimals;
};

constexpr std::array<Shown, kValidated.size()> kShown{{{"mean (ms)", 1e3, 2},
                                                       {"P50 (ms)", 1e3, 2},
                                                       {"P90 (ms)", 1e3, 2},
                                                       {"P95 (ms)", 1e3, 2},
                                                       {"P99 (ms)", 1e3, 2},
                                                       {"throughput (1/s)", 1, 2},
                                                       {"in time (%)", 100, 1},
                                                       {"accuracy (%)", 100, 1},
                                                       {"early exits (%)", 100, 1},
                                                       {"sent (kB/request)", 1e-3, 2}}};

std::optional<double> scaled(std::optional<double> value, double factor) {
  return value ? std::optional(*value * factor) : std::nullopt;
}

std::vector<const ValidatedPair*> compared(const Validation& validation) {
  std::vector<const ValidatedPair*> pairs;
  for (const ValidatedPair& pair : validation.pairs)
    if (pair.fidelity) pairs.push_back(&pair);
  return pairs;
}

const char* first_heading(const Validation& validation) { return validation.axes.empty() ? "policy" : "pair"; }

std::string median_size(const std::vector<const ValidatedPair*>& pairs, std::size_t measure) {
  std::vector<double> sizes;
  for (const ValidatedPair* pair : pairs)
    if (const auto& error = pair->fidelity->measures[measure].error) sizes.push_back(std::abs(*error) * 100);
  return sizes.empty() ? "-" : format_number(quantile(sizes, 0.5), 1);
}

bool is_known(const std::vector<const ValidatedPair*>& pairs, std::size_t measure) {
  return std::ranges::any_of(pairs, [measure](const ValidatedPair* pair) {
    return pair->fidelity->measures[measure].simulated || pair->fidelity->measures[measure].live;
  });
}

std::string values_table(const Validation& validation, const std::vector<std::size_t>& measures) {
  const std::vector<const ValidatedPair*> pairs = compared(validation);
  std::vector<TableColumn> columns{{first_heading(validation), true}};
  for (const std::size_t m : measures)
    for (const char* heading : {"sim", "live", kValidated.at(m).is_share ? "diff" : "err %"})
      columns.push_back({heading, false, kShown.at(m).heading});
  Table table(columns);
  for (const ValidatedPair* pair : pairs) {
    std::vector<std::string> cells{validation.label(*pair)};
    for (const std::size_t m : measures) {
      const MeasureError& measure = pair->fidelity->measures[m];
      const Shown& shown = kShown.at(m);
      cells.push_back(format_number(scaled(measure.simulated, shown.scale), shown.decimals));
      cells.push_back(format_number(scaled(measure.live, shown.scale), shown.decimals));
      cells.push_back(format_signed(scaled(measure.error, 100), 1));
    }
    table.add_row(std::move(cells));
  }
  if (pairs.size() > 1) {
    std::vector<std::string> cells{"median size"};
    for (const std::size_t m : measures) cells.insert(cells.end(), {"", "", median_size(pairs, m)});
    table.add_row(std::move(cells));
  }
  return table.text();
}

// "-4.8 [-5.1, -4.5]"
std::string error_cell(const MeasureError& measure) {
  const std::string error = format_signed(scaled(measure.error, 100), 1);
  if (!measure.interval) return error;
  return fmt::format("{} [{}, {}]", error, format_signed(measure.interval->low * 100, 1),
                     format_signed(measure.interval->high * 100, 1));
}

bool has_noise(const std::vector<const ValidatedPair*>& pairs) {
  return std::ranges::any_of(
      pairs, [](const ValidatedPair* pair) { return pair->fidelity->of("mean_latency_s").noise.has_value(); });
}

}  // namespace

std::string values_tables(const Validation& validation) {
  std::string text;
  for (std::vector<std::size_t> measures :
       {std::vector<std::size_t>{0, 1, 2}, std::vector<std::size_t>{3, 4, 5}, std::vector<std::size_t>{6, 7, 8, 9}}) {
    std::erase_if(measures,
                  [&](std::size_t m) { return kValidated.at(m).is_share && !is_known(compared(validation), m); });
    text += (text.empty() ? "" : "\n") + values_table(validation, measures);
  }
  return text;
}

std::string noise_table(const Validation& validation) {
  const std::vector<const ValidatedPair*> pairs = compared(validation);
  const bool noisy = has_noise(pairs);
  std::vector<TableColumn> columns{{first_heading(validation), true}};
  const std::array<std::size_t, 3> measures{1, 3, 5};
  for (const std::size_t m : measures) {
    columns.push_back({"err % [95 %]", false, kValidated.at(m).words});
    if (!noisy) continue;
    columns.push_back({"noise %", false, kValidated.at(m).words});
    columns.push_back({"ratio", false, kValidated.at(m).words});
  }
  Table table(columns);
  for (const ValidatedPair* pair : pairs) {
    std::vector<std::string> cells{validation.label(*pair)};
    for (const std::size_t m : measures) {
      const MeasureError& measure = pair->fidelity->measures[m];
      cells.push_back(error_cell(measure));
      if (!noisy) continue;
      cells.push_back(format_number(scaled(measure.noise, 100), 1));
      cells.push_back(format_number(measure.in_noise(), 2));
    }
    table.add_row(std::move(cells));
  }
  return table.text();
}

std::string component_errors_table(const Validation& validation) {
  std::vector<TableColumn> columns{{first_heading(validation), true}};
  for (const auto& [name, member] : kComponents) columns.push_back({name, false, "simulated - measured (ms)"});
  columns.push_back({"latency", false, "simulated - measured (ms)"});
  Table table(columns);
  for (const ValidatedPair* pair : compared(validation)) {
    std::vector<std::string> cells{validation.label(*pair)};
    for (const ComponentDifference& part : pair->fidelity->mean.components)
      cells.push_back(format_signed((part.tested_s - part.reference_s) * 1e3, 3));
    cells.push_back(format_signed(pair->fidelity->mean.error_s() * 1e3, 3));
    table.add_row(std::move(cells));
  }
  return table.text();
}

std::string components_table(const Validation& validation) {
  Table table(
      {{first_heading(validation), true}, {"component", true}, {"sim (ms)"}, {"live (ms)"}, {"sim - live (ms)"}});
  for (const ValidatedPair* pair : compared(validation))
    for (const ComponentDifference& part : pair->fidelity->mean.components)
      table.add_row({validation.label(*pair), part.name, format_number(part.tested_s * 1e3, 3),
                     format_number(part.reference_s * 1e3, 3),
                     format_signed((part.tested_s - part.reference_s) * 1e3, 3)});
  return table.text();
}

std::string decisions_table(const Validation& validation) {
  const bool grid = !validation.axes.empty();
  std::vector<TableColumn> columns{
      {"ranked by", true}, {"tau"},     {"same order"}, {"ties within %"}, {"twin's choice", true},
      {"live best", true}, {"regret %"}};
  if (grid) columns.insert(columns.begin(), {"scenario", true});
  Table table(columns);
  for (const ValidatedScenario& scenario : validation.scenarios)
    for (const Decision& decision : scenario.decisions) {
      std::vector<std::string> cells{kValidated.at(decision.measure).words,
                                     format_number(decision.tau(), 2),
                                     fmt::format("{} of {}", decision.pairs.concordant, decision.pairs.pairs),
                                     format_number(decision.tolerance * 100, 1),
                                     decision.simulated_best,
                                     decision.measured_best,
                                     format_number(decision.regret * 100, 1)};
      if (grid) cells.insert(cells.begin(), scenario.label);
      table.add_row(std::move(cells));
    }
  return table.text();
}

bool lacks_requests(const Validation& validation) {
  return std::ranges::any_of(compared(validation), [](const ValidatedPair* pair) {
    return pair->fidelity->least_returned < requests_needed(99);
  });
}

std::string requests_needed_text() {
  std::string text;
  for (const ValidatedMeasure& measure : kValidated)
    if (measure.percentile > 0)
      text += fmt::format("{}{}{} {}", text.empty() ? "" : ", ", measure.words, text.empty() ? " takes" : "",
                          requests_needed(measure.percentile));
  return text;
}

}  // namespace twinfer
