#include "policies/plan_building.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace twinfer {

std::vector<Stage> two_way_stages(const Problem& problem, LayerId split) {
  const LayerId last = problem.cost.graph().last();
  assert(split <= last);
  std::vector<Stage> stages;
  if (split > 0) stages.push_back({problem.source, 1, split});
  if (split < last) stages.push_back({problem.target, split + 1, last});
  return stages;
}

std::vector<Stage> chain_stages(const std::vector<DeviceId>& chain, const ChainEnds& ends) {
  assert(chain.size() == ends.size());
  std::vector<Stage> stages;
  LayerId done = 0;
  for (std::size_t w = 0; w < chain.size(); ++w) {
    if (ends[w] > done) stages.push_back({chain[w], done + 1, ends[w]});
    done = ends[w];
  }
  return stages;
}

std::vector<Seconds> layer_times(const Problem& problem, DeviceId device) {
  const LayerGraph& graph = problem.cost.graph();
  std::vector<Seconds> times(graph.size());
  for (LayerId layer = 1; layer < graph.size(); ++layer) times[layer] = problem.cost.compute(layer, device);
  for (const ExitId head : problem.active_heads)
    times[graph.exit_heads().at(head).layer] += problem.cost.head(head, device);
  return times;
}

void require_chain(const Problem& problem, const std::string& policy) {
  if (problem.chain.empty()) throw InputError("", "chain", "", "policy " + policy + " needs at least one device in it");
}

bool is_feasible(const Problem& problem, const std::vector<Stage>& stages) {
  return is_feasible(stages, problem.cost.graph(), problem.cost.platform(), problem.source);
}

Plan costed_plan(const Problem& problem, const std::string& policy, std::vector<Stage> stages) {
  Plan plan;
  plan.policy = policy;
  plan.stages = std::move(stages);
  check_plan(plan, problem.cost.graph(), problem.cost.platform(), problem.source);
  const PlanCost cost = plan_cost(problem.cost, plan.stages, problem.source, problem.active_heads);
  plan.predicted_latency = cost.latency;
  plan.bottleneck = cost.bottleneck;
  plan.bottleneck_at = cost.bottleneck_at;
  return plan;
}

Seconds latency_of(const Problem& problem, const std::vector<Stage>& stages) {
  return plan_cost(problem.cost, stages, problem.source, problem.active_heads).latency;
}

std::vector<Candidate> best_first(std::vector<Candidate> candidates) {
  std::ranges::stable_sort(candidates, {}, &Candidate::cost);
  std::set<std::string> seen;
  std::erase_if(candidates, [&seen](const Candidate& c) { return !seen.insert(c.description).second; });
  return candidates;
}

std::vector<Candidate> by_latency(const Problem& problem, const std::vector<std::vector<Stage>>& layouts) {
  std::vector<Candidate> candidates;
  for (const std::vector<Stage>& stages : layouts)
    if (is_feasible(problem, stages)) candidates.push_back({layout(problem, stages), latency_of(problem, stages)});
  return best_first(std::move(candidates));
}

std::string layout(const Problem& problem, const std::vector<Stage>& stages) {
  return describe(stages, problem.cost.platform());
}

std::string device_name(const Problem& problem, DeviceId device) {
  return problem.cost.platform().devices.at(device).name;
}

std::string time_text(Seconds time) {
  return time < Seconds(1) ? fmt::format("{:.4g} ms", time.si() * 1e3) : fmt::format("{:.4g} s", time.si());
}

std::string energy_text(Joules energy) {
  return energy < Joules(1) ? fmt::format("{:.4g} mJ", energy.si() * 1e3) : fmt::format("{:.4g} J", energy.si());
}

std::string runner_up_text(const Plan& plan) {
  if (plan.candidates.size() < 2) return "";
  const Candidate& second = plan.candidates[1];
  const double more = second.cost.si() - plan.candidates.front().cost.si();
  return fmt::format("; next comes {}, {}", second.description,
                     second.cost.unit() == Cost::Unit::kJoules ? energy_text(Joules(more)) + " more"
                                                               : time_text(Seconds(more)) + " slower");
}

std::string bottleneck_text(const Plan& plan) {
  return fmt::format("{} takes {} of every request", plan.bottleneck_at, time_text(plan.bottleneck));
}

}  // namespace twinfer
