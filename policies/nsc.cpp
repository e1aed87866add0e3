// Neighborhood Search Chain: ResMap (INFOCOM 2023), `optimize_chain`. Starts from
// LBC and moves one cut at a time, the one whose hop is busiest over the whole
// stream first, as long as the makespan of the stream strictly falls.
//
// Other than the original:
//  - hop times follow the plan; the original keeps those of LBC's plan throughout;
//  - where the busiest hop's cut cannot improve, the next busiest is tried;
//  - the left device of a pair may be emptied as the right one may;
//  - a device left empty is in no stage: the tensor goes straight from its
//    predecessor to its successor and pays that route in full, as both back ends
//    do it. The original relays through it, after frame 0 for nothing;
//  - latency, message overhead, codec and the result's return count (pipeline.h);
//  - a plan without a route or over a device's memory is never adopted;
//  - one plan serves the whole stream. The original makes another for frame 0.
// Of equally good cuts the earliest wins, of equally busy hops the earlier.

#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/lbc.h"
#include "policies/pipeline.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

struct Weighed {
  ChainEnds ends;
  Seconds makespan;
};

class Search {
 public:
  explicit Search(const Problem& problem) : problem_(problem), cuts_(full_cuts(problem.cost.graph())) {}

  // Every plan adopted, LBC's first, the result last.
  std::vector<Weighed> run() {
    const ChainEnds start = balanced_ends(problem_);
    std::vector<Weighed> steps{{start, makespan(start)}};
    while (const std::optional<Weighed> better = improve(steps.back())) steps.push_back(*better);
    return steps;
  }

  // The best cut of each boundary that did not improve the result.
  const std::vector<Weighed>& losers() const { return losers_; }

 private:
  Seconds makespan(const ChainEnds& ends) const {
    const std::vector<Stage> stages = chain_stages(problem_.chain, ends);
    if (!is_feasible(problem_, stages)) return kNever;
    return flow_shop_makespan(pipeline_costs(problem_, cuts_, stages), problem_.frames);
  }

  std::optional<Weighed> improve(const Weighed& current) {
    losers_.clear();
    for (const std::size_t boundary : busiest_first(current.ends)) {
      const std::optional<Weighed> best = best_cut(current.ends, boundary);
      if (!best) continue;
      if (best->makespan < current.makespan) return best;
      losers_.push_back(*best);
    }
    return std::nullopt;
  }

  // The best other place for the cut between devices boundary - 1 and boundary.
  std::optional<Weighed> best_cut(const ChainEnds& ends, std::size_t boundary) const {
    std::optional<Weighed> best;
    ChainEnds trial = ends;
    const LayerId least = boundary == 1 ? 0 : ends[boundary - 2];
    for (LayerId end = least; end <= ends[boundary]; ++end) {
      if (end == ends[boundary - 1]) continue;
      trial[boundary - 1] = end;
      const Seconds time = makespan(trial);
      if (!best || time < best->makespan) best = {trial, time};
    }
    return best;
  }

  std::vector<std::size_t> busiest_first(const ChainEnds& ends) const {
    std::vector<std::size_t> boundaries(ends.size() - 1);
    std::iota(boundaries.begin(), boundaries.end(), std::size_t{1});
    const std::vector<Seconds> busy = hop_times(ends);
    std::ranges::stable_sort(boundaries, [&](std::size_t a, std::size_t b) { return busy[a] > busy[b]; });
    return boundaries;
  }

  // The time that the hop into each device takes over the stream; zero if empty.
  std::vector<Seconds> hop_times(const ChainEnds& ends) const {
    std::vector<Seconds> times(ends.size());
    DeviceId from = problem_.source;
    LayerId done = 0;
    for (std::size_t w = 0; w < ends.size(); ++w) {
      if (ends[w] == done) continue;
      times[w] = hop_time(done, from, problem_.chain[w]);
      from = problem_.chain[w];
      done = ends[w];
    }
    return times;
  }

  Seconds hop_time(LayerId after, DeviceId from, DeviceId to) const {
    if (!problem_.cost.platform().has_route(from, to)) return kNever;
    const Seconds first = problem_.cost.hop(cuts_.first[after], from, to).holding();
    const Seconds following = problem_.cost.hop(cuts_.following[after], from, to).holding();
    return first + following * (static_cast<double>(problem_.frames) - 1);
  }

  const Problem& problem_;
  StreamCuts cuts_;
  std::vector<Weighed> losers_;
};

// The result first, then what it beat.
std::vector<Candidate> weighed_candidates(const Problem& problem, const std::vector<Weighed>& steps,
                                          const std::vector<Weighed>& losers) {
  std::vector<Weighed> all(steps.rbegin(), steps.rend());
  all.insert(all.end(), losers.begin(), losers.end());
  std::vector<Candidate> candidates;
  for (const Weighed& weighed : all)
    if (weighed.makespan < kNever)
      candidates.push_back({layout(problem, chain_stages(problem.chain, weighed.ends)), weighed.makespan});
  return best_first(std::move(candidates));
}

std::string gain_text(const std::vector<Weighed>& steps, std::uint64_t frames) {
  const std::string result =
      fmt::format("The last of {} requests is back after {}", frames, time_text(steps.back().makespan));
  if (steps.size() == 1) return result + ", and moving a single cut of LBC's plan makes it no sooner";
  const Seconds start = steps.front().makespan;
  if (start == kNever) return result + "; the platform cannot carry LBC's plan";
  return fmt::format("{}, with LBC's plan after {}", result, time_text(start));
}

class NeighborhoodSearchChain final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    require_chain(problem, "nsc");
    Search search(problem);
    const std::vector<Weighed> steps = search.run();
    const Weighed& result = steps.back();
    // Where no neighbour has its routes and memory, the check says which is missing.
    Plan plan = costed_plan(problem, "nsc", chain_stages(problem.chain, result.ends));
    plan.objective = fmt::format("time until the last of {} requests is back", problem.frames);
    plan.candidates = weighed_candidates(problem, steps, search.losers());
    plan.why = gain_text(steps, problem.frames) + "; " + bottleneck_text(plan) + ".";
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_nsc() { return std::make_unique<NeighborhoodSearchChain>(); }

}  // namespace twinfer
