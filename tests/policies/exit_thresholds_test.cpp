// Thresholds against all that there are.
#include "policies/exit_thresholds.h"

#include <limits>

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/random.h"

namespace twinfer {
namespace {

struct Cheapest {
  double price = std::numeric_limits<double>::infinity();
  bool found = false;
};

// Every choice of one of the samples' confidences, or none, for each head.
void try_all(const ExitTrace& trace, const ExitPrices& prices, double floor, ExitSettings& settings, ExitId head,
             Cheapest& best) {
  if (head == prices.heads.size()) {
    const auto policy = make_exit_policy(settings);
    const ExitOutcome outcome = evaluate_exits(trace, *policy);
    if (outcome.accuracy < floor - 1e-9) return;
    best.found = true;
    best.price = std::min(best.price, mean_price(prices, policy->active_heads(), outcome.shares));
    return;
  }
  try_all(trace, prices, floor, settings, head + 1, best);
  for (const SampleTrace& sample : trace.samples) {
    settings.thresholds[head] = sample.exits[head].confidence;
    try_all(trace, prices, floor, settings, head + 1, best);
  }
  settings.thresholds.erase(head);
}

Cheapest brute_force(const ExitTrace& trace, const ExitPrices& prices, double floor) {
  ExitSettings settings{ExitRule::kMaxSoftmax, {}};
  Cheapest best;
  try_all(trace, prices, floor, settings, 0, best);
  return best;
}

// Confidences in tenths, so that ties occur; the later the exit, the more often right.
ExitTrace random_trace(std::uint64_t seed, std::size_t samples, std::size_t heads) {
  std::uint64_t drawn = 0;
  const auto draw = [&] { return uniform(seed, RandomStream::kSample, drawn++); };
  ExitTrace trace{"tiny", {}};
  for (std::size_t s = 0; s < samples; ++s) {
    SampleTrace sample{s, 0, {}};
    for (ExitId exit = 0; exit <= heads; ++exit) {
      const double confidence = static_cast<double>(1 + static_cast<int>(draw() * 10)) / 10;
      const bool right = draw() < 0.5 + 0.4 * static_cast<double>(exit) / static_cast<double>(heads);
      sample.exits.push_back({confidence, 0, right ? 0 : 1});
    }
    trace.samples.push_back(sample);
  }
  return trace;
}

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
    const ExitTrace trace = random_trace(seed, 7, heads);
    const ExitPrices prices = random_prices(seed, heads);
    const double floor = 0.1 * static_cast<double>(seed % 11);
    const Cheapest expected = brute_force(trace, prices, floor);
    if (!expected.found) {
      CHECK_THROWS_AS(choose_thresholds(trace, prices, floor), InputError);
      continue;
    }
    ++feasible;
    const ThresholdChoice choice = choose_thresholds(trace, prices, floor);
    CHECK(choice.mean_price == doctest::Approx(expected.price));

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
  ExitTrace trace = random_trace(5, 2000, heads);
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
  CHECK(choose_thresholds(trace, {{10, 12}, {1}}, 1).settings.thresholds == std::map<ExitId, double>{{0, 0.9}});
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
