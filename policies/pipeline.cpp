#include "policies/pipeline.h"

namespace twinfer {
namespace {

Seconds layers_and_heads(const Problem& problem, const Stage& stage) {
  const CostModel& cost = problem.cost;
  const DeviceId device = stage.devices.front();
  Seconds time = cost.compute(stage.layers.front(), stage.layers.back(), device);
  for (const ExitId head : problem.active_heads)
    if (stage.holds(cost.graph().exit_heads().at(head).layer)) time += cost.head(head, device);
  return time;
}

}  // namespace

StreamCuts full_cuts(const LayerGraph& graph) {
  std::vector<Cut> cuts;
  for (LayerId after = 0; after < graph.last(); ++after) cuts.push_back(cut_after(graph, after));
  return {cuts, cuts};
}

PipelineCosts pipeline_costs(const Problem& problem, const StreamCuts& cuts, const std::vector<Stage>& stages) {
  PipelineCosts costs;
  DeviceId previous = problem.source;
  for (const Stage& stage : stages) {
    const Seconds work = layers_and_heads(problem, stage);
    const DeviceId device = stage.devices.front();
    const LayerId before = stage.layers.front() - 1;
    const HopCost first = problem.cost.hop(cuts.first.at(before), previous, device);
    const HopCost following = problem.cost.hop(cuts.following.at(before), previous, device);
    costs.first.insert(costs.first.end(), {first.preparing(), first.transmit, first.decode + work});
    costs.following.insert(costs.following.end(), {following.preparing(), following.transmit, following.decode + work});
    costs.lags.insert(costs.lags.end(), {Seconds(0), following.lag(), Seconds(0)});
    previous = device;
  }
  const HopCost result = problem.cost.result_return(previous, problem.source);
  costs.first.insert(costs.first.end(), {result.preparing(), result.transmit});
  costs.following.insert(costs.following.end(), {result.preparing(), result.transmit});
  costs.lags.insert(costs.lags.end(), {Seconds(0), result.lag()});
  return costs;
}

}  // namespace twinfer
