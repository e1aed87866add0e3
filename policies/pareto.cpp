#include "policies/pareto.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <tuple>

#include "core/error.h"
#include "policies/chain_energy.h"
#include "policies/label_limits.h"
#include "policies/placement_plan.h"
#include "policies/plan_building.h"

namespace twinfer {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Pairs (bottleneck, energy) of which none is at least as good as another in both.
class Staircase {
 public:
  [[nodiscard]] bool beats(double bottleneck, double energy) const {
    // The last step that is no worse in the first has the least of the second.
    const auto after = std::ranges::upper_bound(steps_, bottleneck * kRounding, {}, &Step::first);
    return after != steps_.begin() && std::prev(after)->second <= energy * kRounding;
  }
  void add(double bottleneck, double energy) {
    const auto from = std::ranges::lower_bound(steps_, bottleneck, {}, &Step::first);
    auto to = from;
    while (to != steps_.end() && to->second >= energy) ++to;
    steps_.insert(steps_.erase(from, to), {bottleneck, energy});
  }

 private:
  using Step = std::pair<double, double>;
  std::vector<Step> steps_;  // the first rises, the second falls
};

struct Costs {
  double latency_s = 0;
  double bottleneck_s = 0;
  double energy_j = 0;
};

Costs operator+(const Costs& a, const Costs& b) {
  return {a.latency_s + b.latency_s, std::max(a.bottleneck_s, b.bottleneck_s), a.energy_j + b.energy_j};
}

Costs least_of(const Costs& a, const Costs& b) {
  return {std::min(a.latency_s, b.latency_s), std::min(a.bottleneck_s, b.bottleneck_s),
          std::min(a.energy_j, b.energy_j)};
}

// Layers up to `done` stand on the chain up to `place`.
struct Label {
  Costs costs;
  Costs least;  // of a whole plan
  std::size_t place = 0;
  LayerId done = 0;
  std::size_t parent = 0;
};

class FrontSearch {
 public:
  FrontSearch(const Problem& problem, const ChainCosts& costs, const std::optional<ChainEnergy>& energy)
      : problem_(problem), costs_(costs), energy_(energy), allowed_(allowed_devices(problem)) {
    find_least_after();
  }

  std::vector<FrontPlan> run() {
    closed_.resize(places() * (last() + 1));
    extend_from_source();
    std::vector<FrontPlan> plans;
    while (!open_.empty()) {
      const std::size_t at = std::get<3>(open_.top());
      open_.pop();
      const Label label = labels_[at];
      Staircase& settled = closed_[label.place * (last() + 1) + label.done];
      if (front_.beats(label.least.bottleneck_s, label.least.energy_j)) continue;
      if (settled.beats(label.costs.bottleneck_s, label.costs.energy_j)) continue;
      settled.add(label.costs.bottleneck_s, label.costs.energy_j);
      if (label.done == last()) {
        front_.add(label.costs.bottleneck_s, label.costs.energy_j);
        plans.push_back(plan_at(at));
      } else {
        for (std::size_t next = label.place + 1; next < places(); ++next) extend(at, device(label.place), next);
      }
    }
    return plans;
  }

 private:
  [[nodiscard]] std::size_t places() const { return problem_.chain.size(); }
  [[nodiscard]] LayerId last() const { return costs_.last(); }
  [[nodiscard]] DeviceId device(std::size_t place) const { return problem_.chain[place]; }

  Costs hop(LayerId done, DeviceId from, DeviceId to) const {
    const double sending_s = costs_.sending(done, from, to).si();
    if (sending_s == kInfinite) return {kInfinite, kInfinite, kInfinite};
    return {sending_s, costs_.hop(done, from, to).holding().si(), energy_ ? energy_->hop(done, from, to).si() : 0};
  }

  // Decoding excluded from the energy, which the hop has.
  Costs stage(LayerId done, LayerId end, DeviceId on) const {
    const double compute_s = (costs_.decode(done, on) + costs_.compute(done, end, on)).si();
    return {compute_s, compute_s, energy_ ? energy_->compute(done, end, on).si() : 0};
  }

  Costs result(DeviceId from) const {
    return {costs_.result(from).si(), costs_.result_message(from).holding().si(),
            energy_ ? energy_->result(from).si() : 0};
  }

  bool may_hold(LayerId layer, DeviceId on) const { return allowed_.empty() || allowed_[layer][on]; }

  // The farthest layer that a stage after `done` may reach on `place`.
  LayerId farthest(LayerId done, std::size_t place) const {
    const Bytes memory = problem_.cost.platform().devices[device(place)].memory;
    LayerId end = done;
    if (!costs_.usable(device(place))) return end;
    while (end < last() && may_hold(end + 1, device(place)) &&
           (memory == Bytes(0) || costs_.memory(done, end + 1) <= memory))
      ++end;
    return end;
  }

