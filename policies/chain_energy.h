// What plans of consecutive layers are made of, in joules: the companion of
// chain_costs.h. What counts and what does not: core/energy.h.
#pragma once

#include <vector>

#include "core/energy.h"
#include "policies/chain_costs.h"

namespace twinfer {

// Borrows `costs`, which must outlive it, and REQUIRES those of requests that all run to
// the end. Every call is as that of ChainCosts of the same name and REQUIRES devices that
// take part, and a route.
class ChainEnergy {
 public:
  // Throws InputError naming host and property if one of `taking_part`, which are
  // usable, states no watts.
  ChainEnergy(const Problem& problem, const ChainCosts& costs, const std::vector<DeviceId>& taking_part);

  [[nodiscard]] Joules compute(LayerId done, LayerId end, DeviceId device) const {
    return busy_[device] * costs_.compute(done, end, device);
  }
  // Encoding, the links and decoding.
  [[nodiscard]] Joules hop(LayerId done, DeviceId from, DeviceId to) const {
    return busy_[from] * costs_.encode(done, from) + busy_[to] * costs_.decode(done, to) +
           costs_.payload(done).si() * per_byte(from, to);
  }
  [[nodiscard]] Joules result(DeviceId from) const { return kResultBytes.si() * per_byte(from, source_); }

 private:
  [[nodiscard]] Joules per_byte(DeviceId from, DeviceId to) const { return per_byte_[from * busy_.size() + to]; }

  const ChainCosts& costs_;
  DeviceId source_;
  std::vector<Watts> busy_;  // by device
  std::vector<Joules> per_byte_;
};

}  // namespace twinfer
