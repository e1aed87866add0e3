// Thresholds against all that there are.
#include "policies/exit_thresholds.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/exit_search.h"

namespace twinfer {
namespace {

ExitPrices random_prices(std::uint64_t seed, std::size_t heads) {
  ExitPrices prices{{1}, {}};
  for (ExitId head = 0; head < heads; ++head) {
    prices.layers.push_back(prices.layers.back() + uniform(seed, RandomStream::kCompute, head));
    prices.heads.push_back(0.3 * uniform(seed, RandomStream::kCompute, head, 1));
  }
  return prices;
}

TEST_CASE("on small traces the chosen thresholds are as cheap as any") {
  int feasible = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const std::size_t heads = 1 + seed % 3;
    const ExitTrace trace = tiny::random_trace(seed, 7, heads);
    const ExitPrices prices = random_prices(seed, heads);
    const double floor = 0.1 * static_cast<double>(seed % 11);
    const std::optional<double> expected = tiny::cheapest_price(trace, prices, floor);
    if (!expected) {
      CHECK_THROWS_AS(choose_thresholds(trace, prices, floor), InputError);
      continue;
    }
    ++feasible;
    const ThresholdChoice choice = choose_thresholds(trace, prices, floor);
    CHECK(choice.mean_price == doctest::Approx(*expected));

    // and they do what is said of them
    const auto policy = make_exit_policy(choice.settings);
    const ExitOutcome outcome = evaluate_exits(trace, *policy);
    CHECK(outcome.accuracy == choice.accuracy);
    CHECK(outcome.accuracy >= floor - 1e-9);
    CHECK(mean_price(prices, policy->active_heads(), outcome.shares) == doctest::Approx(choice.mean_price));
  }
  CHECK(feasible > 100);
}

TEST_CASE("with more confidences than candidates no global threshold is cheaper") {
  const std::size_t heads = 3;
  ExitTrace trace = tiny::random_trace(5, 2000, heads);
  std::uint64_t drawn = 0;
  for (SampleTrace& sample : trace.samples)
    for (ExitObservation& exit : sample.exits) exit.confidence = uniform(6, RandomStream::kSample, drawn++);
  const ExitPrices prices = random_prices(5, heads);
  const ThresholdChoice choice = choose_thresholds(trace, prices, 0.75);
  for (int step = 0; step <= 100; ++step) {
    const double threshold = step / 100.0;
    const auto policy = make_exit_policy({ExitRule::kMaxSoftmax, {{0, threshold}, {1, threshold}, {2, threshold}}});
    const ExitOutcome outcome = evaluate_exits(trace, *policy);
    if (outcome.accuracy < 0.75) continue;
    CHECK(choice.mean_price <= mean_price(prices, policy->active_heads(), outcome.shares) + 1e-12);
  }
}

TEST_CASE("a head that costs more than it saves gets no threshold") {
  // Everybody could leave at the head, for 10 + 1 in place of 10.5.
  ExitTrace trace{"tiny", {{0, 0, {{0.9, 0, 0}, {0.9, 0, 0}}}}};
  CHECK(choose_thresholds(trace, {{10, 10.5}, {1}}, 1).settings.thresholds.empty());
  CHECK(choose_thresholds(trace, {{10, 12}, {1}}, 1).settings.thresholds == std::map<ExitId, double>{{0, 0.45}});
}

TEST_CASE("a head at which nobody arrives gets no threshold") {
  // All leave at the first head, for 1 instead of 2, 3 or 4. That is found with one
  // threshold for the first two of three heads.
  const ExitTrace trace{"tiny", {{0, 0, {{0.9, 0, 0}, {0.9, 0, 0}, {0.9, 0, 0}, {0.9, 0, 0}}}}};
  CHECK(choose_thresholds(trace, {{1, 2, 3, 4}, {0, 0, 0}}, 0).settings.thresholds ==
        std::map<ExitId, double>{{0, 0.45}});
}

TEST_CASE("a threshold lies between two confidences, so that neither turns by rounding") {
  // Leaving at the head is right for the first sample only.
  const ExitTrace trace{"tiny", {{0, 0, {{0.9, 0, 0}, {0.9, 0, 0}}}, {1, 0, {{0.5, 0, 1}, {0.9, 0, 0}}}}};
  CHECK(choose_thresholds(trace, {{1, 2}, {0}}, 1).settings.thresholds == std::map<ExitId, double>{{0, 0.7}});
}

TEST_CASE("an accuracy that no thresholds reach is refused with the best there is") {
  // The head is right on the first sample, the final exit on none: 0.5 at most.
  const ExitTrace trace{"tiny", {{0, 0, {{0.9, 0, 0}, {0.9, 0, 1}}}, {1, 0, {{0.8, 0, 1}, {0.9, 0, 1}}}}};
  const ExitPrices prices{{1, 2}, {0}};
  CHECK(choose_thresholds(trace, prices, 0.5).accuracy == 0.5);
  CHECK_THROWS_WITH_AS(choose_thresholds(trace, prices, 0.6),
                       "minimum accuracy: `0.6`: no thresholds reach it; the best found have 0.5", InputError);
  CHECK_THROWS_WITH_AS(choose_thresholds(trace, prices, 1.5), "minimum accuracy: `1.5`: must be 0 to 1", InputError);
  CHECK_THROWS_WITH_AS(choose_thresholds(trace, {{1}, {}}, 0.5), "model: `tiny`: has no exit heads", InputError);
}

}  // namespace
}  // namespace twinfer
