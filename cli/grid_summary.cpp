#include "cli/grid_summary.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/fidelity_gates.h"
#include "report/percentile.h"
#include "report/summary.h"

namespace twinfer {
namespace {

std::optional<double> median(const std::vector<double>& values) {
  return values.empty() ? std::nullopt : std::optional(quantile(values, 0.5));
}

std::optional<OverallError> overall_error(const Validation& validation, std::size_t measure) {
  OverallError overall;
  overall.measure = measure;
  std::vector<double> sizes;
  std::vector<double> noises;
  for (const ValidatedPair& pair : validation.pairs) {
    if (!pair.fidelity || !pair.fidelity->measures[measure].error) continue;
    const MeasureError& of = pair.fidelity->measures[measure];
    sizes.push_back(std::abs(*of.error));
    if (of.noise) noises.push_back(*of.noise);
    const std::optional<double> limit = gate_of(validation.scenarios[pair.scenario].gates, measure);
    if (!overall.limit) overall.limit = limit;
    if (!limit || sizes.back() <= *limit) ++overall.within;
  }
  if (sizes.empty()) return std::nullopt;
  overall.known = sizes.size();
  overall.median = *median(sizes);
  overall.largest = std::ranges::max(sizes);
  overall.median_noise = median(noises);
  return overall;
}

// Those of the grid, where a share of the pairs must keep its limits; nothing: all of them must.
const Gates* gates_of(const Validation& validation) {
  for (const ValidatedScenario& scenario : validation.scenarios)
    if (scenario.gates.share) return &scenario.gates;
  return nullptr;
}

std::string beyond_noise(const ValidatedMeasure& measure, const std::optional<OverallError>& overall, double limit) {
  const std::string words = std::string(measure.words) + ": the median error";
  if (!overall)
    return fmt::format("{} is not known: it takes {} requests, {:g} noise floors are allowed", words,
                       requests_needed(measure.percentile), limit);
  if (!overall->median_noise) return words + " has no noise floor to be held against: --repeat 2";
  const double allowed = limit * *overall->median_noise;
  if (overall->median <= allowed) return "";
  return fmt::format("{} of {:.2f} % is beyond {:g} noise floors, {:.2f} %", words, overall->median * 100, limit,
                     allowed * 100);
}

std::vector<std::string> beyond_noise(const Validation& validation) {
  std::vector<std::string> lines;
  const std::optional<double> limit =
      validation.scenarios.empty() ? std::nullopt : validation.scenarios.front().gates.noise;
  for (std::size_t m = 0; limit && m < kValidated.size(); ++m) {
    if (kValidated.at(m).percentile != 50 && kValidated.at(m).percentile != 95) continue;
    const std::string line = beyond_noise(kValidated.at(m), overall_error(validation, m), *limit);
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}  // namespace

std::optional<double> OverallError::in_noise() const {
  if (!median_noise || *median_noise == 0) return std::nullopt;
  return median / *median_noise;
}

std::vector<OverallError> overall_errors(const Validation& validation) {
  std::vector<OverallError> errors;
  for (std::size_t m = 0; m < kValidated.size(); ++m)
    if (const std::optional<OverallError> overall = overall_error(validation, m)) errors.push_back(*overall);
  return errors;
}

std::vector<DecisionsOverall> decisions_overall(const Validation& validation) {
  std::vector<std::vector<Decision>> scenarios;
  for (const ValidatedScenario& scenario : validation.scenarios) scenarios.push_back(scenario.decisions);
  return sum_up(scenarios);
}

std::vector<std::string> gate_verdict(const Validation& validation) {
  std::vector<std::string> lines = validation.failures();
  const Gates* gates = gates_of(validation);
  for (std::string& line : beyond_noise(validation)) lines.push_back(std::move(line));
  if (gates == nullptr) {
    for (std::string& line : validation.beyond()) lines.push_back(std::move(line));
    return lines;
  }
  for (const OverallError& overall : overall_errors(validation)) {
    const double within = static_cast<double>(overall.within) / static_cast<double>(overall.known);
    if (overall.limit && within < *gates->share)
      lines.push_back(fmt::format("{}: {} of {} pairs are within their limit, {:.1f} % must be",
                                  kValidated.at(overall.measure).words, overall.within, overall.known,
                                  *gates->share * 100));
  }
  for (const DecisionsOverall& overall : decisions_overall(validation))
    for (std::string& line : beyond_gates(overall, *gates)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace twinfer
