#include "policies/placement_search.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "core/error.h"
#include "policies/plan_building.h"

namespace twinfer {
namespace {

constexpr std::size_t kMostLabels = 2'000'000;

// The device of each layer; [0] is not used.
using Assignment = std::vector<DeviceId>;

std::vector<Stage> stages_of(const Assignment& devices) {
  std::vector<Stage> stages;
  LayerId first = 1;
  for (LayerId layer = 2; layer <= devices.size(); ++layer) {
    if (layer < devices.size() && devices[layer] == devices[first]) continue;
    stages.emplace_back(devices[first], first, layer - 1);
    first = layer;
  }
  return stages;
}

class Search {
 public:
  Search(const Problem& problem, const ChainCosts& costs, const PlacementRules& rules)
      : source_(problem.source), costs_(costs), rules_(rules) {
    find_remaining();
  }

  std::vector<Placement> run(std::size_t most) const {
    std::vector<std::pair<Seconds, Assignment>> found = deviations(follow(Assignment(1, source_)), most);
    if (found.empty()) return {};
    if (!fits(found.front().second)) {
      const std::optional<Assignment> best = search_memory();
      if (!best) return {};
      found.insert(found.begin(), {cost_of(*best), *best});
    }
    std::vector<Placement> placements;
    for (const auto& [cost, devices] : found) placements.push_back({stages_of(devices), cost});
    return placements;
  }

 private:
  // Layer `layer` on `to`, coming from `from`, where the layer before it ran (the
  // source, for layer 1): the hop, if any, and the layer.
  Seconds step(LayerId layer, DeviceId from, DeviceId to) const {
    if (!costs_.usable(to) || !is_allowed(layer, to)) return kNever;
    const Seconds compute = costs_.compute(layer - 1, layer, to);
    if (layer > 1 && from == to) return compute;
    if (layer > 1 && !rules_.may_cut_after.empty() && !rules_.may_cut_after[layer - 1]) return kNever;
    return costs_.sending(layer - 1, from, to) + costs_.decode(layer - 1, to) + compute;
  }

  bool is_allowed(LayerId layer, DeviceId device) const {
    return rules_.allowed.empty() || rules_.allowed[layer][device];
  }

  // remaining_[p][d]: the least cost of all that follows once layer p has run on d.
  void find_remaining() {
    const LayerId last = costs_.last();
    remaining_.assign(last + 1, std::vector<Seconds>(costs_.devices(), kNever));
    for (DeviceId device = 0; device < costs_.devices(); ++device) remaining_[last][device] = costs_.result(device);
    for (LayerId done = last; done-- > 1;)
      for (DeviceId device = 0; device < costs_.devices(); ++device)
        if (costs_.usable(device)) remaining_[done][device] = through(done + 1, device, best_next(done + 1, device));
  }

  Seconds through(LayerId layer, DeviceId from, DeviceId to) const {
    return step(layer, from, to) + remaining_[layer][to];
  }

  // Of equally cheap ones: staying, then the smallest.
  DeviceId best_next(LayerId layer, DeviceId from) const {
    DeviceId best = from;
    for (DeviceId to = 0; to < costs_.devices(); ++to)
      if (through(layer, from, to) < through(layer, from, best)) best = to;
    return best;
  }

  // The cheapest way on from what is placed.
  Assignment follow(Assignment devices) const {
    for (LayerId layer = devices.size(); layer <= costs_.last(); ++layer)
      devices.push_back(best_next(layer, devices.back()));
    return devices;
  }

  Seconds cost_of(const Assignment& devices) const {
    Seconds cost;
    for (LayerId layer = 1; layer < devices.size(); ++layer) cost += step(layer, devices[layer - 1], devices[layer]);
    return cost + costs_.result(devices.back());
  }

