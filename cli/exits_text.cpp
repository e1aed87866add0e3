#include "cli/exits_text.h"

#include <ranges>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/joined.h"
#include "core/table_file.h"
#include "report/table.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

std::string percent(double share) { return format_number(share * 100, 2); }

// "0.9", or "0.812 - 0.953" by head, where a head that is not asked has none.
std::string thresholds_text(const LayerGraph& graph, const ExitSettings& settings) {
  bool equal = settings.thresholds.size() == graph.exit_heads().size();
  std::vector<std::string> values;
  for (ExitId head = 0; head < graph.exit_heads().size(); ++head) {
    const auto found = settings.thresholds.find(head);
    values.push_back(found == settings.thresholds.end() ? "-" : fmt::format("{:.4g}", found->second));
    equal = equal && settings.thresholds.at(head) == settings.thresholds.begin()->second;
  }
  return equal && !values.empty() ? values.front() : joined(values, " ");
}

std::string settings_yaml(const LayerGraph& graph, const ExitSettings& settings) {
  if (settings.thresholds.empty()) return "exits: {rule: none}";
  const std::string thresholds = joined(settings.thresholds, ", ", [&graph](const auto& of_head) {
    return fmt::format("{}: {}", graph.exit_name(of_head.first), format_number(of_head.second));
  });
  return fmt::format("exits: {{rule: max-softmax, thresholds: {{{}}}}}", thresholds);
}

ordered_json line_json(const LayerGraph& graph, const ExitLine& line) {
  ordered_json json{{"thresholds", ordered_json::object()},
                    {"accuracy", line.outcome.accuracy},
                    {"shares", ordered_json::object()},
                    {"mean_flops", line.mean_flops},
                    {"mean_latency_s", nullptr}};
  for (const auto& [head, threshold] : line.settings.thresholds) json["thresholds"][graph.exit_name(head)] = threshold;
  for (ExitId exit = 0; exit < line.outcome.shares.size(); ++exit)
    json["shares"][graph.exit_name(exit)] = line.outcome.shares[exit];
  if (line.mean_latency_s) json["mean_latency_s"] = *line.mean_latency_s;
  return json;
}

std::string each_exit_text(const ExitReport& report) {
  const std::vector<double> accuracy = exit_accuracy(report.trace);
  return joined(std::views::iota(ExitId{0}, accuracy.size()), ", ", [&](ExitId exit) {
    return fmt::format("{} {}", report.graph.exit_name(exit), percent(accuracy[exit]));
  });
}

}  // namespace

std::string exits_table(const ExitReport& report) {
  std::vector<TableColumn> columns{{"Threshold"}, {"Accuracy (%)"}};
  for (ExitId exit = 0; exit <= report.graph.exit_heads().size(); ++exit)
    columns.push_back({report.graph.exit_name(exit), false, "Share of samples (%)"});
  columns.push_back({"Mean work (MFLOP)"});
  const ExitLine& first = report.lines.front();
  if (first.mean_latency_s) columns.push_back({"Mean latency (ms)"});
  Table table(columns);
  for (const ExitLine& line : report.lines) {
    std::vector<std::string> cells{thresholds_text(report.graph, line.settings), percent(line.outcome.accuracy)};
    for (const double share : line.outcome.shares) cells.push_back(percent(share));
    cells.push_back(format_digits(line.mean_flops / 1e6));
    if (line.mean_latency_s) cells.push_back(format_digits(*line.mean_latency_s * 1e3));
    table.add_row(cells);
  }
  std::string text = fmt::format("{}, {} recorded samples; accuracy of each exit alone (%): {}\n", report.graph.model(),
                                 report.trace.samples.size(), each_exit_text(report));
  if (first.mean_latency_s) text += fmt::format("Latency of single requests, plan {}\n", first.plan);
  text += "\n" + table.text();
  if (report.lines.size() == 1) text += "\n" + settings_yaml(report.graph, report.lines[0].settings) + "\n";
  return text;
}

std::string exits_json(const ExitReport& report) {
  ordered_json json{{"model", report.graph.model()},
                    {"samples", report.trace.samples.size()},
                    {"exit_accuracy", ordered_json::object()},
                    {"plan", nullptr},
                    {"settings", ordered_json::array()}};
  const std::vector<double> accuracy = exit_accuracy(report.trace);
  for (ExitId exit = 0; exit < accuracy.size(); ++exit)
    json["exit_accuracy"][report.graph.exit_name(exit)] = accuracy[exit];
  if (!report.lines.front().plan.empty()) json["plan"] = report.lines.front().plan;
  for (const ExitLine& line : report.lines) json["settings"].push_back(line_json(report.graph, line));
  return json.dump(2) + "\n";
}

}  // namespace twinfer
