#include "cli/twin_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/summary.h"
#include "report/table.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

constexpr const char* kRow = "{:>15}  {:>8}  {:>15}  {:>15}  {:>6}  {}\n";

std::optional<double> in_ms(std::optional<double> seconds) {
  return seconds ? std::optional(*seconds * 1e3) : std::nullopt;
}

std::string latency_cell(const WindowLatency& latency, bool by_p50) {
  if (!latency.mean_s) return "-";
  return by_p50 ? "P50 " + format_number(in_ms(latency.p50_s), 2) : "mean " + format_number(in_ms(latency.mean_s), 2);
}

std::string percent(std::optional<double> share) {
  return format_signed(share ? std::optional(*share * 100) : std::nullopt, 1);
}

struct ComponentError {
  std::string name;
  double error_s = 0;
};

// The component whose mean is off by most.
ComponentError culprit_of(const WindowReport& report) {
  ComponentError culprit;
  for (const auto& [name, member] : kComponents) {
    const double error_s = report.predicted.mean.*member - report.measured.mean.*member;
    if (std::abs(error_s) > std::abs(culprit.error_s)) culprit = {name, error_s};
  }
  return culprit;
}

std::string drift_text(const WindowReport& report) {
  const ComponentError culprit = culprit_of(report);
  const double all_s = report.predicted.mean_s.value_or(0) - report.measured.mean_s.value_or(0);
  return fmt::format("  drift: {} ms of the mean, of which {} {} ms\n", format_signed(all_s * 1e3, 2), culprit.name,
                     format_signed(culprit.error_s * 1e3, 2));
}

ordered_json number_or_null(std::optional<double> value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json latency_json(const WindowLatency& latency) {
  ordered_json components;
  for (const auto& [name, member] : kComponents) components[name] = latency.mean.*member;
  return {{"returned", latency.returned},
          {"p50_s", number_or_null(latency.p50_s)},
          {"mean_s", number_or_null(latency.mean_s)},
          {"components_s", components}};
}

}  // namespace

std::string twin_heading() {
  return fmt::format(kRow, "returned (s)", "requests", "predicted (ms)", "measured (ms)", "err %", "plan");
}

std::string window_text(const PlannedScenario& planned, const std::vector<Plan>& plans, const WindowReport& report) {
  const Plan& plan = plans[report.plan];
  std::string text =
      fmt::format(kRow, fmt::format("{:g} to {:g}", report.from_s, report.to_s), report.ended,
                  latency_cell(report.predicted, report.by_p50()), latency_cell(report.measured, report.by_p50()),
                  percent(report.error), plan.policy + ": " + describe(plan.stages, planned.scenario.platform));
  if (report.drifted) text += drift_text(report);
  if (report.better)
    text += fmt::format("  better: {}, by a mean of {} {}\n", plans[report.better->plan].policy,
                        format_seconds(report.better->mean_s),
                        report.better->present_mean_s ? "in place of " + format_seconds(*report.better->present_mean_s)
                                                      : "where nobody would come back");
  if (!report.trouble.empty()) text += "  " + report.trouble + "\n";
  return text;
}

std::string window_json(const PlannedScenario& planned, const std::vector<Plan>& plans, const WindowReport& report) {
  const Plan& plan = plans[report.plan];
  ordered_json line = {{"from_s", report.from_s},
                       {"to_s", report.to_s},
                       {"policy", plan.policy},
                       {"plan", describe(plan.stages, planned.scenario.platform)},
                       {"requests", report.ended},
                       {"predicted", latency_json(report.predicted)},
                       {"measured", latency_json(report.measured)},
                       {"error", number_or_null(report.error)},
                       {"drifted", report.drifted},
                       {"better", nullptr},
                       {"trouble", report.trouble}};
  if (report.better)
    line["better"] = {{"policy", plans[report.better->plan].policy},
                      {"mean_s", report.better->mean_s},
                      {"present_mean_s", number_or_null(report.better->present_mean_s)}};
  return line.dump() + "\n";
}

std::string twin_summary(const std::vector<WindowReport>& reports, double band, std::size_t changes) {
  std::vector<double> sizes;
  std::size_t beyond = 0;
  for (const WindowReport& report : reports) {
    if (report.error) sizes.push_back(std::abs(*report.error));
    if (report.drifted) ++beyond;
  }
  std::string text = fmt::format("{} windows, {} of them predicted", reports.size(), sizes.size());
  if (!sizes.empty())
    text += fmt::format(": error {:.1f} % at the median, {:.1f} % at most, {} beyond {:g} %",
                        100 * quantile(sizes, 0.5), 100 * *std::ranges::max_element(sizes), beyond, 100 * band);
  return text + fmt::format("; {} change{} of plans\n", changes, changes == 1 ? "" : "s");
}

}  // namespace twinfer
