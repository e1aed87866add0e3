#include "policies/label_search.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

#include "core/error.h"

namespace twinfer {
namespace {

constexpr int kMostMultipliers = 50;

// What a way with the budget priced at `multiplier` costs at least.
struct Relaxation {
  double multiplier = 0;
  std::vector<std::vector<double>> remaining;
};

struct Ends {
  double cost = 0;
  double spent = 0;
};

// The multiplier with the largest bound, as the line through a way within the budget and
// one beyond it is lowered until no way lies below. Nothing if the cheapest way keeps the
// budget. REQUIRES: some way keeps it.
std::optional<Relaxation> best_relaxation(const StepCosts& costs, const Budget& budget) {
  const auto cheapest = [&](const StepCosts& under) {
    const Assignment way = cheapest_from(under, least_remaining(under), {under.source});
    return Ends{cost_of(costs, way), cost_of(budget.costs, way)};
  };
  Ends beyond = cheapest(costs);
  if (beyond.spent <= budget.most) return std::nullopt;
  Ends within = cheapest(budget.costs);
  Relaxation best;
  for (int round = 0; round < kMostMultipliers; ++round) {
    const double multiplier = (within.cost - beyond.cost) / (beyond.spent - within.spent);
    if (!(multiplier > 0)) break;
    const StepCosts priced = weighted_sum(costs, multiplier, budget.costs);
    best = {multiplier, least_remaining(priced)};
    const Ends found = cheapest(priced);
    if (found.cost + multiplier * found.spent >= (within.cost + multiplier * within.spent) / kRounding) break;
    (found.spent <= budget.most ? within : beyond) = found;
  }
  if (best.remaining.empty()) return std::nullopt;
  return best;
}

struct Label {
  double cost = 0;
  double spent = 0;
  std::vector<Bytes> used;  // on the devices that can be full
  std::size_t parent = 0;
  LayerId layer = 0;
  DeviceId device = 0;
};

bool beats(const Label& a, const Label& b) {
  return a.cost <= b.cost && a.spent <= b.spent && std::ranges::equal(a.used, b.used, std::less_equal<>());
}

class LabelSearch {
 public:
  LabelSearch(const StepCosts& costs, const PlacementRules& rules, const std::optional<Budget>& budget)
      : costs_(costs), rules_(rules), budget_(budget), remaining_(least_remaining(costs)) {
    const Bytes all = std::accumulate(rules.layer_memory.begin(), rules.layer_memory.end(), Bytes(0));
    for (const Bytes capacity : rules.capacity) {
      place_.push_back(capacity != Bytes(0) && all > capacity ? tight_ : kNoPlace);
      if (place_.back() != kNoPlace) ++tight_;
    }
    if (budget_) to_spend_ = least_remaining(budget_->costs);
  }

  std::optional<Assignment> run() {
    const Label start{0, 0, std::vector<Bytes>(tight_), 0, 0, costs_.source};
    if (budget_) {
      const Assignment fastest = cheapest_from(budget_->costs, to_spend_, {costs_.source});
      if (!budget_->allows(cost_of(budget_->costs, fastest))) return std::nullopt;
      relaxation_ = best_relaxation(costs_, *budget_);
    }
    kept_.resize((costs_.last + 1) * costs_.devices);
    labels_.push_back(start);
    open_.emplace(0, 0);
    while (!open_.empty()) {
      const std::size_t at = open_.top().second;
      open_.pop();
      if (labels_[at].layer == costs_.last) return assignment_to(at);
      for (DeviceId to = 0; to < costs_.devices; ++to) extend(at, to);
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kNoPlace = std::numeric_limits<std::size_t>::max();

  void extend(std::size_t from, DeviceId to) {
    Label next = labels_[from];
    next.parent = from;
    next.device = to;
    ++next.layer;
    next.cost += costs_.step(next.layer, labels_[from].device, to);
    if (budget_) next.spent += budget_->costs.step(next.layer, labels_[from].device, to);
    if (place_[to] != kNoPlace) {
      next.used[place_[to]] += rules_.layer_memory[next.layer];
      if (next.used[place_[to]] > rules_.capacity[to]) return;
    }
    const double least = least_whole(next);
    if (least == std::numeric_limits<double>::infinity()) return;
    if (budget_ && !budget_->allows(next.spent + to_spend_[next.layer][to])) return;
    keep(std::move(next), least);
  }

  // The least that a whole way from here can cost.
  double least_whole(const Label& label) const {
    const double alone = label.cost + remaining_[label.layer][label.device];
    if (!relaxation_) return alone;
    const double unspent = budget_->most - label.spent;
    const double priced =
        label.cost + relaxation_->remaining[label.layer][label.device] - relaxation_->multiplier * unspent;
    return std::max(alone, priced);
  }

  void keep(Label label, double least) {
    std::vector<std::size_t>& rivals = kept_[label.layer * costs_.devices + label.device];
    if (std::ranges::any_of(rivals, [&](std::size_t rival) { return beats(labels_[rival], label); })) return;
    std::erase_if(rivals, [&](std::size_t rival) { return beats(label, labels_[rival]); });
    rivals.push_back(labels_.size());
    open_.emplace(least, labels_.size());
    labels_.push_back(std::move(label));
    if (labels_.size() > kMostLabels)
      throw InputError("", budget_ ? "deadline_s" : "memory", "",
                       "limits so many plans that the search for the best one was given up");
  }

  Assignment assignment_to(std::size_t at) const {
    Assignment way(labels_[at].layer + 1);
    way[0] = costs_.source;
    for (; labels_[at].layer > 0; at = labels_[at].parent) way[labels_[at].layer] = labels_[at].device;
    return way;
  }

  const StepCosts& costs_;
  const PlacementRules& rules_;
  const std::optional<Budget>& budget_;
  std::vector<std::vector<double>> remaining_;
  std::vector<std::vector<double>> to_spend_;
  std::optional<Relaxation> relaxation_;
  std::size_t tight_ = 0;
  std::vector<std::size_t> place_;               // in Label::used, by device
  using Entry = std::pair<double, std::size_t>;  // least cost of a whole way, label
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open_;
  std::vector<Label> labels_;
  std::vector<std::vector<std::size_t>> kept_;  // [layer x device]
};

}  // namespace

std::optional<Assignment> cheapest_assignment(const StepCosts& costs, const PlacementRules& rules,
                                              const std::optional<Budget>& budget) {
  return LabelSearch(costs, rules, budget).run();
}

}  // namespace twinfer
