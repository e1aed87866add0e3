#include "cli/validation_json.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "cli/grid_summary.h"
#include "report/measures.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json to_json(const MeasureError& measure) {
  ordered_json live_runs = ordered_json::array();
  for (const auto& value : measure.measured) live_runs.push_back(or_null(value));
  return {{"sim", or_null(measure.simulated)},
          {"live", or_null(measure.live)},
          {"live_runs", std::move(live_runs)},
          {"error", or_null(measure.error)},
          {"interval", measure.interval ? ordered_json{measure.interval->low, measure.interval->high} : nullptr},
          {"noise", or_null(measure.noise)},
          {"error_in_noise", or_null(measure.in_noise())}};
}

ordered_json to_json(const ComponentErrors& errors) {
  ordered_json components = ordered_json::object();
  for (const ComponentDifference& part : errors.components)
    components[measure_of_component(part.name)] = {{"sim", part.tested_s}, {"live", part.reference_s}};
  return components;
}

ordered_json to_json(const Fidelity& fidelity) {
  ordered_json measures = ordered_json::object();
  ordered_json about = ordered_json::object();
  for (std::size_t m = 0; m < kValidated.size(); ++m) {
    measures[kValidated.at(m).name] = to_json(fidelity.measures[m]);
    if (!fidelity.about_percentile[m].components.empty())
      about[kValidated.at(m).name] = to_json(fidelity.about_percentile[m]);
  }
  return {{"requests", fidelity.requests},       {"joined", fidelity.joined},
          {"unmatched", fidelity.unmatched},     {"other_exits", fidelity.other_exits},
          {"measures", std::move(measures)},     {"components", to_json(fidelity.mean)},
          {"components_about", std::move(about)}};
}

ordered_json to_json(const RankedPairs& pairs) {
  return {{"pairs", pairs.pairs},
          {"concordant", pairs.concordant},
          {"discordant", pairs.discordant},
          {"tied_sim", pairs.tied_first},
          {"tied_live", pairs.tied_second}};
}

ordered_json to_json(const Decision& decision) {
  ordered_json result = {{"by", kValidated.at(decision.measure).name}, {"tau", or_null(decision.tau())}};
  result.update(to_json(decision.pairs));
  result.update({{"tolerance", decision.tolerance},
                 {"sim_best", decision.simulated_best},
                 {"live_best", decision.measured_best},
                 {"regret", decision.regret}});
  return result;
}

ordered_json point_json(const Validation& validation, const ValidatedScenario& scenario) {
  ordered_json point = ordered_json::object();
  for (std::size_t axis = 0; axis < validation.axes.size(); ++axis) point[validation.axes[axis]] = scenario.point[axis];
  return point;
}

ordered_json pair_json(const Validation& validation, const ValidatedPair& pair) {
  ordered_json result = {{"point", point_json(validation, validation.scenarios[pair.scenario])},
                         {"policy", pair.policy},
                         {"plan", pair.plan},
                         {"load", or_null(pair.load)},
                         {"sim_runs", pair.sim_runs},
                         {"live_runs", pair.live_runs},
                         {"failures", pair.failures},
                         {"beyond", pair.beyond}};
  if (pair.fidelity) result.update(to_json(*pair.fidelity));
  return result;
}

ordered_json scenario_json(const Validation& validation, const ValidatedScenario& scenario) {
  ordered_json decisions = ordered_json::array();
  for (const Decision& decision : scenario.decisions) decisions.push_back(to_json(decision));
  return {{"point", point_json(validation, scenario)}, {"decisions", std::move(decisions)}};
}

ordered_json overall_json(const Validation& validation) {
  ordered_json measures = ordered_json::object();
  for (const OverallError& overall : overall_errors(validation))
    measures[kValidated.at(overall.measure).name] = {{"pairs", overall.known},
                                                     {"median_error", overall.median},
                                                     {"largest_error", overall.largest},
                                                     {"median_noise", or_null(overall.median_noise)},
                                                     {"error_in_noise", or_null(overall.in_noise())},
                                                     {"limit", or_null(overall.limit)},
                                                     {"within", overall.within}};
  ordered_json decisions = ordered_json::array();
  for (const DecisionsOverall& all : decisions_overall(validation)) {
    ordered_json entry = {{"by", kValidated.at(all.measure).name}, {"scenarios", all.scenarios}};
    entry["tau"] = or_null(all.tau());
    entry.update(to_json(all.pairs));
    entry.update({{"mean_regret", all.mean_regret}, {"worst_regret", all.worst_regret}});
    decisions.push_back(std::move(entry));
  }
  return {{"measures", std::move(measures)}, {"decisions", std::move(decisions)}};
}

}  // namespace

std::string validation_json(const Validation& validation, const Place& place) {
  ordered_json pairs = ordered_json::array();
  for (const ValidatedPair& pair : validation.pairs) pairs.push_back(pair_json(validation, pair));
  ordered_json scenarios = ordered_json::array();
  for (const ValidatedScenario& scenario : validation.scenarios)
    scenarios.push_back(scenario_json(validation, scenario));
  const std::vector<std::string> failed = gate_verdict(validation);
  const ordered_json result = {{"name", validation.name},
                               {"store", place.store.string()},
                               {"batch", place.batch},
                               {"axes", validation.axes},
                               {"passed", failed.empty()},
                               {"failures", failed},
                               {"overall", overall_json(validation)},
                               {"scenarios", std::move(scenarios)},
                               {"pairs", std::move(pairs)}};
  return result.dump(2) + "\n";
}

}  // namespace twinfer
