#include "report/summary.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <set>

namespace twinfer {
namespace {

std::uint64_t& count_of(Summary& summary, Status status) {
  switch (status) {
    case Status::kOk:
      return summary.ok;
    case Status::kExited:
      return summary.exited;
    case Status::kMissed:
      return summary.missed;
    case Status::kDropped:
      return summary.dropped;
    case Status::kFailed:
      break;
  }
  return summary.failed;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

std::optional<double> ratio(double part, double whole) {
  if (!(whole > 0)) return std::nullopt;
  return part / whole;
}

double quantile_of_sorted(const std::vector<double>& samples, double q) {
  const double position = q * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  return samples[below] + (position - static_cast<double>(below)) * (samples[above] - samples[below]);
}

void summarise_latencies(const std::vector<double>& latencies, Summary& summary) {
  if (latencies.empty()) return;
  std::vector<double> sorted = latencies;
  std::sort(sorted.begin(), sorted.end());
  summary.p50_s = quantile_of_sorted(sorted, 0.50);
  summary.p90_s = quantile_of_sorted(sorted, 0.90);
  summary.p95_s = quantile_of_sorted(sorted, 0.95);
  summary.p99_s = quantile_of_sorted(sorted, 0.99);
  summary.mean_s = sum(latencies) / static_cast<double>(latencies.size());
}

}  // namespace

double quantile(std::vector<double> samples, double q) {
  assert(!samples.empty() && q >= 0 && q <= 1);
  std::sort(samples.begin(), samples.end());
  return quantile_of_sorted(samples, q);
}

Summary summarise(const std::vector<ResultRow>& results, std::uint64_t final_exit) {
  Summary summary;
  summary.requests = results.size();
  std::vector<double> latencies;
  std::vector<double> bytes;
  double first_arrival_s = std::numeric_limits<double>::infinity();
  double last_return_s = -first_arrival_s;
  double known = 0, correct = 0, early = 0;

  for (const ResultRow& row : results) {
    ++count_of(summary, row.status);
    summary.bytes_total += row.bytes_sent;
    first_arrival_s = std::min(first_arrival_s, row.arrival_s);
    if (!has_returned(row.status)) continue;
    latencies.push_back(row.latency_s);
    bytes.push_back(row.bytes_sent);
    last_return_s = std::max(last_return_s, row.arrival_s + row.latency_s);
    if (row.correct) known += 1, correct += *row.correct ? 1 : 0;
    if (row.exit && *row.exit < final_exit) early += 1;
  }

  summary.returned = latencies.size();
  const auto returned = static_cast<double>(summary.returned);
  summarise_latencies(latencies, summary);
  if (summary.returned > 0) {
    summary.span_s = last_return_s - first_arrival_s;
    summary.throughput_hz = ratio(returned, *summary.span_s);
  }
  summary.accuracy = ratio(correct, known);
  summary.early_exit_share = ratio(early, returned);
  summary.bytes_per_request = ratio(sum(bytes), returned);
  return summary;
}

namespace {

// Mean over the requests in `chosen`, of which there are rows.
Components mean_over(const RunRows& rows, const std::set<std::uint64_t>& chosen) {
  Components total;
  for (const ResultRow& row : rows.results) {
    if (!chosen.contains(row.request)) continue;
    total.admission_s += row.admission_s;
    total.result_wait_s += row.result_wait_s;
    total.result_return_s += row.result_return_s;
  }
  for (const StageRow& row : rows.stages) {
    if (!chosen.contains(row.request)) continue;
    total.hop_wait_s += row.hop_wait_s;
    total.encode_s += row.encode_s;
    total.transfer_s += row.transfer_s;
    total.queue_s += row.queue_s;
    total.decode_s += row.decode_s;
    total.compute_s += row.compute_s;
  }
  if (chosen.empty()) return total;
  for (const auto& [name, member] : kComponents) total.*member /= static_cast<double>(chosen.size());
  return total;
}

}  // namespace

Components mean_components(const RunRows& rows) {
  std::set<std::uint64_t> returned;
  for (const ResultRow& row : rows.results)
    if (has_returned(row.status)) returned.insert(row.request);
  return mean_over(rows, returned);
}

Components components_about(const RunRows& rows, unsigned percent) {
  std::vector<std::pair<double, std::uint64_t>> ranked;
  for (const ResultRow& row : rows.results)
    if (has_returned(row.status)) ranked.emplace_back(row.latency_s, row.request);
  std::ranges::sort(ranked);
  const double half_width = std::min({5.0, static_cast<double>(percent), 100.0 - percent}) / 100;
  const auto place = [&ranked](double share) { return share * static_cast<double>(ranked.size()); };
  const auto first = static_cast<std::size_t>(std::floor(place(percent / 100.0 - half_width) + 1e-9));
  const auto end = static_cast<std::size_t>(std::ceil(place(percent / 100.0 + half_width) - 1e-9));
  std::set<std::uint64_t> chosen;
  for (std::size_t i = first; i < std::min(end, ranked.size()); ++i) chosen.insert(ranked[i].second);
  return mean_over(rows, chosen);
}

}  // namespace twinfer
