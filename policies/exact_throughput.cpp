// The plan with the highest throughput: the smallest bottleneck over executors and
// connections, the result's connection included, over the chain's devices in order,
// any of them left out, within their memory.
//
// Dynamic programming over (device, layers done), O(devices^2 x layers^2) at worst;
// a stage that alone exceeds the best so far ends the scan. Among plans of equal
// bottleneck the one with the lowest latency is taken, by a second pass. After the
// chains-to-chains partitioning of Bokhari (IEEE TC, 1988), with connections as
// resources of their own. Ignores requests that leave early.

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/chain_costs.h"
#include "policies/placement_plan.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

// How the layers up to some position came to stand on the chain up to some device.
struct Entry {
  Seconds bottleneck = kNever;
  Seconds latency = kNever;
  std::size_t previous = 0;  // place in the chain; its own: the source sent it
  LayerId done = 0;          // before this device's stage
};

class ThroughputSearch {
 public:
  explicit ThroughputSearch(const Problem& problem)
      : problem_(problem), costs_(problem), allowed_(allowed_devices(problem)) {}

  std::optional<ChainEnds> run() {
    fill(kNever);
    const std::optional<std::size_t> best = best_last();
    if (!best) return std::nullopt;
    limit_ = whole(*best).bottleneck;
    by_latency_ = true;
    fill(limit_);
    return ends_of(*best_last());
  }

 private:
  void fill(Seconds limit) {
    limit_ = limit;
    entries_.assign(problem_.chain.size(), std::vector<Entry>(costs_.last() + 1));
    for (std::size_t place = 0; place < problem_.chain.size(); ++place)
      if (costs_.usable(problem_.chain[place]))
        for (LayerId end = 1; end <= costs_.last(); ++end) entries_[place][end] = best_stage(place, end);
  }

  // The best stage on `place` that ends at `end`, scanned from the shortest on.
  Entry best_stage(std::size_t place, LayerId end) const {
    const DeviceId device = problem_.chain[place];
    const Bytes memory = problem_.cost.platform().devices[device].memory;
    Entry best;
    for (LayerId done = end; done-- > 0;) {
      const Seconds compute = costs_.compute(done, end, device);
      if (!may_hold(done + 1, device) || compute > limit_ || (!by_latency_ && compute >= best.bottleneck)) break;
      if (memory != Bytes(0) && costs_.memory(done, end) > memory) break;
      const Seconds executor = costs_.decode(done, device) + compute;
      if (done == 0) {
        const Seconds hop = costs_.sending(0, problem_.source, device);
        take(best, {std::max(hop, executor), hop + executor, place, 0});
        continue;
      }
      for (std::size_t previous = 0; previous < place; ++previous) {
        const Entry& before = entries_[previous][done];
        const Seconds hop = costs_.sending(done, problem_.chain[previous], device);
        take(best, {std::max({before.bottleneck, hop, executor}), before.latency + hop + executor, previous, done});
      }
    }
    return best;
  }

  bool may_hold(LayerId layer, DeviceId device) const { return allowed_.empty() || allowed_[layer][device]; }

  // First pass: the smaller bottleneck, then latency. Second pass: the lower
  // latency of what stays within the limit. A tie keeps the earlier find.
  void take(Entry& best, const Entry& found) const {
    if (found.bottleneck > limit_ || found.bottleneck == kNever) return;
    const bool better = by_latency_ ? found.latency < best.latency : found.bottleneck < best.bottleneck;
    if (better) best = found;
  }

  // The entry of all layers with the result's way back.
  Entry whole(std::size_t place) const {
    Entry entry = entries_[place][costs_.last()];
    const Seconds result = costs_.result(problem_.chain[place]);
    entry.bottleneck = std::max(entry.bottleneck, result);
    entry.latency += result;
    return entry;
  }

  std::optional<std::size_t> best_last() const {
    std::optional<std::size_t> best;
    Entry least;
    for (std::size_t place = 0; place < problem_.chain.size(); ++place) {
      if (!costs_.usable(problem_.chain[place])) continue;
      const Seconds before = by_latency_ ? least.latency : least.bottleneck;
      take(least, whole(place));
      if ((by_latency_ ? least.latency : least.bottleneck) < before) best = place;
    }
    return best;
  }

  ChainEnds ends_of(std::size_t place) const {
    ChainEnds ends(problem_.chain.size(), costs_.last());
    LayerId end = costs_.last();
    for (std::size_t at = problem_.chain.size(); at-- > 0;) {
      ends[at] = end;
      if (at != place) continue;
      const Entry& entry = entries_[place][end];
      end = entry.done;
      place = entry.previous;
    }
    return ends;
  }

  const Problem& problem_;
  ChainCosts costs_;
  std::vector<std::vector<bool>> allowed_;
  Seconds limit_ = kNever;
  bool by_latency_ = false;
  std::vector<std::vector<Entry>> entries_;  // [place in the chain][layers done]
};

class ExactThroughput final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    require_chain(problem, "exact-throughput");
    const std::optional<ChainEnds> ends = ThroughputSearch(problem).run();
    if (!ends)
      throw InputError("", "policy", "exact-throughput",
                       "no plan along the chain has its routes, fits the memory and keeps the constraints");
    Plan plan = costed_plan(problem, "exact-throughput", chain_stages(problem.chain, *ends));
    plan.objective = "time that the slowest executor or connection takes of every request";
    plan.candidates = alternatives(problem, plan);
    plan.why = fmt::format("{}; no cuts along the chain make that less.", bottleneck_text(plan));
    return plan;
  }

 private:
  // The plan beside each device alone.
  static std::vector<Candidate> alternatives(const Problem& problem, const Plan& plan) {
    std::vector<std::vector<Stage>> layouts{plan.stages};
    for (const DeviceId device : problem.chain) layouts.push_back({{device, 1, problem.cost.graph().last()}});
    std::vector<Candidate> candidates;
    for (const std::vector<Stage>& stages : layouts)
      if (is_feasible(problem, stages))
        candidates.push_back({layout(problem, stages),
                              plan_cost(problem.cost, stages, problem.source, problem.active_heads).bottleneck});
    return best_first(std::move(candidates));
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_exact_throughput() { return std::make_unique<ExactThroughput>(); }

}  // namespace twinfer
