#include "sim/plan_times.h"

#include <algorithm>

#include "core/error.h"
#include "core/stage_work.h"

namespace twinfer {

PlanTimes::PlanTimes(const Scenario& scenario, const CostModel& cost, const Plan& plan, DeviceId source)
    : exits_(make_exit_policy(exits_of(scenario, plan))), result_hand_off_(cost.result_hand_off(source)) {
  if (!exits_->active_heads().empty() && !scenario.trace)
    throw InputError(scenario.file, "exits", "", "the model " + scenario.model + " has no recorded exits to replay");
  const LayerGraph& graph = scenario.graph;
  add_passages(cost, plan, source);
  for (const Stage& stage : plan.stages) add_stage(cost, stage);
  for (const ExitHead& head : graph.exit_heads()) {
    const auto holder = std::find_if(plan.stages.begin(), plan.stages.end(),
                                     [&head](const Stage& stage) { return stage.holds(head.layer); });
    stage_of_head_.push_back(static_cast<std::size_t>(holder - plan.stages.begin()));
  }
  can_leave_.assign(plan.stages.size(), false);
  can_leave_.back() = true;
  for (const ExitId head : exits_->active_heads()) can_leave_[stage_of_head_.at(head)] = true;
}

void PlanTimes::add_passages(const CostModel& cost, const Plan& plan, DeviceId source) {
  const auto passage = [&cost](const HopCost& price, Bytes bytes, const Way& way) {
    return Passage{price, bytes, way.from != way.to, !cost.platform().route(way.from, way.to).empty()};
  };
  const std::vector<Cut> cuts = cuts_of(plan.stages, cost.graph());
  for (std::size_t stage = 0; stage < plan.stages.size(); ++stage) {
    std::vector<Passage>& hops = hops_.emplace_back();
    for (const Way& way : ways_into(plan.stages, stage, source))
      hops.push_back(passage(cost.hop(cuts[stage], way.from, way.to), cuts[stage].bytes, way));
    std::vector<Passage>& results = results_.emplace_back();
    for (const Way& way : ways_back(plan.stages[stage], source))
      results.push_back(passage(cost.result_return(way.from, way.to), kResultBytes, way));
  }
}

void PlanTimes::add_stage(const CostModel& cost, const Stage& stage) {
  StageTimes& times = stages_.emplace_back();
  for (const DeviceId device : stage.devices) times.hand_offs.push_back(cost.hand_off(device));
  std::vector<std::string>& names = device_names_.emplace_back();
  for (const DeviceId device : stage.devices) names.push_back(cost.platform().devices[device].name);
  const LayerGraph& graph = cost.graph();
  for (ExitId leaving = 0; leaving <= graph.exit_heads().size(); ++leaving) {
    const bool stays = leaving == graph.exit_heads().size();
    const StageWork work =
        stage_work(graph, stage, exits_->active_heads(), stays ? std::nullopt : std::optional<ExitId>(leaving));
    std::vector<LatencyDistribution>& computing = times.computing.emplace_back();
    for (const DeviceId device : stage.devices) computing.push_back(cost.computing(work, device));
  }
}

Route PlanTimes::route(const Scenario& scenario, const Request& request) const {
  Route route;
  route.exit = scenario.graph.exit_heads().size();
  route.last_stage = stages() - 1;
  if (!scenario.trace) return route;
  const std::vector<SampleTrace>& samples = scenario.trace->samples;
  if (request.sample >= samples.size()) {
    route.error = "sample " + std::to_string(request.sample) + " is not among the " + std::to_string(samples.size()) +
                  " of the exit trace";
    return route;
  }
  const SampleTrace& sample = samples[request.sample];
  if (sample.exits.size() != route.exit + 1) {
    route.error = "the exit trace has " + std::to_string(sample.exits.size()) + " exits for sample " +
                  std::to_string(sample.sample) + ", the network " + std::to_string(route.exit + 1);
    return route;
  }
  route.leaves_at = first_exit(*exits_, sample);
  if (route.leaves_at) {
    route.exit = *route.leaves_at;
    route.last_stage = stage_of_head_[route.exit];
  }
  route.predicted = sample.exits[route.exit].predicted;
  route.correct = is_right(sample, route.exit);
  return route;
}

Seconds PlanTimes::compute(const Scenario& scenario, const Request& request, const Route& route,
                           std::size_t stage) const {
  const StageTimes& times = stages_[stage];
  return serving(times.computing[times.leaving(route)], request.id).at(compute_quantile(scenario, request.id, stage));
}

Seconds PlanTimes::hand_off(const Scenario& scenario, std::uint64_t request, std::size_t stage) const {
  return serving(stages_[stage].hand_offs, request).at(hand_off_quantile(scenario, request, stage));
}

Seconds PlanTimes::result_hand_off(const Scenario& scenario, std::uint64_t request) const {
  return result_hand_off_.at(hand_off_quantile(scenario, request, stages()));
}

}  // namespace twinfer
