// Cuts and thresholds together, against every plan with every threshold.
#include <doctest/doctest.h>

#include "core/error.h"
#include "core/table_file.h"
#include "tests/support/exit_search.h"
#include "tests/support/random_world.h"
#include "tests/support/refusal.h"

namespace twinfer {
namespace {

Plan joint(const Problem& problem) { return make_partition_policy("joint")->plan(problem); }

std::string refusal(const Problem& problem) {
  return refusal_of([&] { joint(problem); });
}

double mean_latency_s(const Problem& problem, const Plan& plan) {
  const auto policy = make_exit_policy(plan.exits.value());
  const ExitOutcome outcome = evaluate_exits(*problem.trace, *policy);
  return mean_price(latency_prices(problem, plan.stages), policy->active_heads(), outcome.shares);
}

std::optional<double> best_of_all_s(const Problem& problem) {
  std::optional<double> best;
  tiny::for_each_placement(problem, [&](const std::vector<Stage>& stages) {
    if (!is_feasible(stages, problem.cost.graph(), problem.cost.platform(), problem.source)) return;
    const ExitPrices prices = latency_prices(problem, stages);
    const std::optional<double> price = tiny::cheapest_price(*problem.trace, prices, *problem.min_accuracy);
    if (price) best = std::min(best.value_or(*price), *price);
  });
  return best;
}

TEST_CASE("no plan with any thresholds is faster, on random graphs, platforms and traces") {
  int planned = 0;
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const tiny::World world = tiny::random_world(random, tiny::draw(random, 2, 5), tiny::draw(random, 1, 3));
    const std::size_t heads = world.graph.exit_heads().size();
    if (heads == 0 || heads > 2) continue;
    const ExitTrace trace = tiny::random_trace(seed, 5, heads);
    Problem problem = tiny::problem(world);
    problem.trace = &trace;
    problem.min_accuracy = 0.2 * static_cast<double>(seed % 6);

    const std::optional<double> best = best_of_all_s(problem);
    if (!best) {
      ++refused;
      CHECK(refusal(problem).starts_with("minimum accuracy: `" + format_number(*problem.min_accuracy) +
                                         "`: no thresholds reach it; the best found have "));
      continue;
    }
    ++planned;
    const Plan plan = joint(problem);
    CHECK_NOTHROW(check_plan(plan, world.graph, world.platform, problem.source));
    CHECK(mean_latency_s(problem, plan) == doctest::Approx(*best));
    CHECK(plan.candidates.front().cost.si() == doctest::Approx(*best));
    CHECK(evaluate_exits(trace, *make_exit_policy(*plan.exits)).accuracy >= *problem.min_accuracy - 1e-9);
  }
  CHECK(planned > 80);
  CHECK(refused > 5);
}

// Layers of 1 s and 4 s on pi, 0.1 s and 0.4 s on pc, 10 s away for the input and
// 2 s for the tensor between them; results take no time. The head costs nothing.
const tiny::World& far_pc() {
  static const tiny::World world(tiny::chain({1000, 200, 8}, {1}), tiny::mesh({"pi", "pc"}, 100, 0),
                                 {{0, 1, 4}, {0, 0.1, 0.4}}, {{0}, {0}}, {});
  return world;
}

Problem far_problem(const ExitTrace& trace, double min_accuracy) {
  Problem problem = tiny::problem(far_pc());
  problem.trace = &trace;
  problem.min_accuracy = min_accuracy;
  return problem;
}

// The head is right on the first three of four samples, and less sure of the last.
const ExitTrace kMostlyEasy{"tiny",
                            {{0, 0, {{0.9, 0, 0}, {0.9, 0, 0}}},
                             {1, 0, {{0.9, 0, 0}, {0.9, 0, 0}}},
                             {2, 0, {{0.9, 0, 0}, {0.9, 0, 0}}},
                             {3, 0, {{0.5, 0, 1}, {0.9, 0, 0}}}}};

TEST_CASE("with a lower accuracy everything leaves at the head, with a higher one the rest goes on") {
  const Plan all_leave = joint(far_problem(kMostlyEasy, 0.75));
  CHECK(all_leave.candidates.front().cost.si() == doctest::Approx(1));  // layer 1 on pi
  const Plan plan = joint(far_problem(kMostlyEasy, 1));
  CHECK(plan.exits->thresholds == std::map<ExitId, double>{{0, 0.7}});
  // a quarter also runs layer 2: on pc after 2 s, and the result of 256 B takes 2.56 s; so on pi in 4 s
  CHECK(describe(plan.stages, far_pc().platform) == "pi[1-2]");
  CHECK(plan.candidates.front().cost.si() == doctest::Approx(2));
  CHECK(plan.why == "Thresholds exit1 from 0.7: 100 % right, 2 s on average with these cuts.");
  CHECK(plan.objective == "mean latency of requests alone, with at least 100 % of the samples right");
}

TEST_CASE("memory is kept") {
  // pi has room for one of the two layers: with all right, a quarter goes on to pc in
  // 2 + 0.4 s and is back after 2.56: 1 + 4.96 / 4 = 2.24 s; all on pc 10 + 0.1 + 0.4 / 4 + 2.56.
  tiny::World world(tiny::dag({{{}, 1000}, {{0}, 200, 100}, {{1}, 8, 100}}, {1}), tiny::mesh({"pi", "pc"}, 100),
                    {{0, 1, 4}, {0, 0.1, 0.4}}, {{0}, {0}}, {});
  world.platform.devices[0].memory = Bytes(150);
  Problem problem = tiny::problem(world);
  problem.trace = &kMostlyEasy;
  problem.min_accuracy = 1;
  const Plan plan = joint(problem);
  CHECK(describe(plan.stages, world.platform) == "pi[1-1] pc[2-2]");
  CHECK(plan.why == "Thresholds exit1 from 0.7: 100 % right, 2.24 s on average with these cuts.");
  REQUIRE(plan.candidates.size() == 2);
  CHECK(plan.candidates[1].description == "pc[1-2]");
  CHECK(plan.candidates[1].cost.si() == doctest::Approx(12.76));

  world.platform.devices[1].memory = Bytes(50);
  CHECK(refusal(problem) == "policy: `joint`: no plan has its routes, fits the memory and keeps the constraints");
}

TEST_CASE("constraints are kept") {
  Problem problem = far_problem(kMostlyEasy, 0.75);
  problem.constraints = {{1, 1, true}};
  CHECK(describe(joint(problem).stages, far_pc().platform).starts_with("pc[1-"));
  problem.constraints = {{1, 0, false}, {1, 1, false}};
  CHECK(refusal(problem) == "policy: `joint`: no plan has its routes, fits the memory and keeps the constraints");
}

TEST_CASE("joint needs heads, recorded exits and an accuracy that thresholds reach") {
  CHECK_THROWS_WITH_AS(joint(tiny::problem(far_pc())), "policy: `joint`: tiny has no recorded exits", InputError);
  Problem problem = far_problem(kMostlyEasy, 1);
  problem.min_accuracy.reset();
  CHECK_THROWS_WITH_AS(joint(problem), "min_accuracy: missing; policy joint keeps that share of right answers",
                       InputError);
  ExitTrace hard = kMostlyEasy;
  hard.samples[3].exits[1].predicted = 1;
  CHECK_THROWS_WITH_AS(joint(far_problem(hard, 0.9)),
                       "minimum accuracy: `0.9`: no thresholds reach it; the best found have 0.75", InputError);
  const tiny::World headless(tiny::chain({100, 8}), tiny::mesh({"pi"}, 100), {{0, 1}});
  CHECK_THROWS_WITH_AS(joint(tiny::problem(headless)), "policy: `joint`: tiny has no exit heads", InputError);
}

}  // namespace
}  // namespace twinfer
