#include "policies/chain_energy.h"

namespace twinfer {

ChainEnergy::ChainEnergy(const Problem& problem, const ChainCosts& costs, const std::vector<DeviceId>& taking_part)
    : costs_(costs), source_(problem.source), busy_(costs.devices()) {
  const Platform& platform = problem.cost.platform();
  for (const DeviceId device : taking_part) busy_[device] = busy_power(platform, device, problem.threads);
  for (DeviceId from = 0; from < costs.devices(); ++from)
    for (DeviceId to = 0; to < costs.devices(); ++to)
      per_byte_.push_back(platform.has_route(from, to) ? route_energy(platform, Bytes(1), from, to) : Joules(0));
}

}  // namespace twinfer
