// DNet's cascade: the network falls into units at its exits, and the units stand
// on successive devices of the chain. Each unit ends with its exit; a request
// that may not leave there goes on to the next unit from its tensor.
//
// A unit ends at an active head: a head that is never asked ends none. Where no
// head is active, units end at every head, so that the layout does not depend on
// whether exits are on. With more
// units than devices the last device takes the rest, each unit still with its
// exit; with fewer, the first devices are used. Ignores costs altogether.
// DNet's tensor goes back to the sender and on from there; ours goes straight to
// the next device.

#include <algorithm>

#include <fmt/format.h>

#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

// The last layer of every unit.
std::vector<LayerId> unit_ends(const Problem& problem) {
  const LayerGraph& graph = problem.cost.graph();
  std::vector<LayerId> ends;
  for (const ExitId head : problem.active_heads) ends.push_back(graph.exit_heads().at(head).layer);
  if (ends.empty())
    for (const ExitHead& head : graph.exit_heads()) ends.push_back(head.layer);
  ends.push_back(graph.last());
  return ends;
}

class Cascade final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    require_chain(problem, "cascade");
    std::vector<LayerId> ends = unit_ends(problem);
    const std::size_t units = ends.size();
    const std::size_t used = std::min(units, problem.chain.size());
    ends.resize(used);
    ends.back() = problem.cost.graph().last();

    const std::vector<DeviceId> devices(problem.chain.begin(),
                                        problem.chain.begin() + static_cast<std::ptrdiff_t>(used));
    Plan plan = costed_plan(problem, "cascade", chain_stages(devices, ends));
    plan.objective = "one unit a device, in the order of the exits";
    plan.candidates = by_latency(problem, {plan.stages});
    plan.why = fmt::format(
        "{} exits make {} units, which stand on the first {} of {} devices; a request that "
        "takes no exit needs {}.",
        units - 1, units, used, problem.chain.size(), time_text(plan.predicted_latency));
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_cascade() { return std::make_unique<Cascade>(); }

}  // namespace twinfer