  // The way itself first. A way of infinite cost is none.
  std::vector<std::pair<Seconds, Assignment>> deviations(const Assignment& way, std::size_t most) const {
    if (cost_of(way) == kNever) return {};
    std::vector<std::pair<Seconds, Assignment>> found;
    Seconds before;
    for (LayerId layer = 1; layer < way.size(); ++layer) {
      for (DeviceId to = 0; to < costs_.devices(); ++to) {
        const Seconds cost = before + through(layer, way[layer - 1], to);
        if (to == way[layer] || cost == kNever) continue;
        Assignment start(way.begin(), way.begin() + static_cast<std::ptrdiff_t>(layer));
        start.push_back(to);
        found.emplace_back(cost, std::move(start));
      }
      before += step(layer, way[layer - 1], way[layer]);
    }
    std::ranges::stable_sort(found, {}, &std::pair<Seconds, Assignment>::first);
    if (found.size() >= most) found.resize(most - 1);
    for (auto& [cost, devices] : found) devices = follow(std::move(devices));
    found.insert(found.begin(), {cost_of(way), way});
    return found;
  }

  bool fits(const Assignment& devices) const {
    std::vector<Bytes> used(costs_.devices());
    for (LayerId layer = 1; layer < devices.size(); ++layer) used[devices[layer]] += rules_.layer_memory[layer];
    for (DeviceId device = 0; device < used.size(); ++device)
      if (is_full(device, used[device])) return false;
    return true;
  }

  bool is_full(DeviceId device, Bytes used) const {
    return rules_.capacity[device] != Bytes(0) && used > rules_.capacity[device];
  }

  struct Label {
    Seconds cost;
    std::vector<Bytes> used;  // by device
    std::size_t parent;
    LayerId layer;
    DeviceId device;
  };

  static bool beats(const Label& a, const Label& b) {
    return a.cost <= b.cost && std::ranges::equal(a.used, b.used, std::less_equal<>());
  }

  std::optional<Assignment> search_memory() const {
    using Entry = std::pair<Seconds, std::size_t>;  // least cost of the whole way, label
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
    std::vector<Label> labels{{Seconds(0), std::vector<Bytes>(costs_.devices()), 0, 0, source_}};
    std::vector<std::vector<std::size_t>> kept((costs_.last() + 1) * costs_.devices());
    open.emplace(Seconds(0), 0);
    while (!open.empty()) {
      const std::size_t at = open.top().second;
      open.pop();
      if (labels[at].layer == costs_.last()) return way_to(labels, at);
      for (DeviceId to = 0; to < costs_.devices(); ++to) {
        Label next = labels[at];
        next.parent = at;
        next.device = to;
        ++next.layer;
        next.cost += step(next.layer, labels[at].device, to);
        next.used[to] += rules_.layer_memory[next.layer];
        const Seconds least = next.cost + remaining_[next.layer][to];
        if (least == kNever || is_full(to, next.used[to])) continue;
        std::vector<std::size_t>& rivals = kept[next.layer * costs_.devices() + to];
        if (std::ranges::any_of(rivals, [&](std::size_t rival) { return beats(labels[rival], next); })) continue;
        std::erase_if(rivals, [&](std::size_t rival) { return beats(next, labels[rival]); });
        rivals.push_back(labels.size());
        open.emplace(least, labels.size());
        labels.push_back(std::move(next));
        if (labels.size() > kMostLabels)
          throw InputError("", "memory", "", "limits so many plans that the search for the best one was given up");
      }
    }
    return std::nullopt;
  }

  static Assignment way_to(const std::vector<Label>& labels, std::size_t at) {
    Assignment devices(labels[at].layer + 1);
    for (; labels[at].layer > 0; at = labels[at].parent) devices[labels[at].layer] = labels[at].device;
    return devices;
  }

  DeviceId source_;
  const ChainCosts& costs_;
  const PlacementRules& rules_;
  std::vector<std::vector<Seconds>> remaining_;
};

}  // namespace

PlacementRules memory_rules(const Problem& problem) {
  PlacementRules rules;
  rules.layer_memory = parameters_by_layer(problem.cost.graph());
  for (const Device& device : problem.cost.platform().devices) rules.capacity.push_back(device.memory);
  return rules;
}

std::vector<Placement> cheapest_placements(const Problem& problem, const ChainCosts& costs, const PlacementRules& rules,
                                           std::size_t most) {
  return Search(problem, costs, rules).run(most);
}

}  // namespace twinfer
