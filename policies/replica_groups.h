// Devices of a chain that hold a stage together as its replicas, and what stages and
// hops cost on them: what a resource is held for by an average request, and what a
// request takes on average (core/plan.h says who serves which).
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "policies/chain_costs.h"
#include "policies/partition_policy.h"

namespace twinfer {

using GroupId = std::size_t;

// Of the busiest of several resources that take turns, and on average.
struct TurnCost {
  Seconds load = Seconds(0);
  Seconds latency = Seconds(0);
};

// Borrows `problem` and `costs`. Groups are sets of up to `replicas` distinct usable
// devices of the chain, in its order; by their first device's place, then size, then
// the other places.
class ReplicaGroups {
 public:
  // Throws InputError where there are too many groups, or hops between them, to weigh.
  ReplicaGroups(const Problem& problem, const ChainCosts& costs, std::uint64_t replicas);

  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  [[nodiscard]] const std::vector<DeviceId>& devices(GroupId group) const { return groups_[group].devices; }
  // Groups of which all devices stand before this one's in the chain, ascending.
  [[nodiscard]] const std::vector<GroupId>& before(GroupId group) const { return groups_[group].before; }

  // Hops at position `done`: from the source, or from the n-th group of before().
  [[nodiscard]] const TurnCost& source_hop(LayerId done, GroupId group) const { return hops(done, group)[0]; }
  [[nodiscard]] const TurnCost& hop(LayerId done, std::size_t n, GroupId group) const {
    return hops(done, group)[n + 1];
  }
  [[nodiscard]] const TurnCost& result(GroupId group) const { return groups_[group].result; }

  // Decoding and layers after `done` up to `end`; the layers alone, which grows with
  // every layer. O(replicas). REQUIRES: done < end.
  [[nodiscard]] TurnCost executor(LayerId done, LayerId end, GroupId group) const;
  [[nodiscard]] Seconds compute_load(LayerId done, LayerId end, GroupId group) const;
  // Of the replica that has least, if any states it; else infinite.
  [[nodiscard]] Bytes memory(GroupId group) const { return groups_[group].memory; }

 private:
  struct Step {
    Seconds before;  // all layers up to this position
    Seconds decode;
  };
  struct Group {
    std::vector<DeviceId> devices;
    std::size_t first = 0;  // places in the chain
    std::size_t last = 0;
    Bytes memory{std::numeric_limits<double>::infinity()};
    std::vector<GroupId> before;
    std::vector<TurnCost> hops;  // by position, then source and groups of `before`
    TurnCost result;
    std::vector<Step> steps;  // by position, then replica
  };
  void add_groups(const Problem& problem, std::uint64_t size, std::size_t place, Group group);
  void join_groups(const Problem& problem);
  void add_steps(Group& group) const;
  void add_hops(const Problem& problem, const std::vector<Cut>& cuts, Group& group);
  [[nodiscard]] const TurnCost* hops(LayerId done, GroupId group) const {
    return groups_[group].hops.data() + done * (groups_[group].before.size() + 1);
  }

  [[nodiscard]] static Seconds share(Seconds time, std::size_t count) {
    return count == 1 ? time : time / static_cast<double>(count);  // planners ask millions of times
  }

  const ChainCosts& costs_;
  std::vector<Group> groups_;
};

inline TurnCost ReplicaGroups::executor(LayerId done, LayerId end, GroupId group) const {
  const Group& at = groups_[group];
  const std::size_t count = at.devices.size();
  TurnCost sum;
  for (std::size_t i = 0; i < count; ++i) {
    const Step& step = at.steps[done * count + i];
    const Seconds time = step.decode + (at.steps[end * count + i].before - step.before);
    sum.load = std::max(sum.load, time);
    sum.latency += time;
  }
  return {share(sum.load, count), share(sum.latency, count)};
}

inline Seconds ReplicaGroups::compute_load(LayerId done, LayerId end, GroupId group) const {
  const Group& at = groups_[group];
  const std::size_t count = at.devices.size();
  Seconds load(0);
  for (std::size_t i = 0; i < count; ++i)
    load = std::max(load, at.steps[end * count + i].before - at.steps[done * count + i].before);
  return share(load, count);
}

}  // namespace twinfer
