// Load Balance Chain: ResMap's baseline (INFOCOM 2023), `split_chain`.
//
// A device's capacity is chain[0]'s time for the whole network over its own.
// Boundary w belongs where chain[0]'s cumulative time reaches the share of the
// capacities up to w, and goes to the nearest layer boundary; of two equally
// near the earlier. Blind to the network, to memory, and to early exits.
//
// Other than the original: active heads count with the layer they hang on, and
// a very slow device may come out empty. An empty device is in no stage: the
// tensor goes straight from its predecessor to its successor and pays that route.

#include "policies/lbc.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ranges>

#include <fmt/format.h>

#include "core/error.h"
#include "core/joined.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

// result[k]: the device's time for layers 1..k and their active heads.
std::vector<Seconds> cumulative_time(const Problem& problem, DeviceId device) {
  std::vector<Seconds> times = layer_times(problem, device);
  std::partial_sum(times.begin(), times.end(), times.begin());
  return times;
}

// Capacities relative to chain[0].
std::vector<double> capacities(const Problem& problem) {
  std::vector<double> result;
  Seconds reference;
  for (const DeviceId device : problem.chain) {
    const Seconds total = cumulative_time(problem, device).back();
    if (total <= Seconds(0))
      throw InputError("", "policy", "lbc",
                       fmt::format("the profile of {} adds up to zero seconds: no capacity follows from it",
                                   device_name(problem, device)));
    if (result.empty()) reference = total;
    result.push_back(reference / total);
  }
  return result;
}

// What chain[0] would need for the share of devices 0..w, for every internal boundary w.
std::vector<Seconds> boundary_targets(const std::vector<double>& capacity, Seconds total) {
  double all = 0;
  for (const double share : capacity) all += share;
  std::vector<Seconds> targets;
  double upto = 0;
  for (std::size_t w = 0; w + 1 < capacity.size(); ++w) {
    upto += capacity[w];
    targets.push_back(total * (upto / all));
  }
  return targets;
}

Seconds distance(Seconds a, Seconds b) { return Seconds(std::abs((a - b).si())); }

LayerId nearest_boundary(const std::vector<Seconds>& time, Seconds target) {
  const auto nearer = [&](Seconds a, Seconds b) { return distance(a, target) < distance(b, target); };
  return static_cast<LayerId>(std::ranges::min_element(time, nearer) - time.begin());  // the first of equals
}

struct Balance {
  std::vector<Seconds> time;     // cumulative, on chain[0]
  std::vector<double> capacity;  // by device of the chain
  std::vector<Seconds> targets;  // by internal boundary
  ChainEnds ends;
};

Balance balance(const Problem& problem) {
  require_chain(problem, "lbc");
  Balance result{cumulative_time(problem, problem.chain.front()), capacities(problem), {}, {}};
  result.targets = boundary_targets(result.capacity, result.time.back());
  for (const Seconds target : result.targets) result.ends.push_back(nearest_boundary(result.time, target));
  result.ends.push_back(problem.cost.graph().last());
  return result;
}

Seconds imbalance(const Balance& balance, const ChainEnds& ends) {
  Seconds sum;
  for (std::size_t w = 0; w < balance.targets.size(); ++w) sum += distance(balance.time[ends[w]], balance.targets[w]);
  return sum;
}

// The choice, and each boundary moved by one layer either way.
std::vector<Candidate> neighbours(const Problem& problem, const Balance& balance) {
  const ChainEnds& chosen = balance.ends;
  std::vector<Candidate> candidates;
  const auto add = [&](const ChainEnds& ends) {
    candidates.push_back({layout(problem, chain_stages(problem.chain, ends)), imbalance(balance, ends)});
  };
  const auto add_moved = [&](std::size_t w, LayerId end) {
    ChainEnds moved = chosen;
    moved[w] = end;
    add(moved);
  };
  add(chosen);
  for (std::size_t w = 0; w + 1 < chosen.size(); ++w) {
    if (chosen[w] > (w == 0 ? 0 : chosen[w - 1])) add_moved(w, chosen[w] - 1);
    if (chosen[w] < chosen[w + 1]) add_moved(w, chosen[w] + 1);
  }
  return best_first(std::move(candidates));
}

std::string shares_text(const Problem& problem, const std::vector<double>& capacity) {
  double all = 0;
  for (const double share : capacity) all += share;
  return joined(std::views::iota(std::size_t{0}, capacity.size()), ", ", [&](std::size_t w) {
    return fmt::format("{} {:.3g} %", device_name(problem, problem.chain[w]), 100 * capacity[w] / all);
  });
}

class LoadBalanceChain final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    const Balance balanced = balance(problem);
    Plan plan = costed_plan(problem, "lbc", chain_stages(problem.chain, balanced.ends));
    plan.objective = fmt::format("distance of the cuts from the devices' shares of the computing, in seconds of {}",
                                 device_name(problem, problem.chain.front()));
    plan.candidates = neighbours(problem, balanced);
    plan.why = fmt::format("The devices' shares of the computing by speed are {}; {}.",
                           shares_text(problem, balanced.capacity), bottleneck_text(plan));
    return plan;
  }
};

}  // namespace

ChainEnds balanced_ends(const Problem& problem) { return balance(problem).ends; }

std::unique_ptr<PartitionPolicy> make_lbc() { return std::make_unique<LoadBalanceChain>(); }

}  // namespace twinfer
