#include "report/bootstrap.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "core/random.h"
#include "report/summary.h"

namespace twinfer {
namespace {

// Sum over the pairs at this lag of the products of their differences from the mean.
double covariance(const std::vector<double>& series, double mean, std::size_t lag) {
  double sum = 0;
  for (std::size_t i = lag; i < series.size(); ++i) sum += (series[i] - mean) * (series[i - lag] - mean);
  return sum;
}

// The first lag, of at most `most`, at which the series has forgotten itself.
std::size_t correlation_length(const std::vector<double>& series, std::size_t most) {
  const auto n = static_cast<double>(series.size());
  const double mean = std::accumulate(series.begin(), series.end(), 0.0) / n;
  const double variance = covariance(series, mean, 0);
  const double noise = 2 * std::sqrt(std::log10(n) / n);
  std::size_t lag = 1;
  while (lag < most && covariance(series, mean, lag) > noise * variance) ++lag;
  return lag;
}

}  // namespace

std::size_t block_length(const std::vector<double>& series) {
  const std::size_t most = std::max<std::size_t>(1, series.size() / 4);
  if (series.size() < 2) return most;
  const auto cube_root = static_cast<std::size_t>(std::ceil(std::cbrt(static_cast<double>(series.size())) - 1e-9));
  return std::clamp<std::size_t>(2 * (correlation_length(series, most) - 1), std::min(cube_root, most), most);
}

std::vector<std::uint32_t> resampled_counts(std::size_t count, std::size_t block, std::uint64_t seed,
                                            std::uint64_t resample) {
  assert(block >= 1 && block <= count);
  const std::size_t starts = count - block + 1;
  std::vector<std::uint32_t> counts(count);
  for (std::size_t drawn = 0, turn = 0; drawn < count; ++turn) {
    const double share = uniform(seed, RandomStream::kBootstrap, resample, turn);
    const auto start = static_cast<std::size_t>(share * static_cast<double>(starts));
    for (std::size_t i = start; i < start + block && drawn < count; ++i, ++drawn) ++counts[i];
  }
  return counts;
}

CountedSeries::CountedSeries(const std::vector<double>& values) : origin_(values.size()) {
  std::iota(origin_.begin(), origin_.end(), 0);
  std::ranges::stable_sort(origin_, {}, [&values](std::size_t i) { return values[i]; });
  for (const std::size_t i : origin_) values_.push_back(values[i]);
}

double CountedSeries::mean(const std::vector<std::uint32_t>& counts) const {
  double sum = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) sum += counts[origin_[i]] * values_[i];
  return sum / static_cast<double>(values_.size());
}

double CountedSeries::quantile(const std::vector<std::uint32_t>& counts, double q) const {
  const double position = q * static_cast<double>(values_.size() - 1);
  const auto below = static_cast<std::uint64_t>(position);
  std::uint64_t passed = 0;
  double low = 0;
  bool found = false;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    passed += counts[origin_[i]];
    if (!found && passed > below) low = values_[i], found = true;
    if (passed > below + 1) return low + (position - static_cast<double>(below)) * (values_[i] - low);
  }
  return low;
}

std::vector<Interval> bootstrap_intervals(
    std::size_t count, std::size_t block, std::uint64_t seed,
    const std::function<std::vector<double>(const std::vector<std::uint32_t>& counts)>& statistics) {
  std::vector<std::vector<double>> drawn;  // by statistic
  for (std::size_t resample = 0; resample < kResamples; ++resample) {
    const std::vector<double> values = statistics(resampled_counts(count, block, seed, resample));
    drawn.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) drawn[i].push_back(values[i]);
  }
  std::vector<Interval> intervals;
  for (const std::vector<double>& values : drawn)
    intervals.push_back({quantile(values, 0.025), quantile(values, 0.975)});
  return intervals;
}

}  // namespace twinfer
