// What exits are worth, by hand.
#include "policies/exit_outcome.h"

#include <doctest/doctest.h>

#include "tests/support/tiny.h"

namespace twinfer {
namespace {

// Three samples of class 0. The head is right on the first two, the final exit on
// the last two.
ExitTrace three_samples() {
  ExitTrace trace{"tiny", {}};
  trace.samples.push_back({0, 0, {{0.9, 0.1, 0}, {0.8, 0.1, 1}}});
  trace.samples.push_back({1, 0, {{0.6, 0.1, 0}, {0.8, 0.1, 0}}});
  trace.samples.push_back({2, 0, {{0.7, 0.1, 1}, {0.8, 0.1, 0}}});
  return trace;
}

ExitOutcome at_threshold(double threshold) {
  return evaluate_exits(three_samples(), *make_exit_policy({ExitRule::kMaxSoftmax, {{0, threshold}}}));
}

TEST_CASE("a lower threshold lets more samples leave, rightly or wrongly") {
  // 0.9: the first leaves, rightly; the others go on, rightly
  CHECK(at_threshold(0.9).accuracy == 1);
  CHECK(at_threshold(0.9).shares[0] == doctest::Approx(1.0 / 3));
  // 0.65: the third leaves as well, wrongly
  CHECK(at_threshold(0.65).accuracy == doctest::Approx(2.0 / 3));
  CHECK(at_threshold(0.65).shares[0] == doctest::Approx(2.0 / 3));
  // 0.5: all leave
  CHECK(at_threshold(0.5).accuracy == doctest::Approx(2.0 / 3));
  CHECK(at_threshold(0.5).shares == std::vector<double>{1, 0});
}

TEST_CASE("the accuracy of an exit counts every sample, whether it would leave there or not") {
  CHECK(exit_accuracy(three_samples()) == std::vector<double>{2.0 / 3, 2.0 / 3});
}

// Input 10 B, then 4 B and 8 B; 1 B/s and 0.5 s latency; a head after layer 1.
// Seconds on device 0: 2 and 3, the head 0.25; on device 1: 0.5 and 1, the head
// 0.125. A message costs 0.1 s, its tensor 0.01 s to encode and 0.02 s to decode.
const tiny::World& world() {
  static const tiny::World two(tiny::chain({10, 4, 8}, {1}), tiny::mesh({"pi", "pc"}, 1, 0.5), {{0, 2, 3}, {0, 0.5, 1}},
                               {{0.25}, {0.125}}, {0.01, 0.02, 0.1});
  return two;
}

Problem problem_with(std::vector<ExitId> active_heads) {
  return {.cost = world().cost, .source = 0, .target = 1, .chain = {}, .active_heads = std::move(active_heads)};
}

TEST_CASE("a request pays the stages up to its exit and its result's way back") {
  const ExitPrices prices = latency_prices(problem_with({}), {{0, 1, 1}, {1, 2, 2}});
  // to the head: input handed over on the device 0.01 + 0.1 + 0.02, layer 2, result 0.1
  CHECK(prices.layers[0] == doctest::Approx(2.23));
  // to the end: 2.13 as above, then 0.01 + 0.1 + 0.5 + 4 + 0.02 to the other device,
  // layer 1, result 0.1 + 0.5 + 256
  CHECK(prices.layers[1] == doctest::Approx(2.13 + 4.63 + 1 + 256.6));
  CHECK(prices.heads == std::vector<double>{0.25});
}

TEST_CASE("the price of a request that takes no exit is the latency of the plan") {
  const std::vector<Stage> layouts[] = {{{0, 1, 2}}, {{1, 1, 2}}, {{0, 1, 1}, {1, 2, 2}}, {{1, 1, 1}, {0, 2, 2}}};
  for (const std::vector<Stage>& stages : layouts) {
    const Problem problem = problem_with({0});
    const PlanCost cost = plan_cost(problem.cost, stages, 0, problem.active_heads);
    CHECK(mean_price(latency_prices(problem, stages), {0}, {0, 1}) == doctest::Approx(cost.latency.si()));
  }
}

TEST_CASE("a head costs everybody who comes by and is active only where it has a threshold") {
  const ExitPrices prices{{10, 20, 30}, {1, 2}};
  // a quarter pays 10 + 1, a quarter 20 + 1 + 2, the rest 30 + 1 + 2
  CHECK(mean_price(prices, {0, 1}, {0.25, 0.25, 0.5}) == doctest::Approx(2.75 + 5.75 + 16.5));
  // without the first head
  CHECK(mean_price(prices, {1}, {0, 0.5, 0.5}) == doctest::Approx(11 + 16));
}

TEST_CASE("work up to an exit counts the layers before it and the heads apart") {
  // tiny layers do 1000 operations, heads 10
  const ExitPrices prices = work_prices(tiny::chain({10, 4, 8, 2}, {1, 2}));
  CHECK(prices.layers == std::vector<double>{1000, 2000, 3000});
  CHECK(prices.heads == std::vector<double>{10, 10});
}

}  // namespace
}  // namespace twinfer
