#include "report/run_json.h"

#include <nlohmann/json.hpp>

#include "report/measures.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

ordered_json value_or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

}  // namespace

ordered_json to_json(const Summary& summary) {
  return {{"requests", summary.requests},
          {"ok", summary.ok},
          {"exited", summary.exited},
          {"missed", summary.missed},
          {"dropped", summary.dropped},
          {"failed", summary.failed},
          {"p50_s", value_or_null(summary.p50_s)},
          {"p95_s", value_or_null(summary.p95_s)},
          {"p99_s", value_or_null(summary.p99_s)},
          {"mean_s", value_or_null(summary.mean_s)},
          {"throughput_hz", value_or_null(summary.throughput_hz)},
          {"accuracy", value_or_null(summary.accuracy)},
          {"early_exit_share", value_or_null(summary.early_exit_share)},
          {"bytes_per_request", value_or_null(summary.bytes_per_request)},
          {"bytes_total", summary.bytes_total}};
}

ordered_json to_json(const Components& components) {
  ordered_json result = ordered_json::object();
  for (const auto& [name, member] : kComponents) result[measure_of_component(name)] = components.*member;
  return result;
}

ordered_json to_json(const Comparison& comparison) {
  ordered_json components = ordered_json::object();
  for (const ComponentDifference& part : comparison.components)
    components[measure_of_component(part.name)] = {{"tested", part.tested_s}, {"reference", part.reference_s}};
  return {{"tested", to_json(comparison.tested)},
          {"reference", to_json(comparison.reference)},
          {"p50_error", value_or_null(comparison.p50_error)},
          {"p95_error", value_or_null(comparison.p95_error)},
          {"throughput_error", value_or_null(comparison.throughput_error)},
          {"bytes_error", value_or_null(comparison.bytes_error)},
          {"accuracy_difference", value_or_null(comparison.accuracy_difference)},
          {"early_exit_difference", value_or_null(comparison.early_exit_difference)},
          {"joined", comparison.joined},
          {"unmatched", comparison.unmatched},
          {"other_exits", comparison.other_exits},
          {"components", std::move(components)}};
}

}  // namespace twinfer
