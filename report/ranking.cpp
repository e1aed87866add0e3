#include "report/ranking.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace twinfer {
namespace {

// -1, 0 or 1: whether a is below b, ties with it, or above it.
int order(double a, double b, double tolerance) {
  if (std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b))) return 0;
  return a < b ? -1 : 1;
}

}  // namespace

RankedPairs& RankedPairs::operator+=(const RankedPairs& other) {
  pairs += other.pairs;
  concordant += other.concordant;
  discordant += other.discordant;
  tied_first += other.tied_first;
  tied_second += other.tied_second;
  return *this;
}

RankedPairs rank_pairs(const std::vector<double>& first, const std::vector<double>& second, double tolerance) {
  assert(first.size() == second.size());
  RankedPairs ranked;
  for (std::size_t i = 0; i < first.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const int here = order(first[i], first[j], tolerance);
      const int there = order(second[i], second[j], tolerance);
      ++ranked.pairs;
      ranked.concordant += here * there > 0 ? 1 : 0;
      ranked.discordant += here * there < 0 ? 1 : 0;
      ranked.tied_first += here == 0 ? 1 : 0;
      ranked.tied_second += there == 0 ? 1 : 0;
    }
  return ranked;
}

std::optional<double> kendall_tau(const RankedPairs& pairs) {
  const auto ordered_first = static_cast<double>(pairs.pairs - pairs.tied_first);
  const auto ordered_second = static_cast<double>(pairs.pairs - pairs.tied_second);
  if (ordered_first == 0 || ordered_second == 0) return std::nullopt;
  return (static_cast<double>(pairs.concordant) - static_cast<double>(pairs.discordant)) /
         std::sqrt(ordered_first * ordered_second);
}

std::size_t best_of(const std::vector<double>& values, bool more_is_better) {
  assert(!values.empty());
  const auto best = more_is_better ? std::ranges::max_element(values) : std::ranges::min_element(values);
  return static_cast<std::size_t>(best - values.begin());
}

double regret(const std::vector<double>& simulated, const std::vector<double>& measured, bool more_is_better) {
  assert(simulated.size() == measured.size());
  const double best = measured[best_of(measured, more_is_better)];
  const double followed = measured[best_of(simulated, more_is_better)];
  return followed == best ? 0 : std::abs(followed - best) / best;
}

}  // namespace twinfer