  // after_[place][done]: the least of each objective for all that follows a stage which
  // ends there, each at its own best plan.
  void find_least_after() {
    after_.assign(places(), std::vector<Costs>(last() + 1, {kInfinite, kInfinite, kInfinite}));
    for (std::size_t place = places(); place-- > 0;) {
      if (!costs_.usable(device(place))) continue;
      after_[place][last()] = result(device(place));
      for (LayerId done = 1; done < last(); ++done)
        for (std::size_t next = place + 1; next < places(); ++next)
          after_[place][done] = least_of(after_[place][done], least_through(done, place, next));
    }
  }

  Costs least_through(LayerId done, std::size_t place, std::size_t next) const {
    Costs least{kInfinite, kInfinite, kInfinite};
    const LayerId most = farthest(done, next);
    if (most == done) return least;
    const Costs way = hop(done, device(place), device(next));
    for (LayerId end = done + 1; end <= most; ++end)
      least = least_of(least, way + stage(done, end, device(next)) + after_[next][end]);
    return least;
  }

  void extend_from_source() {
    labels_.emplace_back();
    for (std::size_t place = 0; place < places(); ++place) extend(0, problem_.source, place);
  }

  void extend(std::size_t parent, DeviceId from, std::size_t next) {
    const LayerId done = labels_[parent].done;
    const LayerId most = farthest(done, next);
    if (most == done) return;
    const Costs before = labels_[parent].costs + hop(done, from, device(next));
    for (LayerId end = done + 1; end <= most; ++end) {
      Costs costs = before + stage(done, end, device(next));
      const Costs least = costs + after_[next][end];
      if (least.latency_s == kInfinite || front_.beats(least.bottleneck_s, least.energy_j)) continue;
      if (end == last()) costs = least;
      if (closed_[next * (last() + 1) + end].beats(costs.bottleneck_s, costs.energy_j)) continue;
      open_.emplace(least.latency_s, least.bottleneck_s, least.energy_j, labels_.size());
      labels_.push_back({costs, least, next, end, parent});
      if (labels_.size() > kMostLabels)
        throw InputError("", "chain", "",
                         "has so many plans worth weighing that the search for the front was given up");
    }
  }

  FrontPlan plan_at(std::size_t at) const {
    const Costs& costs = labels_[at].costs;
    FrontPlan plan{{}, Seconds(costs.latency_s), Seconds(costs.bottleneck_s), std::nullopt};
    if (energy_) plan.energy = Joules(costs.energy_j);
    for (; labels_[at].done > 0; at = labels_[at].parent)
      plan.stages.emplace_back(device(labels_[at].place), labels_[labels_[at].parent].done + 1, labels_[at].done);
    std::ranges::reverse(plan.stages);
    return plan;
  }

  const Problem& problem_;
  const ChainCosts& costs_;
  const std::optional<ChainEnergy>& energy_;
  std::vector<std::vector<bool>> allowed_;
  std::vector<std::vector<Costs>> after_;
  std::vector<Label> labels_;
  using Entry = std::tuple<double, double, double, std::size_t>;  // the least of a whole plan, label
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open_;
  std::vector<Staircase> closed_;  // [place x layers done]
  Staircase front_;
};

// The source and the chain's devices, those that can take part.
std::vector<DeviceId> taking_part(const Problem& problem, const ChainCosts& costs) {
  std::vector<DeviceId> devices{problem.source};
  for (const DeviceId device : problem.chain)
    if (device != problem.source && costs.usable(device)) devices.push_back(device);
  return devices;
}

std::optional<ChainEnergy> stated_energy(const Problem& problem, const ChainCosts& costs, ParetoFront& front) {
  const std::vector<DeviceId> devices = taking_part(problem, costs);
  try {
    front.at_rest = idle_power(problem.cost.platform(), devices);
    return ChainEnergy(problem, costs, devices);
  } catch (const InputError& error) {
    front.no_energy = error.what();
    return std::nullopt;
  }
}

}  // namespace

ParetoFront pareto_front(const Problem& problem) {
  require_chain(problem, "pareto");
  const ChainCosts costs(problem);
  ParetoFront front;
  const std::optional<ChainEnergy> energy = stated_energy(problem, costs, front);
  front.plans = FrontSearch(problem, costs, energy).run();
  if (front.plans.empty())
    throw InputError("", "chain", "", "no plan along it has its routes, fits the memory and keeps the constraints");
  return front;
}

}  // namespace twinfer
