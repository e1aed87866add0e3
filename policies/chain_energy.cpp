#include "policies/chain_energy.h"

namespace twinfer {

ChainEnergy::ChainEnergy(const Problem& problem, const ChainCosts& costs) : costs_(costs), source_(problem.source) {
  const Platform& platform = problem.cost.platform();
  for (DeviceId device = 0; device < costs.devices(); ++device)
    busy_.push_back(costs.usable(device) ? busy_power(platform, device, problem.threads) : Watts(0));
  for (DeviceId from = 0; from < costs.devices(); ++from)
    for (DeviceId to = 0; to < costs.devices(); ++to)
      per_byte_.push_back(platform.has_route(from, to) ? route_energy(platform, Bytes(1), from, to) : Joules(0));
}

}  // namespace twinfer
