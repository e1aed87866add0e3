#include "policies/replica_groups.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/pipeline.h"
#include "policies/plan_building.h"

namespace twinfer {
namespace {

constexpr std::size_t kMostGroups = 4096;
constexpr std::size_t kMostHops = 4'000'000;  // of 16 B each

// Of equal shares; a way that cannot be makes all of it infinite.
template <class Sending, class Holding>
TurnCost turns(const Platform& platform, const std::vector<Way>& ways, Bytes bytes, const Sending& sending,
               const Holding& holding) {
  const auto count = static_cast<double>(ways.size());
  TurnCost cost;
  for (const Way& way : ways) {
    cost.load = std::max(cost.load, holding(way) / count);
    cost.latency += sending(way);
  }
  cost.latency = cost.latency / count;
  if (ways.size() > 1 && cost.load != kNever)
    cost.load = std::max(cost.load, Seconds(bytes.si() * busiest_link(platform, ways).s_per_byte));
  return cost;
}

}  // namespace

ReplicaGroups::ReplicaGroups(const Problem& problem, const ChainCosts& costs, std::uint64_t replicas) : costs_(costs) {
  for (std::uint64_t size = 1; size <= std::min<std::uint64_t>(replicas, problem.chain.size()); ++size)
    add_groups(problem, size, 0, {});
  std::ranges::stable_sort(groups_, {},
                           [](const Group& group) { return std::tuple(group.first, group.devices.size()); });
  join_groups(problem);
  const std::vector<Cut> cuts = full_cuts(problem.cost.graph()).first;
  for (Group& group : groups_) {
    add_hops(problem, cuts, group);
    add_steps(group);
  }
}

// Grows `group` to `size` devices from `place` on.
void ReplicaGroups::add_groups(const Problem& problem, std::uint64_t size, std::size_t place, Group group) {
  if (group.devices.size() == size) {
    groups_.push_back(std::move(group));
    return;
  }
  for (; place < problem.chain.size(); ++place) {
    const DeviceId device = problem.chain[place];
    if (!costs_.usable(device) || std::ranges::find(group.devices, device) != group.devices.end()) continue;
    Group larger = group;
    if (larger.devices.empty()) larger.first = place;
    larger.last = place;
    larger.devices.push_back(device);
    const Bytes memory = problem.cost.platform().devices[device].memory;
    if (memory != Bytes(0)) larger.memory = std::min(larger.memory, memory);
    add_groups(problem, size, place + 1, std::move(larger));
  }
}

void ReplicaGroups::join_groups(const Problem& problem) {
  std::size_t hops = 0;
  for (Group& group : groups_) {
    if (groups_.size() > kMostGroups || hops > kMostHops)
      throw InputError("", "replicas", std::to_string(problem.replicas),
                       fmt::format("{} groups of {} devices and {} layers make too many plans to weigh", groups_.size(),
                                   problem.chain.size(), costs_.last()));
    for (GroupId other = 0; groups_[other].first < group.first; ++other)
      if (groups_[other].last < group.first) group.before.push_back(other);
    hops += (group.before.size() + 1) * costs_.last();
  }
}

void ReplicaGroups::add_steps(Group& group) const {
  for (LayerId done = 0; done <= costs_.last(); ++done)
    for (const DeviceId device : group.devices)
      group.steps.push_back(
          {costs_.compute(0, done, device), done < costs_.last() ? costs_.decode(done, device) : Seconds(0)});
}

void ReplicaGroups::add_hops(const Problem& problem, const std::vector<Cut>& cuts, Group& group) {
  const Platform& platform = problem.cost.platform();
  std::vector<std::vector<Way>> ways{ways_into({{group.devices, {}}}, 0, problem.source)};
  for (const GroupId before : group.before)
    ways.push_back(ways_into({{devices(before), {}}, {group.devices, {}}}, 1, problem.source));
  for (LayerId done = 0; done < costs_.last(); ++done)
    for (const std::vector<Way>& into : ways)
      group.hops.push_back(turns(
          platform, into, cuts[done].bytes, [&](const Way& way) { return costs_.sending(done, way.from, way.to); },
          [&](const Way& way) { return costs_.hop(done, way.from, way.to).holding(); }));
  group.result = turns(
      platform, ways_back({group.devices, {}}, problem.source), kResultBytes,
      [&](const Way& way) { return costs_.result(way.from); },
      [&](const Way& way) { return costs_.result_message(way.from).holding(); });
}

}  // namespace twinfer
