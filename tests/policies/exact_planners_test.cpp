// Planners that claim to be exact, against plain enumeration on random DAGs, and
// how far the others are from the optimum. The same worlds for all.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/policies/hard_worlds.h"

namespace twinfer {
namespace {

double least_latency_s(const Problem& problem, const std::function<bool(const std::vector<Stage>&)>& keeps) {
  double least_s = std::numeric_limits<double>::infinity();
  for_each_placement(problem, [&](const std::vector<Stage>& stages) {
    if (feasible(problem, stages) && keeps(stages)) least_s = std::min(least_s, cost_of(problem, stages).latency.si());
  });
  return least_s;
}

double least_over(const Problem& problem, const Layouts& layouts,
                  const std::function<double(const std::vector<Stage>&)>& cost) {
  double least = std::numeric_limits<double>::infinity();
  for (const std::vector<Stage>& stages : layouts)
    if (feasible(problem, stages)) least = std::min(least, cost(stages));
  return least;
}

// Every split of the DAG between source and target that data flows over once.
Layouts two_way_splits(const Problem& problem) {
  const LayerGraph& graph = problem.cost.graph();
  Layouts layouts;
  for (std::uint32_t bits = 0; bits < (1U << graph.last()); ++bits) {
    std::vector<LayerId> here;
    std::vector<LayerId> there;
    for (LayerId layer = 1; layer <= graph.last(); ++layer)
      ((bits >> (layer - 1) & 1) != 0 ? here : there).push_back(layer);
    Plan plan;
    if (!here.empty()) plan.stages.push_back({problem.source, here});
    if (!there.empty()) plan.stages.push_back({problem.target, there});
    try {
      check_plan(plan, graph, problem.cost.platform(), problem.source);
      layouts.push_back(plan.stages);
    } catch (const InputError&) {
    }
  }
  return layouts;
}

TEST_CASE("exact-latency and exhaustive are the fastest of all placements, on random DAGs") {
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    const RandomWorld at(static_cast<std::uint64_t>(seed));
    const double least_s = least_latency_s(at.problem, [](const auto&) { return true; });
    for (const char* policy : {"exact-latency", "exhaustive"}) {
      const std::optional<Plan> plan = plan_by(policy, at.problem);
      REQUIRE(plan.has_value() == std::isfinite(least_s));
      if (plan) REQUIRE(plan->predicted_latency.si() == doctest::Approx(least_s).epsilon(1e-12));
    }
  }
}

TEST_CASE("exact-throughput has the smallest bottleneck of all plans along the chain, on random DAGs") {
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    const RandomWorld at(static_cast<std::uint64_t>(seed));
    const Layouts layouts = tiny::all_chain_layouts(at.world.graph, at.problem.chain);
    const double least_s = least_over(at.problem, layouts, [&](const std::vector<Stage>& stages) {
      return cost_of(at.problem, stages).bottleneck.si();
    });
    const std::optional<Plan> plan = plan_by("exact-throughput", at.problem);
    REQUIRE(plan.has_value() == std::isfinite(least_s));
    if (!plan) continue;
    REQUIRE(plan->bottleneck.si() == doctest::Approx(least_s).epsilon(1e-12));
    const double fastest_s = least_over(at.problem, layouts, [&](const std::vector<Stage>& stages) {
      const PlanCost cost = cost_of(at.problem, stages);
      return cost.bottleneck.si() <= least_s * (1 + 1e-12) ? cost.latency.si()
                                                           : std::numeric_limits<double>::infinity();
    });
    REQUIRE(plan->predicted_latency.si() == doctest::Approx(fastest_s).epsilon(1e-12));
  }
}

// Whether the layers of a constraint stand where it wants them, on every replica.
bool keeps_constraints(const Problem& problem, const std::vector<Stage>& stages) {
  return std::ranges::all_of(problem.constraints, [&](const PlacementConstraint& constraint) {
    return std::ranges::none_of(stages, [&](const Stage& stage) {
      return stage.holds(constraint.layer) && std::ranges::any_of(stage.devices, [&](DeviceId device) {
               return (device == constraint.device) != constraint.must;
             });
    });
  });
}

