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

}  // namespace

ChainCosts::ChainCosts(const Problem& problem)
    : memory_before_(sums_before(parameters_by_layer(problem.cost.graph()))) {
  const std::vector<Cut> cuts = full_cuts(problem.cost.graph()).first;
  const std::size_t count = problem.cost.platform().devices.size();
  for (DeviceId device = 0; device < count; ++device) add_device(problem, device, cuts);
  add_hops(problem, cuts);
}

void ChainCosts::add_device(const Problem& problem, DeviceId device, const std::vector<Cut>& cuts) {
  const CostModel& cost = problem.cost;
  const bool usable = cost.has_profile(device) && cost.platform().has_route(device, problem.source);
  usable_.push_back(usable);
  results_.push_back(usable ? cost.result_return(device, problem.source).sending() : kNever);
  before_.push_back(usable ? sums_before(layer_times(problem, device)) : std::vector<Seconds>{});
  std::vector<Seconds>& decode = decode_.emplace_back();
  if (usable)
    for (const Cut& cut : cuts) decode.push_back(cost.hop(cut, device, device).decode);
}

void ChainCosts::add_hops(const Problem& problem, const std::vector<Cut>& cuts) {
  const Platform& platform = problem.cost.platform();
  sending_.assign(cuts.size() * devices() * devices(), kNever);
  for (LayerId done = 0; done < cuts.size(); ++done)
    for (DeviceId from = 0; from < devices(); ++from)
      for (DeviceId to = 0; to < devices(); ++to) {
        if (!usable_[to] || !problem.cost.has_profile(from) || !platform.has_route(from, to)) continue;
        sending_[(done * devices() + from) * devices() + to] = problem.cost.hop(cuts[done], from, to).sending();
      }
}

}  // namespace twinfer
