#include "report/ranking.h"

#include <cmath>

#include <doctest/doctest.h>

using namespace twinfer;
using doctest::Approx;

TEST_CASE("tau is 1 for the same order, -1 for the opposite one, and counts pairs in between") {
  CHECK(kendall_tau(rank_pairs({1, 2, 3, 4}, {10, 20, 30, 40}, 0)) == Approx(1));
  CHECK(kendall_tau(rank_pairs({1, 2, 3, 4}, {4, 3, 2, 1}, 0)) == Approx(-1));
  // Of six pairs one, (3, 4), is the other way round: (5 - 1) / 6
  CHECK(kendall_tau(rank_pairs({1, 2, 3, 4}, {1, 2, 4, 3}, 0)) == Approx(4.0 / 6));
}

TEST_CASE("tau-b is corrected for ties") {
  // Kendall 1945: first has one tied pair of three, second none: 2 / sqrt(2 * 3)
  const RankedPairs pairs = rank_pairs({1, 1, 2}, {1, 2, 3}, 0);
  CHECK(pairs.pairs == 3);
  CHECK(pairs.concordant == 2);
  CHECK(pairs.tied_first == 1);
  CHECK(pairs.tied_second == 0);
  CHECK(*kendall_tau(pairs) == Approx(2 / std::sqrt(6.0)));
  // tied in both: the two pairs that are left agree
  CHECK(*kendall_tau(rank_pairs({1, 1, 2}, {3, 3, 5}, 0)) == Approx(1));
}

TEST_CASE("a difference within the tolerance is a tie, one beyond it is not") {
  // 100 and 104 differ by 4 / 104 = 3.85 % of the larger
  CHECK(rank_pairs({100, 104}, {1, 2}, 0.0385).tied_first == 1);
  CHECK(rank_pairs({100, 104}, {1, 2}, 0.0384).tied_first == 0);
  // Opposite orders within the noise contradict nothing, and rank nothing
  CHECK(rank_pairs({100, 101}, {101, 100}, 0.02).discordant == 0);
  CHECK_FALSE(kendall_tau(rank_pairs({100, 101}, {101, 100}, 0.02)));
  CHECK_FALSE(kendall_tau({}));
}

TEST_CASE("pairs of several scenarios add up") {
  RankedPairs all = rank_pairs({1, 2, 3}, {1, 2, 3}, 0);
  all += rank_pairs({1, 2}, {2, 1}, 0);
  CHECK(*kendall_tau(all) == Approx(0.5));  // (3 - 1) / 4
}

TEST_CASE("regret is what the simulator's choice loses against the measured best") {
  // It chooses the second, measured 12; the third is measured 10: 2 / 10
  CHECK(regret({5, 1, 2}, {30, 12, 10}, false) == Approx(0.2));
  CHECK(regret({5, 2, 1}, {30, 12, 10}, false) == 0);
  // Of throughputs the largest: chosen 8 of 10
  CHECK(regret({3, 2}, {8, 10}, true) == Approx(0.2));
  // Of equal ones the first
  CHECK(regret({1, 1}, {11, 10}, false) == Approx(0.1));
}
