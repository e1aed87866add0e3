// The plan with the highest throughput: the smallest bottleneck over executors,
// connections (the result's included) and the links under those that take turns,
// over the chain's devices in order, any of them left out, within their memory. A
// stage may have replicas, as many as the problem allows: they too stand in the
// chain's order, and behind every device of an earlier stage.
//
// Dynamic programming over (devices of the stage, layers done), O(hops between such
// groups of devices x layers^2) at worst; a stage that alone exceeds the best so far
// ends the scan, and the best plan without replicas is the first limit. Among plans
// of equal bottleneck the one with the lowest latency is taken, by a second pass.
// After the chains-to-chains partitioning of Bokhari (IEEE TC, 1988), with
// connections as resources of their own. Ignores requests that leave early, links
// that hops of several stages share, and cores that devices of one machine share.

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/placement_plan.h"
#include "policies/plan_building.h"
#include "policies/policies.h"
#include "policies/replica_groups.h"

namespace twinfer {
namespace {

// The cheapest way for the layers up to some position to stand before, or on, a group.
struct Entry {
  Seconds bottleneck = kNever;
  Seconds latency = kNever;
  GroupId previous = 0;  // its own: the source sends it
  LayerId done = 0;      // before this group's stage
};

class ThroughputSearch {
 public:
  ThroughputSearch(const Problem& problem, const ChainCosts& costs, std::uint64_t replicas)
      : problem_(problem), costs_(costs), allowed_(allowed_devices(problem)), groups_(problem, costs, replicas) {}

  // Nothing if none keeps within `limit`.
  std::optional<std::vector<Stage>> run(Seconds limit) {
    by_latency_ = false;
    fill(limit);
    const std::optional<GroupId> best = best_last();
    if (!best) return std::nullopt;
    limit_ = bottleneck_ = whole(*best).bottleneck;
    by_latency_ = true;
    fill(limit_);
    return stages_of(*best_last());
  }

  // REQUIRES: run() found a plan.
  [[nodiscard]] Seconds bottleneck() const { return bottleneck_; }

 private:
  void fill(Seconds limit) {
    limit_ = limit;
    entries_.assign(groups_.size(), std::vector<Entry>(costs_.last() + 1));
    std::vector<Entry> arrived(costs_.last());
    for (GroupId group = 0; group < groups_.size(); ++group) {
      for (LayerId done = 0; done < costs_.last(); ++done) arrived[done] = best_arrival(group, done);
      for (LayerId end = 1; end <= costs_.last(); ++end) entries_[group][end] = best_stage(group, end, arrived);
    }
  }

  // What the group needs, sent to it: all layers up to `done`.
  Entry best_arrival(GroupId group, LayerId done) const {
    Entry best;
    if (done == 0) {
      const TurnCost& hop = groups_.source_hop(0, group);
      take(best, {hop.load, hop.latency, group, 0});
      return best;
    }
    const std::vector<GroupId>& previous = groups_.before(group);
    for (std::size_t n = 0; n < previous.size(); ++n) {
      const Entry& before = entries_[previous[n]][done];
      const TurnCost& hop = groups_.hop(done, n, group);
      take(best, {std::max(before.bottleneck, hop.load), before.latency + hop.latency, previous[n], done});
    }
    return best;
  }

  // The best stage on `group` that ends at `end`, scanned from the shortest on.
  Entry best_stage(GroupId group, LayerId end, const std::vector<Entry>& arrived) const {
    Entry best;
    for (LayerId done = end; done-- > 0;) {
      const Seconds compute = groups_.compute_load(done, end, group);
      if (compute > limit_ || (!by_latency_ && compute >= best.bottleneck)) break;
      if (!may_hold(done + 1, group) || costs_.memory(done, end) > groups_.memory(group)) break;
      const TurnCost executor = groups_.executor(done, end, group);
      const Entry& before = arrived[done];
      take(best,
           {std::max(before.bottleneck, executor.load), before.latency + executor.latency, before.previous, done});
    }
    return best;
  }

  bool may_hold(LayerId layer, GroupId group) const {
    return allowed_.empty() ||
           std::ranges::all_of(groups_.devices(group), [&](DeviceId device) { return allowed_[layer][device]; });
  }

  // First pass: the smaller bottleneck. Second pass: the lower latency of what stays
  // within the limit. A tie keeps the earlier find.
  void take(Entry& best, const Entry& found) const {
    if (found.bottleneck > limit_ || found.bottleneck == kNever) return;
    const bool better = by_latency_ ? found.latency < best.latency : found.bottleneck < best.bottleneck;
    if (better) best = found;
  }

  // The entry of all layers with the result's way back.
  Entry whole(GroupId group) const {
    Entry entry = entries_[group][costs_.last()];
    entry.bottleneck = std::max(entry.bottleneck, groups_.result(group).load);
    entry.latency += groups_.result(group).latency;
    return entry;
  }

  std::optional<GroupId> best_last() const {
    std::optional<GroupId> best;
    Entry least;
    for (GroupId group = 0; group < groups_.size(); ++group) {
      const Seconds before = by_latency_ ? least.latency : least.bottleneck;
      take(least, whole(group));
      if ((by_latency_ ? least.latency : least.bottleneck) < before) best = group;
    }
    return best;
  }

  std::vector<Stage> stages_of(GroupId group) const {
    std::vector<Stage> stages;
    for (LayerId end = costs_.last(); end > 0;) {
      const Entry& entry = entries_[group][end];
      stages.insert(stages.begin(), Stage(groups_.devices(group), entry.done + 1, end));
      group = entry.previous;
      end = entry.done;
    }
    return stages;
  }

  const Problem& problem_;
  const ChainCosts& costs_;
  std::vector<std::vector<bool>> allowed_;
  ReplicaGroups groups_;
  Seconds limit_ = kNever;
  Seconds bottleneck_ = kNever;
  bool by_latency_ = false;
  std::vector<std::vector<Entry>> entries_;  // [group][layers done]
};

class ExactThroughput final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    require_chain(problem, "exact-throughput");
    const ChainCosts costs(problem);
    ThroughputSearch alone(problem, costs, 1);
    std::optional<std::vector<Stage>> best = alone.run(kNever);
    std::vector<std::vector<Stage>> layouts;
    if (best) layouts.push_back(*best);
    if (problem.replicas > 1)
      best = ThroughputSearch(problem, costs, problem.replicas).run(best ? alone.bottleneck() : kNever);
    if (!best)
      throw InputError("", "policy", "exact-throughput",
                       "no plan along the chain has its routes, fits the memory and keeps the constraints");
    Plan plan = costed_plan(problem, "exact-throughput", *best);
    plan.objective = "time that the busiest executor, connection or link is held for by an average request";
    layouts.insert(layouts.begin(), *best);
    plan.candidates = alternatives(problem, std::move(layouts));
    plan.why =
        fmt::format("{}; no cuts along the chain{} make that less.", bottleneck_text(plan),
                    problem.replicas > 1 ? fmt::format(", with up to {} replicas a stage,", problem.replicas) : "");
    return plan;
  }

 private:
  // `layouts` beside each device alone.
  static std::vector<Candidate> alternatives(const Problem& problem, std::vector<std::vector<Stage>> layouts) {
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
