#include "policies/chain_costs.h"

#include "policies/pipeline.h"
#include "policies/plan_building.h"

namespace twinfer {
namespace {

// result[i]: the sum of all before i.
template <class Quantity>
std::vector<Quantity> sums_before(const std::vector<Quantity>& of_layer) {
  std::vector<Quantity> before{Quantity(0)};
  for (const Quantity value : of_layer) before.push_back(before.back() + value);
  return before;
}

// As the share of requests that pay it feels it.
ChainCosts::Message weighted(const HopCost& cost, double share) {
  return {share * cost.preparing(), share * cost.transmit, share * cost.lag()};
}

std::vector<double> all_stay(const LayerGraph& graph) {
  std::vector<double> shares(graph.exit_heads().size() + 1, 0.0);
  shares.back() = 1;
  return shares;
}

}  // namespace

ChainCosts::ChainCosts(const Problem& problem) : ChainCosts(problem, all_stay(problem.cost.graph())) {}

ChainCosts::ChainCosts(const Problem& problem, const std::vector<double>& shares)
    : memory_before_(sums_before(parameters_by_layer(problem.cost.graph()))) {
  const Flow flow = flow_of(problem.cost.graph(), shares);
  const std::vector<Cut> cuts = full_cuts(problem.cost.graph()).first;
  const std::size_t count = problem.cost.platform().devices.size();
  for (LayerId done = 0; done < cuts.size(); ++done) payload_.push_back(flow.through[done + 1] * cuts[done].bytes);
  for (DeviceId device = 0; device < count; ++device) add_device(problem, device, cuts, flow);
  add_hops(problem, cuts, flow);
}

ChainCosts::Flow ChainCosts::flow_of(const LayerGraph& graph, const std::vector<double>& shares) {
  Flow flow{std::vector<double>(graph.size()), std::vector<double>(graph.size())};
  for (ExitId head = 0; head < graph.exit_heads().size(); ++head)
    flow.leaving[graph.exit_heads()[head].layer] = shares[head];
  flow.leaving.back() = shares.back();
  double through = 0;
  for (LayerId layer = graph.size(); layer-- > 0;) flow.through[layer] = through += flow.leaving[layer];
  return flow;
}

void ChainCosts::add_device(const Problem& problem, DeviceId device, const std::vector<Cut>& cuts, const Flow& flow) {
  const CostModel& cost = problem.cost;
  const bool usable = cost.has_profile(device) && cost.platform().has_route(device, problem.source);
  usable_.push_back(usable);
  const HopCost result = usable ? cost.result_return(device, problem.source) : HopCost{};
  results_.push_back(usable ? weighted(result, flow.leaving.back()) : Message{});
  std::vector<Seconds> times = usable ? layer_times(problem, device) : std::vector<Seconds>{};
  for (LayerId layer = 0; layer < times.size(); ++layer) {
    times[layer] *= flow.through[layer];
    if (layer < last()) times[layer] += flow.leaving[layer] * result.sending();
  }
  before_.push_back(usable ? sums_before(times) : std::vector<Seconds>{});
  decode_.emplace_back();
  encode_.emplace_back();
  if (!usable) return;
  for (LayerId done = 0; done < cuts.size(); ++done) {
    const HopCost within = cost.hop(cuts[done], device, device);
    decode_.back().push_back(flow.through[done + 1] * within.decode);
    encode_.back().push_back(flow.through[done + 1] * within.encode);
  }
}

void ChainCosts::add_hops(const Problem& problem, const std::vector<Cut>& cuts, const Flow& flow) {
  const Platform& platform = problem.cost.platform();
  hops_.assign(cuts.size() * devices() * devices(), {});
  for (LayerId done = 0; done < cuts.size(); ++done)
    for (DeviceId from = 0; from < devices(); ++from)
      for (DeviceId to = 0; to < devices(); ++to) {
        if (!usable_[to] || !problem.cost.has_profile(from) || !platform.has_route(from, to)) continue;
        hops_[(done * devices() + from) * devices() + to] =
            weighted(problem.cost.hop(cuts[done], from, to), flow.through[done + 1]);
      }
}

}  // namespace twinfer
