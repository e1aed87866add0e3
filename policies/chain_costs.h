// What every plan of consecutive layers is made of, computed once: time and memory
// of layers p+1..q, and of a hop after layer p. "Position p" means that layers
// 1..p are done.
#pragma once

#include <algorithm>
#include <vector>

#include "policies/partition_policy.h"
#include "policies/plan_building.h"

namespace twinfer {

// Every request runs to the end, or, given the shares of the requests by the exit
// that they take, each cost is weighted with the share that pays it: a mean.
//
// Borrows nothing. Devices are those of the platform, by id; times of a hop that
// has no route, or of a device without a profile, are infinite.
class ChainCosts {
 public:
  // What a message costs its connection: see HopCost. Infinite where it cannot be.
  struct Message {
    Seconds preparing = kNever;
    Seconds transmit = kNever;
    Seconds latency;

    [[nodiscard]] Seconds sending() const { return preparing + transmit + latency; }
    [[nodiscard]] Seconds holding() const { return std::max(preparing, transmit); }
  };

  explicit ChainCosts(const Problem& problem);
  // `shares` by exit, the final one last. REQUIRES: they sum to 1.
  ChainCosts(const Problem& problem, const std::vector<double>& shares);

  [[nodiscard]] LayerId last() const { return memory_before_.size() - 2; }
  [[nodiscard]] std::size_t devices() const { return results_.size(); }
  // Has a profile, and a route to the source.
  [[nodiscard]] bool usable(DeviceId device) const { return usable_[device]; }

  // Layers after `done` up to `end`, with their active heads and the results of
  // what leaves there. O(1).
  [[nodiscard]] Seconds compute(LayerId done, LayerId end, DeviceId device) const {
    return before_[device][end + 1] - before_[device][done + 1];
  }
  // A hop at position `done`: its message, how long that takes, and what it adds to the
  // receiver's computing. REQUIRES: done < last().
  [[nodiscard]] const Message& hop(LayerId done, DeviceId from, DeviceId to) const {
    return hops_[(done * devices() + from) * devices() + to];
  }
  [[nodiscard]] Seconds sending(LayerId done, DeviceId from, DeviceId to) const {
    return hop(done, from, to).sending();
  }
  [[nodiscard]] Seconds decode(LayerId done, DeviceId device) const { return decode_[device][done]; }
  // The part of sending that keeps the sender computing. REQUIRES: a usable device.
  [[nodiscard]] Seconds encode(LayerId done, DeviceId device) const { return encode_[device][done]; }
  [[nodiscard]] Bytes payload(LayerId done) const { return payload_[done]; }
  [[nodiscard]] const Message& result_message(DeviceId from) const { return results_[from]; }
  [[nodiscard]] Seconds result(DeviceId from) const { return results_[from].sending(); }

  // Parameters of layers after `done` up to `end` and of their heads, active or not.
  [[nodiscard]] Bytes memory(LayerId done, LayerId end) const {
    return memory_before_[end + 1] - memory_before_[done + 1];
  }

 private:
  // By layer: the share of requests that run it, and that leave behind it.
  struct Flow {
    std::vector<double> through;
    std::vector<double> leaving;
  };
  static Flow flow_of(const LayerGraph& graph, const std::vector<double>& shares);
  void add_device(const Problem& problem, DeviceId device, const std::vector<Cut>& cuts, const Flow& flow);
  void add_hops(const Problem& problem, const std::vector<Cut>& cuts, const Flow& flow);

  std::vector<bool> usable_;
  std::vector<std::vector<Seconds>> before_;  // before_[d][i]: layers 0..i-1 and their active heads
  std::vector<std::vector<Seconds>> decode_;
  std::vector<std::vector<Seconds>> encode_;
  std::vector<Bytes> payload_;
  std::vector<Message> hops_;
  std::vector<Message> results_;
  std::vector<Bytes> memory_before_;  // of layers 0..i-1 and all their heads
};

}  // namespace twinfer
