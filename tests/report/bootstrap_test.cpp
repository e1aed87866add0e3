#include "report/bootstrap.h"

#include <cmath>
#include <numeric>

#include <doctest/doctest.h>

#include "core/random.h"
#include "report/summary.h"

using namespace twinfer;
using doctest::Approx;

namespace {

constexpr std::uint64_t kSeed = 7;

// Uniform on 0 to 1, each value `repeats` times in a row.
std::vector<double> draws(std::size_t count, std::size_t repeats = 1) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(uniform(3, RandomStream::kSample, i / repeats));
  return values;
}

double width_of_mean(const std::vector<double>& values, std::size_t block) {
  const CountedSeries series(values);
  const std::vector<Interval> intervals = bootstrap_intervals(
      values.size(), block, kSeed,
      [&series](const std::vector<std::uint32_t>& counts) { return std::vector{series.mean(counts)}; });
  return intervals.at(0).high - intervals.at(0).low;
}

}  // namespace

TEST_CASE("a resample has as many values, in blocks of neighbours, and is a function of its seed") {
  const std::vector<std::uint32_t> counts = resampled_counts(10, 10, kSeed, 0);
  CHECK(counts == std::vector<std::uint32_t>(10, 1));  // one block: the series itself
  const std::vector<std::uint32_t> halves = resampled_counts(100, 50, kSeed, 4);
  CHECK(std::accumulate(halves.begin(), halves.end(), 0U) == 100);
  CHECK(halves == resampled_counts(100, 50, kSeed, 4));
  CHECK(halves != resampled_counts(100, 50, kSeed, 5));
  std::size_t steps = 0;  // two blocks rise and fall twice at most
  for (std::size_t i = 1; i < halves.size(); ++i) steps += halves[i] != halves[i - 1] ? 1 : 0;
  CHECK(steps <= 4);
}

TEST_CASE("mean and quantiles of counted values are those of the values written out") {
  const CountedSeries series({5, 1, 3});
  const std::vector<std::uint32_t> counts{1, 0, 2};  // 5, 3, 3
  CHECK(series.mean(counts) == Approx(11.0 / 3));
  for (const double q : {0.0, 0.25, 0.5, 0.75, 0.9, 1.0})
    CHECK(series.quantile(counts, q) == Approx(quantile({5, 3, 3}, q)));
  const std::vector<std::uint32_t> once{1, 1, 1};
  for (const double q : {0.0, 0.4, 0.5, 1.0}) CHECK(series.quantile(once, q) == Approx(quantile({5, 1, 3}, q)));
}

TEST_CASE("of independent values the interval of the mean is 2 * 1.96 standard errors wide") {
  // Uniform: deviation sqrt(1 / 12) = 0.2887, of the mean of 1000: 0.00913, so 0.0358 wide
  CHECK(width_of_mean(draws(1000), 1) == Approx(0.0358).epsilon(0.1));
}

TEST_CASE("blocks know that repeated values are fewer than they look") {
  // 1000 values, but only 50 different ones in rows of 20: the mean deviates sqrt(20) times as much
  const double alone = width_of_mean(draws(1000, 20), 1);
  const double blocks = width_of_mean(draws(1000, 20), 40);
  CHECK(blocks > 3 * alone);
  CHECK(blocks < 5.5 * alone);  // sqrt(20) = 4.5
}

TEST_CASE("blocks are as long as the series is correlated") {
  CHECK(block_length({}) == 1);
  CHECK(block_length({1}) == 1);
  CHECK(block_length({2, 2, 2, 2, 2, 2, 2, 2}) == 2);  // constant: cube root of 8
  CHECK(block_length(draws(1000)) == 10);              // independent: cube root of 1000
  // Autocorrelation of rows of 20 is about 1 - lag / 20, noise below 2 sqrt(3 / 1000) = 0.11: a lag below 20
  const std::size_t rows = block_length(draws(1000, 20));
  CHECK(rows >= 20);
  CHECK(rows <= 42);
  std::vector<double> rising(400);
  std::iota(rising.begin(), rising.end(), 0.0);
  CHECK(block_length(rising) == 100);  // never forgets: a quarter
}

TEST_CASE("a constant series leaves no doubt") {
  const CountedSeries series(std::vector<double>(30, 4.0));
  const std::vector<Interval> intervals =
      bootstrap_intervals(30, 4, kSeed, [&series](const std::vector<std::uint32_t>& counts) {
        return std::vector{series.quantile(counts, 0.5), series.mean(counts)};
      });
  REQUIRE(intervals.size() == 2);
  CHECK(intervals[0].low == 4);
  CHECK(intervals[0].high == 4);
  CHECK(intervals[1].low == Approx(4));
}
