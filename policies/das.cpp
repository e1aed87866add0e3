// ResMap's later scheduler: for every group of three frames all contiguous splits
// over the chain, weighed by the flow shop that starts where the group before left
// each resource. After ResMap (`MyScheduler`).
//
// One plan serves a whole run here, so it is the one that most groups get, of the
// first 16 at most; of equally frequent ones the first. Other than the original, hops carry latency, codec and message
// overhead, the result's return counts, and the chain may be of any length. Of equally good splits the one that fills
// earlier devices less wins. Exhaustive, hence refused for many layers.

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/chain_costs.h"
#include "policies/lbc.h"
#include "policies/pipeline.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

constexpr std::size_t kGroup = 3;
constexpr std::uint64_t kMostGroups = 16;
constexpr double kMostSplits = 20e6;

using Frames = std::array<Seconds, kGroup>;  // when each frame of the group is done so far

// The two ends of a connection that a message passes one after the other.
struct Channel {
  Seconds sender;
  Seconds wire;
};

// When the resources of the chain are free: the hop into each device, its
// executor, its result connection.
struct Ready {
  std::vector<Channel> hop;
  std::vector<Seconds> executor;
  std::vector<Channel> result;
};

// Lets the frames pass one resource in order, and leaves it when the last has; `lag`
// lies behind it.
void pass(Frames& frames, Seconds& free, Seconds cost, Seconds lag = Seconds(0)) {
  for (Seconds& done : frames) {
    free = std::max(done, free) + cost;
    done = free + lag;
  }
}

void pass(Frames& frames, Channel& free, const ChainCosts::Message& message) {
  pass(frames, free.sender, message.preparing);
  pass(frames, free.wire, message.transmit, message.latency);
}

class GroupSearch {
 public:
  GroupSearch(const Problem& problem, const ChainCosts& costs, const Ready& ready)
      : problem_(problem), costs_(costs), ready_(ready), ends_(problem.chain.size()) {}

  // The split whose last frame is back first; nothing if none is feasible.
  std::optional<ChainEnds> best() {
    place(0, 0, problem_.source, {});
    return best_;
  }

 private:
  void place(std::size_t at, LayerId done, DeviceId from, const Frames& frames) {
    if (frames.back() >= finish_) return;
    if (at == problem_.chain.size()) return;
    ends_[at] = done;
    place(at + 1, done, from, frames);  // left empty
    const DeviceId device = problem_.chain[at];
    if (!costs_.usable(device) || costs_.sending(done, from, device) == kNever) return;
    Frames received = frames;
    Channel hop = ready_.hop[at];
    pass(received, hop, costs_.hop(done, from, device));
    const Bytes memory = problem_.cost.platform().devices[device].memory;
    for (LayerId end = done + 1; end <= costs_.last(); ++end) {
      if (memory != Bytes(0) && costs_.memory(done, end) > memory) return;
      Frames computed = received;
      Seconds free = ready_.executor[at];
      pass(computed, free, costs_.decode(done, device) + costs_.compute(done, end, device));
      ends_[at] = end;
      if (end == costs_.last())
        finish(at, computed);
      else
        place(at + 1, end, device, computed);
    }
  }

  void finish(std::size_t at, Frames frames) {
    Channel free = ready_.result[at];
    pass(frames, free, costs_.result_message(problem_.chain[at]));
    if (frames.back() >= finish_) return;
    finish_ = frames.back();
    best_ = ends_;
    std::fill(best_->begin() + static_cast<std::ptrdiff_t>(at), best_->end(), costs_.last());
  }

  const Problem& problem_;
  const ChainCosts& costs_;
  const Ready& ready_;
  ChainEnds ends_;
  Seconds finish_ = kNever;
  std::optional<ChainEnds> best_;
};

// Sends one group along a split and says when the resources are free again.
Ready after_group(const Problem& problem, const ChainCosts& costs, const ChainEnds& ends, Ready ready) {
  Frames frames{};
  DeviceId from = problem.source;
  LayerId done = 0;
  for (std::size_t at = 0; at < ends.size(); ++at) {
    if (ends[at] == done) continue;
    const DeviceId device = problem.chain[at];
    pass(frames, ready.hop[at], costs.hop(done, from, device));
    pass(frames, ready.executor[at], costs.decode(done, device) + costs.compute(done, ends[at], device));
    from = device;
    done = ends[at];
    if (done == costs.last()) pass(frames, ready.result[at], costs.result_message(device));
  }
  return ready;
}

// The first of them, if several are.
ChainEnds most_frequent(const std::vector<ChainEnds>& chosen) {
  const auto times = [&](const ChainEnds& ends) { return std::ranges::count(chosen, ends); };
  return *std::ranges::max_element(chosen, {}, times);
}

void check_size(const Problem& problem) {
  const auto layers = static_cast<double>(problem.cost.graph().last());
  const auto devices = static_cast<double>(problem.chain.size());
  // Ends of all devices but the last, not descending: (layers + devices - 1) over (devices - 1).
  const double splits = std::exp(std::lgamma(layers + devices) - std::lgamma(devices) - std::lgamma(layers + 1));
  if (splits > kMostSplits)
    throw InputError("", "policy", "das",
                     fmt::format("{} layers on {} devices make {:.3g} splits; at most {:g} are weighed one by one",
                                 layers, devices, splits, kMostSplits));
}

class Das final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    require_chain(problem, "das");
    check_size(problem);
    const ChainCosts costs(problem);
    const std::size_t count = problem.chain.size();
    Ready ready{std::vector<Channel>(count), std::vector<Seconds>(count), std::vector<Channel>(count)};
    std::vector<ChainEnds> chosen;
    const std::uint64_t groups = std::min<std::uint64_t>(kMostGroups, (problem.frames + kGroup - 1) / kGroup);
    for (std::uint64_t group = 0; group < groups; ++group) {
      const std::optional<ChainEnds> ends = GroupSearch(problem, costs, ready).best();
      if (!ends) throw InputError("", "policy", "das", "no split along the chain has its routes and fits the memory");
      chosen.push_back(*ends);
      ready = after_group(problem, costs, *ends, std::move(ready));
    }
    return explained(problem, most_frequent(chosen), groups);
  }

 private:
  static Plan explained(const Problem& problem, const ChainEnds& ends, std::uint64_t groups) {
    Plan plan = costed_plan(problem, "das", chain_stages(problem.chain, ends));
    const StreamCuts cuts = full_cuts(problem.cost.graph());
    const auto makespan = [&](const std::vector<Stage>& stages) {
      return flow_shop_makespan(pipeline_costs(problem, cuts, stages), problem.frames);
    };
    plan.objective = fmt::format("time until the last frame of each group of {} is back", kGroup);
    std::vector<Candidate> candidates{{layout(problem, plan.stages), makespan(plan.stages)}};
    const std::vector<Stage> balanced = chain_stages(problem.chain, balanced_ends(problem));
    if (is_feasible(problem, balanced)) candidates.push_back({layout(problem, balanced), makespan(balanced)});
    plan.candidates = best_first(std::move(candidates));
    plan.why = fmt::format("All splits along the chain were weighed for {} group(s) of {} frames; {}.", groups, kGroup,
                           bottleneck_text(plan));
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_das() { return std::make_unique<Das>(); }

}  // namespace twinfer
