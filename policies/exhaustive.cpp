// Every plan of consecutive layers on any devices in any order, weighed one by one:
// the oracle of exact-latency, for small networks. Refused where there are more
// plans than a person waits for. Of equally fast plans the first in the order of
// the devices of layers 1, 2, ... wins.

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "policies/placement_plan.h"
#include "policies/plan_building.h"
#include "policies/policies.h"

namespace twinfer {
namespace {

constexpr double kMostPlans = 300'000;

class Enumeration {
 public:
  explicit Enumeration(const Problem& problem) : problem_(problem), allowed_(allowed_devices(problem)) {
    for (DeviceId device = 0; device < problem.cost.platform().devices.size(); ++device)
      if (problem.cost.has_profile(device)) devices_.push_back(device);
    const double plans =
        std::pow(static_cast<double>(devices_.size()), static_cast<double>(problem.cost.graph().last()));
    if (plans > kMostPlans)
      throw InputError("", "policy", "exhaustive",
                       fmt::format("{} layers on {} devices make {:.3g} plans; at most {:g} are weighed one by one",
                                   problem.cost.graph().last(), devices_.size(), plans, kMostPlans));
  }

  std::optional<std::vector<Stage>> best() {
    place(1);
    return best_;
  }
  std::size_t weighed() const { return weighed_; }

 private:
  void place(LayerId layer) {
    if (layer > problem_.cost.graph().last()) return weigh();
    for (const DeviceId device : devices_) {
      if (!allowed_.empty() && !allowed_[layer][device]) continue;
      if (!stages_.empty() && stages_.back().runs_on(device)) {
        stages_.back().layers.push_back(layer);
        place(layer + 1);
        stages_.back().layers.pop_back();
      } else {
        stages_.emplace_back(device, layer, layer);
        place(layer + 1);
        stages_.pop_back();
      }
    }
  }

  void weigh() {
    if (!is_feasible(problem_, stages_)) return;
    ++weighed_;
    const Seconds latency = latency_of(problem_, stages_);
    if (best_ && latency >= best_latency_) return;
    best_ = stages_;
    best_latency_ = latency;
  }

  const Problem& problem_;
  std::vector<std::vector<bool>> allowed_;
  std::vector<DeviceId> devices_;
  std::vector<Stage> stages_;
  std::optional<std::vector<Stage>> best_;
  Seconds best_latency_;
  std::size_t weighed_ = 0;
};

class Exhaustive final : public PartitionPolicy {
 public:
  Plan plan(const Problem& problem) const override {
    Enumeration enumeration(problem);
    const std::optional<std::vector<Stage>> best = enumeration.best();
    if (!best)
      throw InputError("", "policy", "exhaustive", "no plan has its routes, fits the memory and keeps the constraints");
    Plan plan = costed_plan(problem, "exhaustive", *best);
    plan.objective = kLatencyObjective;
    plan.candidates = by_latency(problem, {*best});
    plan.why = fmt::format("All {} plans that routes and memory allow were weighed; none is faster than {}.",
                           enumeration.weighed(), time_text(plan.predicted_latency));
    return plan;
  }
};

}  // namespace

std::unique_ptr<PartitionPolicy> make_exhaustive() { return std::make_unique<Exhaustive>(); }

}  // namespace twinfer
