#include "report/validation.h"

#include <algorithm>
#include <map>

#include "core/error.h"

namespace twinfer {
namespace {

std::optional<double> relative_error(std::optional<double> tested, std::optional<double> reference) {
  if (!tested || !reference) return std::nullopt;
  if (*tested == *reference) return 0;  // zero against zero included
  if (*reference == 0) return std::nullopt;
  return (*tested - *reference) / *reference;
}

std::optional<double> difference(std::optional<double> tested, std::optional<double> reference) {
  if (!tested || !reference) return std::nullopt;
  return *tested - *reference;
}

bool same_exit(const ResultRow& a, const ResultRow& b) {
  return has_returned(a.status) == has_returned(b.status) && a.exit == b.exit;
}

void join(const RunRows& tested, const RunRows& reference, Comparison& comparison) {
  std::map<std::uint64_t, const ResultRow*> references;
  for (const ResultRow& row : reference.results) references[row.request] = &row;
  for (const ResultRow& row : tested.results) {
    const auto match = references.find(row.request);
    if (match == references.end()) continue;
    if (row.sample != match->second->sample)
      throw InputError("", "request " + std::to_string(row.request), std::to_string(row.sample),
                       "the other run replays sample " + std::to_string(match->second->sample));
    ++comparison.joined;
    if (!same_exit(row, *match->second)) ++comparison.other_exits;
  }
  comparison.unmatched = tested.results.size() + reference.results.size() - 2 * comparison.joined;
}

std::vector<ComponentDifference> component_differences(const RunRows& tested, const RunRows& reference) {
  const Components a = mean_components(tested);
  const Components b = mean_components(reference);
  std::vector<ComponentDifference> differences;
  for (const auto& [name, member] : kComponents) differences.push_back({name, a.*member, b.*member});
  return differences;
}

}  // namespace

Comparison compare_runs(const RunRows& tested, const RunRows& reference, std::uint64_t final_exit) {
  Comparison result;
  result.tested = summarise(tested.results, final_exit);
  result.reference = summarise(reference.results, final_exit);
  const Summary& a = result.tested;
  const Summary& b = result.reference;
  result.p50_error = relative_error(a.p50_s, b.p50_s);
  result.p95_error = relative_error(a.p95_s, b.p95_s);
  result.throughput_error = relative_error(a.throughput_hz, b.throughput_hz);
  result.bytes_error = relative_error(a.bytes_per_request, b.bytes_per_request);
  result.accuracy_difference = difference(a.accuracy, b.accuracy);
  result.early_exit_difference = difference(a.early_exit_share, b.early_exit_share);
  join(tested, reference, result);
  result.components = component_differences(tested, reference);
  return result;
}

}  // namespace twinfer