// One more link on the way between all devices.
void share_a_link(std::mt19937_64& random, Platform& platform) {
  const LinkId shared = platform.links.size();
  platform.links.push_back(
      {"shared", BytesPerSecond(static_cast<double>(64U << tiny::draw(random, 0, 2))), Seconds(0)});
  for (auto& [ends, links] : platform.routes) links.push_back(shared);
}

TEST_CASE("exact-throughput with replicas has the smallest bottleneck of all of them, on random DAGs") {
  int replicated = 0;
  int bound_by_a_link = 0;
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    RandomWorld at(static_cast<std::uint64_t>(seed));
    at.problem.replicas = tiny::draw(at.random, 2, 4);
    share_a_link(at.random, at.world.platform);
    if (tiny::draw(at.random, 0, 1) == 0)
      at.problem.constraints = {{tiny::draw(at.random, 1, at.world.graph.last()),
                                 tiny::draw(at.random, 0, at.problem.chain.size() - 1),
                                 tiny::draw(at.random, 0, 1) == 0}};
    std::vector<std::pair<double, double>> costs;  // bottleneck, latency
    for (const std::vector<Stage>& stages :
         tiny::all_replica_layouts(at.world.graph, at.problem.chain, at.problem.replicas)) {
      if (!feasible(at.problem, stages) || !keeps_constraints(at.problem, stages)) continue;
      const PlanCost cost = cost_of(at.problem, stages);
      costs.emplace_back(cost.bottleneck.si(), cost.latency.si());
    }
    const std::optional<Plan> plan = plan_by("exact-throughput", at.problem);
    REQUIRE(plan.has_value() == !costs.empty());
    if (!plan) continue;
    const double least_s = std::ranges::min(costs).first;
    REQUIRE(plan->bottleneck.si() == doctest::Approx(least_s).epsilon(1e-12));
    std::erase_if(costs, [&](const auto& cost) { return cost.first > least_s * (1 + 1e-12); });
    const double fastest_s = std::ranges::min(costs, {}, [](const auto& cost) { return cost.second; }).second;
    REQUIRE(plan->predicted_latency.si() == doctest::Approx(fastest_s).epsilon(1e-12));
    REQUIRE(keeps_constraints(at.problem, plan->stages));
    if (std::ranges::any_of(plan->stages, [](const Stage& stage) { return stage.devices.size() > 1; })) ++replicated;
    if (plan->bottleneck_at.starts_with("link ")) ++bound_by_a_link;
  }
  CHECK(replicated > kWorlds / 10);
  CHECK(bound_by_a_link > kWorlds / 100);
}

TEST_CASE("papdl is the fastest way over slices within 0.8 of the memory, on random DAGs") {
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    RandomWorld at(static_cast<std::uint64_t>(seed));
    const LayerGraph& graph = at.world.graph;
    const LayerId layer = tiny::draw(at.random, 1, graph.last());
    const DeviceId device = tiny::draw(at.random, 0, at.world.platform.devices.size() - 1);
    at.problem.constraints = {{layer, device, tiny::draw(at.random, 0, 1) == 0}};
    const auto keeps = [&](const std::vector<Stage>& stages) {
      std::vector<double> used(at.world.platform.devices.size());
      for (const Stage& stage : stages) {
        for (const LayerId held : stage.layers)
          used[stage.devices.front()] += (graph.layer(held).parameter_bytes + graph.layer(held).output_bytes).si();
        if (stage.holds(layer) && stage.runs_on(device) != at.problem.constraints[0].must) return false;
        const LayerId before = stage.layers.front() - 1;
        if (before > 0 && cut_after(graph, before).tensors != std::vector<LayerId>{before}) return false;
      }
      for (DeviceId id = 0; id < used.size(); ++id) {
        const double memory = at.world.platform.devices[id].memory.si();
        if (memory > 0 && used[id] > 0.8 * memory) return false;
      }
      return true;
    };
    const double least_s = least_latency_s(at.problem, keeps);
    const std::optional<Plan> plan = plan_by("papdl", at.problem);
    REQUIRE(plan.has_value() == std::isfinite(least_s));
    if (!plan) continue;
    REQUIRE(keeps(plan->stages));
    REQUIRE(plan->predicted_latency.si() == doctest::Approx(least_s).epsilon(1e-12));
  }
}

