#include "report/measures.h"

#include <algorithm>
#include <optional>
#include <string>

#include "report/energy_measures.h"
#include "report/summary.h"

namespace twinfer {
namespace {

void add(Measures& measures, const std::string& name, const std::optional<double>& value) {
  if (value) measures[name] = *value;
}

void add_counts(Measures& measures, const Summary& summary) {
  for (const auto& [name, count] :
       {std::pair{"requests", summary.requests}, std::pair{"ok", summary.ok}, std::pair{"exited", summary.exited},
        std::pair{"missed", summary.missed}, std::pair{"dropped", summary.dropped}, std::pair{"failed", summary.failed},
        std::pair{"returned", summary.returned}})
    measures[name] = static_cast<double>(count);
}

}  // namespace

std::string measure_of_component(std::string component) {
  std::ranges::replace(component, ' ', '_');
  return component + "_s";
}

Measures measures_of(const Scenario& scenario, const RunRows& rows) {
  const Summary summary = summarise(rows.results, scenario.graph.exit_heads().size());
  Measures measures;
  add_counts(measures, summary);
  add(measures, "mean_latency_s", summary.mean_s);
  add(measures, "p50_latency_s", summary.p50_s);
  add(measures, "p95_latency_s", summary.p95_s);
  add(measures, "p99_latency_s", summary.p99_s);
  add(measures, "throughput_hz", summary.throughput_hz);
  add(measures, "accuracy", summary.accuracy);
  add(measures, "early_exit_share", summary.early_exit_share);
  add(measures, "sent_bytes_per_request", summary.bytes_per_request);
  if (summary.returned == 0) return measures;
  measures.merge(energy_measures(scenario, rows, summary));
  const Components components = mean_components(rows);
  for (const auto& [name, member] : kComponents) measures[measure_of_component(name)] = components.*member;
  return measures;
}

}  // namespace twinfer
