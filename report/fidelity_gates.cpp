#include "report/fidelity_gates.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "report/percentile.h"

namespace twinfer {
namespace {

// By measure of kValidated; null: it has none.
constexpr std::array<std::optional<double> Gates::*, kValidated.size()> kGateOf{
    &Gates::mean_error,       &Gates::p50_error,        &Gates::p90_error, &Gates::p95_error, &Gates::p99_error,
    &Gates::throughput_error, &Gates::attainment_error, nullptr,           nullptr,           nullptr};

std::string unknown_text(const Fidelity& fidelity, const ValidatedMeasure& measure) {
  if (measure.percentile > 0 && fidelity.least_returned < requests_needed(measure.percentile))
    return fmt::format("is not known: {} requests returned, it takes {}", fidelity.least_returned,
                       requests_needed(measure.percentile));
  return "is not known";
}

void check_measure(const Fidelity& fidelity, std::size_t m, double gate, std::vector<std::string>& lines) {
  const ValidatedMeasure& what = kValidated.at(m);
  const std::optional<double>& error = fidelity.measures[m].error;
  if (!error) {
    lines.push_back(fmt::format("{} error {}, gate {:.1f} %", what.words, unknown_text(fidelity, what), gate * 100));
    return;
  }
  if (std::abs(*error) <= gate) return;
  lines.push_back(fmt::format("{} error {:+.1f} {} is beyond the gate of {:.1f} %: {}", what.words, *error * 100,
                              what.is_share ? "points" : "%", gate * 100, culprit_text(fidelity, m)));
}

void check_components(const Fidelity& fidelity, double gate, std::vector<std::string>& lines) {
  const std::optional<double> mean_s = fidelity.of("mean_latency_s").live;
  if (!mean_s || *mean_s == 0) return;
  for (const ComponentDifference& part : fidelity.mean.components) {
    const double share = (part.tested_s - part.reference_s) / *mean_s;
    if (std::abs(share) > gate)
      lines.push_back(fmt::format("{} is off by {:+.1f} % of the mean latency, beyond the gate of {:.1f} %", part.name,
                                  share * 100, gate * 100));
  }
}

}  // namespace

std::optional<double> gate_of(const Gates& gates, std::size_t measure) {
  const auto member = kGateOf.at(measure);
  return member == nullptr ? std::nullopt : gates.*member;
}

std::string gates_text(const Gates& gates) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (std::size_t m = 0; m < kValidated.size(); ++m)
    if (const std::optional<double> gate = gate_of(gates, m))
      add(fmt::format("{} within {:.1f} %", kValidated.at(m).words, *gate * 100));
  if (gates.component_error)
    add(fmt::format("components within {:.1f} % of the latency", *gates.component_error * 100));
  if (gates.noise) add(fmt::format("median errors of P50 and P95 within {:g} noise floors", *gates.noise));
  if (gates.tau) add(fmt::format("tau at least {:g}", *gates.tau));
  if (gates.regret) add(fmt::format("regret at most {:.1f} %", *gates.regret * 100));
  return text;
}

std::vector<std::string> beyond_gates(const Fidelity& fidelity, const Gates& gates) {
  std::vector<std::string> lines;
  for (std::size_t m = 0; m < kValidated.size(); ++m)
    if (const std::optional<double> gate = gate_of(gates, m)) check_measure(fidelity, m, *gate, lines);
  if (gates.component_error) check_components(fidelity, *gates.component_error, lines);
  return lines;
}

std::vector<std::string> lost_requests(const Fidelity& fidelity) {
  std::vector<std::string> lines;
  const auto add_failed = [&](std::uint64_t failed, const char* run) {
    if (failed > 0) lines.push_back(fmt::format("{} {} requests failed", failed, run));
  };
  add_failed(fidelity.failed_simulated, "simulated");
  add_failed(fidelity.failed_measured, "measured");
  if (fidelity.joined == 0) lines.emplace_back("the runs have no request in common");
  if (fidelity.unmatched > 0) lines.push_back(fmt::format("requests in one of the runs only: {}", fidelity.unmatched));
  return lines;
}

std::vector<std::string> beyond_gates(const Decision& decision, const Gates& gates) {
  std::vector<std::string> lines;
  const char* words = kValidated.at(decision.measure).words;
  const std::optional<double> tau = decision.tau();
  if (gates.tau && tau && *tau < *gates.tau)
    lines.push_back(fmt::format("policies by {}: tau {:.2f} is below the gate of {:g}", words, *tau, *gates.tau));
  if (gates.regret && decision.regret > *gates.regret)
    lines.push_back(
        fmt::format("policies by {}: choosing {} in place of {} loses {:.1f} %, beyond the gate of {:.1f} %", words,
                    decision.simulated_best, decision.measured_best, decision.regret * 100, *gates.regret * 100));
  return lines;
}

std::vector<std::string> beyond_gates(const DecisionsOverall& overall, const Gates& gates) {
  std::vector<std::string> lines;
  const char* words = kValidated.at(overall.measure).words;
  const std::optional<double> tau = overall.tau();
  if (gates.tau && tau && *tau < *gates.tau)
    lines.push_back(fmt::format("policies by {}: tau {:.2f} over {} scenarios is below the gate of {:g}", words, *tau,
                                overall.scenarios, *gates.tau));
  if (gates.regret && overall.mean_regret > *gates.regret)
    lines.push_back(
        fmt::format("policies by {}: the twin's choices lose {:.1f} % on average, beyond the gate of {:.1f} %", words,
                    overall.mean_regret * 100, *gates.regret * 100));
  return lines;
}

}  // namespace twinfer