TEST_CASE("dads under light load is the fastest split of the DAG between two devices, on random DAGs") {
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    RandomWorld at(static_cast<std::uint64_t>(seed));
    for (DeviceId id = 0; id < at.world.platform.devices.size(); ++id) at.world.platform.devices[id].memory = Bytes(0);
    const double least_s = least_over(at.problem, two_way_splits(at.problem), [&](const std::vector<Stage>& stages) {
      return cost_of(at.problem, stages).latency.si();
    });
    at.problem.rate_hz = 0;
    const std::optional<Plan> plan = plan_by("dads", at.problem);
    REQUIRE(plan.has_value());
    REQUIRE(plan->predicted_latency.si() == doctest::Approx(least_s).epsilon(1e-12));
  }
}

// How often a policy reaches the optimum of an objective, and its mean gap.
struct Score {
  int plans = 0;
  int optimal = 0;
  double gap = 0;

  void add(double cost, double least) {
    REQUIRE(cost >= least * (1 - 1e-12));
    ++plans;
    if (cost <= least * (1 + 1e-12)) ++optimal;
    gap += cost / least - 1;
  }
};

TEST_CASE("no heuristic beats the optimum or falls behind its own start, and how far it is") {
  std::map<std::string, Score> latency;
  std::map<std::string, Score> bottleneck;
  std::map<std::string, Score> makespan;
  for (int seed = 0; seed < kWorlds; ++seed) {
    CAPTURE(seed);
    RandomWorld at(static_cast<std::uint64_t>(seed));
    const Layouts chains = tiny::all_chain_layouts(at.world.graph, at.problem.chain);
    const auto makespan_s = [&](const std::vector<Stage>& stages) {
      return tiny::naive_makespan(at.problem, stages).si();
    };
    const double least_makespan_s = least_over(at.problem, chains, makespan_s);
    const std::optional<Plan> fastest = plan_by("exact-latency", at.problem);
    const std::optional<Plan> lbc = plan_by("lbc", at.problem);
    for (const char* policy : {"local", "remote", "neurosurgeon", "cascade", "lbc", "nsc", "das"}) {
      const std::optional<Plan> plan = plan_by(policy, at.problem);
      if (!plan) continue;
      REQUIRE(fastest.has_value());
      latency[policy].add(plan->predicted_latency.si(), fastest->predicted_latency.si());
      const bool along_chain = std::ranges::find(chains, plan->stages) != chains.end();
      if (along_chain) makespan[policy].add(makespan_s(plan->stages), least_makespan_s);
      if (lbc && policy == std::string("nsc")) REQUIRE(makespan_s(plan->stages) <= makespan_s(lbc->stages));
    }
    at.problem.rate_hz = std::numeric_limits<double>::infinity();
    const std::optional<Plan> heavy = plan_by("dads", at.problem);
    if (!heavy) continue;
    const auto bottleneck_s = [&](const std::vector<Stage>& stages) {
      return cost_of(at.problem, stages).bottleneck.si();
    };
    bottleneck["dads (heavy)"].add(bottleneck_s(heavy->stages),
                                   least_over(at.problem, two_way_splits(at.problem), bottleneck_s));
    Layouts starts;
    for (LayerId split = 1; split < at.world.graph.last(); ++split)
      starts.push_back({{at.problem.source, 1, split}, {at.problem.target, split + 1, at.world.graph.last()}});
    REQUIRE(bottleneck_s(heavy->stages) <= least_over(at.problem, starts, bottleneck_s) * (1 + 1e-12));
  }
  const auto print = [](const char* objective, const std::map<std::string, Score>& scores) {
    for (const auto& [policy, score] : scores)
      std::printf("| %-13s | %-23s | %5d | %9.1f | %12.1f |\n", policy.c_str(), objective, score.plans,
                  100.0 * score.optimal / score.plans, 100 * score.gap / score.plans);
  };
  std::printf("| policy        | against the least       | plans | optimal %% | mean gap %%   |\n");
  std::printf("|---------------|-------------------------|------:|----------:|-------------:|\n");
  print("latency, any placement", latency);
  print("makespan of 12, chain", makespan);
  print("bottleneck, two devices", bottleneck);
}

}  // namespace
}  // namespace twinfer
