#include "report/fidelity.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "report/percentile.h"

namespace twinfer {
namespace {

using Value = std::optional<double>;

// One run's value of every measure, in the order of kValidated.
std::vector<Value> values_of(const RunRows& rows, const FidelityQuestion& question) {
  const Summary summary = summarise(rows.results, question.final_exit);
  const auto in_time = static_cast<double>(summary.ok + summary.exited);
  const Value attainment = question.has_deadline && summary.requests > 0
                               ? Value(in_time / static_cast<double>(summary.requests))
                               : std::nullopt;
  std::vector<Value> values{summary.mean_s,
                            summary.p50_s,
                            summary.p90_s,
                            summary.p95_s,
                            summary.p99_s,
                            summary.throughput_hz,
                            attainment,
                            summary.accuracy,
                            summary.early_exit_share,
                            summary.bytes_per_request};
  for (std::size_t m = 0; m < kValidated.size(); ++m)
    if (kValidated.at(m).percentile > 0 && summary.returned < requests_needed(kValidated.at(m).percentile))
      values[m] = std::nullopt;
  return values;
}

// Of all, if each is known.
Value mean_of(const std::vector<Value>& values) {
  double sum = 0;
  for (const Value& value : values) {
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum / static_cast<double>(values.size());
}

Value error_of(Value tested, Value reference, bool is_share) {
  if (!tested || !reference) return std::nullopt;
  if (is_share || *tested == *reference) return *tested - *reference;  // zero against zero included
  if (*reference == 0) return std::nullopt;
  return *tested / *reference - 1;
}

Value noise_of(const MeasureError& measure, bool is_share) {
  if (measure.measured.size() < 2 || !measure.live) return std::nullopt;
  double sum = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < measure.measured.size(); ++i)
    for (std::size_t j = 0; j < i; ++j, ++pairs) sum += std::abs(*measure.measured[i] - *measure.measured[j]);
  if (sum == 0) return 0;
  if (is_share) return sum / pairs;
  return *measure.live == 0 ? std::nullopt : Value(sum / pairs / *measure.live);
}

// Latencies of the requests that returned in every run, a series a run, by request id.
std::vector<std::vector<double>> common_latencies(const std::vector<const RunRows*>& runs) {
  std::map<std::uint64_t, std::vector<double>> by_request;
  for (const RunRows* run : runs)
    for (const ResultRow& row : run->results)
      if (has_returned(row.status)) by_request[row.request].push_back(row.latency_s);
  std::vector<std::vector<double>> series(runs.size());
  for (const auto& [request, latencies] : by_request)
    if (latencies.size() == runs.size())
      for (std::size_t run = 0; run < runs.size(); ++run) series[run].push_back(latencies[run]);
  return series;
}

// Of `runs` the first are `simulated`. The same blocks of requests are drawn in every run: what both worlds have in
// common, the arrivals and the samples, is no doubt about how far they are apart.
void add_intervals(const std::vector<const RunRows*>& runs, std::size_t simulated, std::uint64_t seed,
                   Fidelity& fidelity) {
  const std::vector<std::vector<double>> latencies = common_latencies(runs);
  std::vector<std::size_t> asked;
  for (std::size_t m = 0; m < kValidated.size(); ++m)
    if ((m == 0 || kValidated.at(m).percentile > 0) && fidelity.measures[m].error) asked.push_back(m);
  const std::size_t count = latencies.front().size();
  if (asked.empty() || count < requests_needed(50)) return;

  std::vector<CountedSeries> series(latencies.begin(), latencies.end());
  std::size_t block = 1;
  for (const std::vector<double>& values : latencies) block = std::max(block, block_length(values));
  const std::vector<Interval> intervals =
      bootstrap_intervals(count, block, seed, [&](const std::vector<std::uint32_t>& counts) {
        std::vector<double> errors;
        for (const std::size_t m : asked) {
          const auto value = [&](const CountedSeries& run) {
            const double q = kValidated.at(m).percentile / 100.0;
            return q > 0 ? run.quantile(counts, q) : run.mean(counts);
          };
          double sim = 0, live = 0;
          for (std::size_t run = 0; run < series.size(); ++run) (run < simulated ? sim : live) += value(series[run]);
          sim /= static_cast<double>(simulated);
          live /= static_cast<double>(series.size() - simulated);
          errors.push_back(live > 0 ? sim / live - 1 : 0);
        }
        return errors;
      });
  for (std::size_t i = 0; i < asked.size(); ++i) fidelity.measures[asked[i]].interval = intervals[i];
}

template <class Of>
Components mean_over(const std::vector<RunRows>& runs, Of components_of) {
  Components mean;
  for (const RunRows& run : runs) {
    const Components one = components_of(run);
    for (const auto& [name, member] : kComponents) mean.*member += one.*member / static_cast<double>(runs.size());
  }
  return mean;
}

template <class Of>
ComponentErrors component_errors(const std::vector<RunRows>& simulated, const std::vector<RunRows>& live,
                                 Of components_of) {
  const Components tested = mean_over(simulated, components_of);
  const Components reference = mean_over(live, components_of);
  ComponentErrors errors;
  for (const auto& [name, member] : kComponents) errors.components.push_back({name, tested.*member, reference.*member});
  return errors;
}

void add_joined(const std::vector<RunRows>& simulated, const std::vector<RunRows>& live,
                const FidelityQuestion& question, Fidelity& fidelity) {
  fidelity.least_returned = simulated.front().results.size();
  for (const RunRows& run : live) {
    const Comparison comparison = compare_runs(simulated.front(), run, question.final_exit);
    fidelity.requests = comparison.tested.requests;
    fidelity.least_returned = std::min(fidelity.least_returned, comparison.reference.returned);
    fidelity.joined += comparison.joined;
    fidelity.unmatched += comparison.unmatched;
    fidelity.other_exits += comparison.other_exits;
    fidelity.failed_measured += comparison.reference.failed;
  }
  for (const RunRows& run : simulated) {
    const Summary summary = summarise(run.results, question.final_exit);
    fidelity.least_returned = std::min(fidelity.least_returned, summary.returned);
    fidelity.failed_simulated = std::max(fidelity.failed_simulated, summary.failed);
  }
}

std::vector<std::vector<Value>> values_of_all(const std::vector<RunRows>& runs, const FidelityQuestion& question) {
  std::vector<std::vector<Value>> values;
  for (const RunRows& run : runs) values.push_back(values_of(run, question));
  return values;
}

// Of measure `m`, by run.
std::vector<Value> column(const std::vector<std::vector<Value>>& runs, std::size_t m) {
  std::vector<Value> values;
  for (const std::vector<Value>& run : runs) values.push_back(run[m]);
  return values;
}

}  // namespace

std::optional<double> MeasureError::in_noise() const {
  if (!error || !noise || *noise == 0) return std::nullopt;
  return std::abs(*error) / *noise;
}

double ComponentErrors::error_s() const {
  double sum = 0;
  for (const ComponentDifference& part : components) sum += part.tested_s - part.reference_s;
  return sum;
}

const ComponentDifference& ComponentErrors::worst() const {
  assert(!components.empty());
  return *std::ranges::max_element(
      components, {}, [](const ComponentDifference& part) { return std::abs(part.tested_s - part.reference_s); });
}

const MeasureError& Fidelity::of(const std::string& measure) const {
  const auto found = std::ranges::find(kValidated, measure, [](const ValidatedMeasure& m) { return m.name; });
  assert(found != kValidated.end());
  return measures[static_cast<std::size_t>(found - kValidated.begin())];
}

Fidelity compare_worlds(const std::vector<RunRows>& simulated, const std::vector<RunRows>& live,
                        const FidelityQuestion& question) {
  assert(!simulated.empty() && !live.empty());
  Fidelity fidelity;
  add_joined(simulated, live, question, fidelity);
  const std::vector<std::vector<Value>> tested = values_of_all(simulated, question);
  const std::vector<std::vector<Value>> references = values_of_all(live, question);
  std::vector<const RunRows*> runs;
  for (const auto* world : {&simulated, &live})
    for (const RunRows& run : *world) runs.push_back(&run);
  fidelity.mean = component_errors(simulated, live, mean_components);
  for (std::size_t m = 0; m < kValidated.size(); ++m) {
    const ValidatedMeasure& what = kValidated.at(m);
    MeasureError& measure = fidelity.measures.emplace_back();
    measure.simulated = mean_of(column(tested, m));
    measure.measured = column(references, m);
    measure.live = mean_of(measure.measured);
    measure.error = error_of(measure.simulated, measure.live, what.is_share);
    measure.noise = noise_of(measure, what.is_share);
    const bool about = what.percentile > 0 && measure.error;
    fidelity.about_percentile.push_back(!about ? ComponentErrors{}
                                               : component_errors(simulated, live, [&what](const RunRows& rows) {
                                                   return components_about(rows, what.percentile);
                                                 }));
  }
  add_intervals(runs, simulated.size(), question.seed, fidelity);
  return fidelity;
}

std::string culprit_text(const Fidelity& fidelity, std::size_t measure) {
  const ComponentErrors& about = fidelity.about_percentile.at(measure);
  const ComponentErrors& errors = about.components.empty() ? fidelity.mean : about;
  const ComponentDifference& worst = errors.worst();
  return fmt::format("{} {:+.2f} ms of {:+.2f} ms", worst.name, (worst.tested_s - worst.reference_s) * 1e3,
                     errors.error_s() * 1e3);
}

}  // namespace twinfer
