#include "report/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace twinfer {
namespace {

constexpr std::size_t kMostExact = 25;

struct RankedDifferences {
  std::vector<double> ranks;  // of the absolute values; ties share their mean
  double positive = 0;        // sum of the ranks of those above 0
  double tie_correction = 0;  // sum of t^3 - t over groups of t equal ones
};

RankedDifferences rank(std::vector<double> differences) {
  std::erase(differences, 0.0);
  std::ranges::sort(differences, {}, [](double d) { return std::abs(d); });
  RankedDifferences ranked;
  for (std::size_t first = 0; first < differences.size();) {
    std::size_t end = first;
    while (end < differences.size() && std::abs(differences[end]) == std::abs(differences[first])) ++end;
    const auto ties = static_cast<double>(end - first);
    const double shared = static_cast<double>(first + 1 + end) / 2;
    for (; first < end; ++first) {
      ranked.ranks.push_back(shared);
      if (differences[first] > 0) ranked.positive += shared;
    }
    ranked.tie_correction += ties * ties * ties - ties;
  }
  return ranked;
}

// The share of all sign patterns whose positive sum lies at least as far from the middle.
// Twice a rank is whole, also where ties share one, so sums are counted on whole numbers.
double exact_p(const RankedDifferences& ranked) {
  std::vector<double> patterns{1};  // by twice the sum
  for (const double rank : ranked.ranks) {
    const auto step = static_cast<std::size_t>(std::lround(2 * rank));
    patterns.resize(patterns.size() + step);
    for (std::size_t sum = patterns.size(); sum-- > step;) patterns[sum] += patterns[sum - step];
  }
  const double middle = static_cast<double>(patterns.size() - 1) / 2;
  const double distance = std::abs(2 * ranked.positive - middle);
  double as_far = 0;
  for (std::size_t sum = 0; sum < patterns.size(); ++sum)
    if (std::abs(static_cast<double>(sum) - middle) >= distance) as_far += patterns[sum];
  return as_far / std::pow(2, ranked.ranks.size());
}

double approximate_p(const RankedDifferences& ranked) {
  const auto n = static_cast<double>(ranked.ranks.size());
  const double mean = n * (n + 1) / 4;
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranked.tie_correction / 48;
  const double z = std::abs(ranked.positive - mean) / std::sqrt(variance);
  return 2 * boost::math::cdf(boost::math::complement(boost::math::normal(), z));
}

}  // namespace

Estimate estimate_mean(const std::vector<double>& values) {
  assert(!values.empty());
  const auto n = static_cast<double>(values.size());
  Estimate estimate;
  estimate.count = values.size();
  estimate.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return estimate;
  double squares = 0;
  for (const double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  estimate.half_width = t * std::sqrt(squares / (n - 1) / n);
  return estimate;
}

double signed_rank_p(const std::vector<double>& differences) {
  const RankedDifferences ranked = rank(differences);
  if (ranked.ranks.empty()) return 1;
  return std::min(1.0, ranked.ranks.size() <= kMostExact ? exact_p(ranked) : approximate_p(ranked));
}

std::vector<double> holm_corrected(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&p_values](std::size_t i) { return p_values[i]; });
  std::vector<double> corrected(p_values.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - i) * p_values[order[i]]));
    corrected[order[i]] = largest;
  }
  return corrected;
}

}  // namespace twinfer
