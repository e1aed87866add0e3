#include "cli/pareto_text.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/joined.h"
#include "core/table_file.h"
#include "policies/partition_policy.h"
#include "report/table.h"

namespace twinfer {
namespace {

// The policies of the scenario whose plan this is.
std::vector<std::string> policies_of(const PlannedScenario& planned, const FrontPlan& on_front) {
  std::vector<std::string> names;
  for (const Plan& plan : planned.plans)
    if (plan.stages == on_front.stages) names.push_back(plan.policy);
  return names;
}

bool uses_energy(const ParetoFront& front) { return front.at_rest.has_value(); }

// The fastest, the one with the highest throughput and the one with the least energy.
std::set<std::size_t> best_places(const ParetoFront& front) {
  const auto place_of = [&](const auto& cost) {
    return static_cast<std::size_t>(std::ranges::min_element(front.plans, {}, cost) - front.plans.begin());
  };
  std::set<std::size_t> places{place_of(&FrontPlan::latency), place_of(&FrontPlan::bottleneck)};
  if (uses_energy(front)) places.insert(place_of(&FrontPlan::energy));
  return places;
}

std::set<std::size_t> shown_places(const PlannedScenario& planned, const ParetoFront& front, std::size_t most) {
  const std::size_t all = front.plans.size();
  std::set<std::size_t> shown = best_places(front);
  for (std::size_t place = 0; place < all; ++place)
    if (all <= most || !policies_of(planned, front.plans[place]).empty()) shown.insert(place);
  for (std::size_t i = 0; i < most && shown.size() < most; ++i) shown.insert(i * (all - 1) / (most - 1));
  return shown;
}

std::string table_of(const PlannedScenario& planned, const ParetoFront& front, const std::set<std::size_t>& places) {
  std::vector<TableColumn> columns{{"latency (ms)"}, {"throughput (1/s)"}};
  if (uses_energy(front)) columns.push_back({"energy (J)"});
  columns.push_back({"plan", true});
  columns.push_back({"policy", true});
  Table table(columns);
  for (const std::size_t place : places) {
    const FrontPlan& plan = front.plans[place];
    std::vector<std::string> cells{format_number(plan.latency.si() * 1e3, 3), format_digits(1 / plan.bottleneck.si())};
    if (plan.energy) cells.push_back(format_digits(plan.energy->si()));
    cells.push_back(describe(plan.stages, planned.scenario.platform));
    cells.push_back(joined(policies_of(planned, plan)));
    table.add_row(cells);
  }
  return table.text();
}

std::string policies_beside(const PlannedScenario& planned, const ParetoFront& front) {
  std::vector<std::string> names;
  for (const Plan& plan : planned.plans)
    if (std::ranges::find(front.plans, plan.stages, &FrontPlan::stages) == front.plans.end())
      names.push_back(plan.policy);
  return names.empty() ? "" : "Policies whose plan is not on it: " + joined(names) + ".\n";
}

std::string energy_line(const ParetoFront& front) {
  if (!uses_energy(front)) return "Energy is left out: " + front.no_energy + ".\n";
  return fmt::format("Energy is what a request adds; at rest the devices draw {:.3g} W together, whatever the plan.\n",
                     front.at_rest->si());
}

}  // namespace

ParetoFront front_of(const PlannedScenario& planned) {
  try {
    return pareto_front(make_problem(planned.scenario, planned.cost));
  } catch (const InputError& error) {
    throw InputError(planned.scenario.file, "", "", error.what());
  }
}

std::string front_text(const PlannedScenario& planned, const ParetoFront& front, std::size_t most) {
  const std::string chain = joined(planned.scenario.chain, ", ", [&planned](DeviceId device) {
    return planned.scenario.platform.devices[device].name;
  });
  const std::set<std::size_t> places = shown_places(planned, front, most);
  const std::size_t all = front.plans.size();
  std::string text = fmt::format("{}: {} {} along {} that no other beats in {} at once\n\n{}", planned.scenario.name,
                                 all, all == 1 ? "plan" : "plans", chain,
                                 uses_energy(front) ? "latency, throughput and energy" : "latency and throughput",
                                 table_of(planned, front, places));
  if (places.size() < all) text += fmt::format("and {} more (--all)\n", all - places.size());
  return text + "\n" + policies_beside(planned, front) + energy_line(front);
}

nlohmann::ordered_json front_json(const PlannedScenario& planned, const ParetoFront& front) {
  using nlohmann::ordered_json;
  ordered_json plans = ordered_json::array();
  for (const FrontPlan& plan : front.plans)
    plans.push_back({{"plan", describe(plan.stages, planned.scenario.platform)},
                     {"latency_s", plan.latency.si()},
                     {"bottleneck_s", plan.bottleneck.si()},
                     {"energy_j", plan.energy ? ordered_json(plan.energy->si()) : ordered_json()},
                     {"policies", policies_of(planned, plan)}});
  return {{"scenario", planned.scenario.name},
          {"at_rest_w", front.at_rest ? ordered_json(front.at_rest->si()) : ordered_json()},
          {"no_energy", front.no_energy},
          {"front", std::move(plans)}};
}

std::string front_csv(const PlannedScenario& planned, const ParetoFront& front) {
  std::string text = "plan,latency_s,bottleneck_s,energy_j,policies\n";
  for (const FrontPlan& plan : front.plans)
    text += fmt::format("{},{},{},{},{}\n", describe(plan.stages, planned.scenario.platform),
                        format_number(plan.latency.si()), format_number(plan.bottleneck.si()),
                        plan.energy ? format_number(plan.energy->si()) : "", joined(policies_of(planned, plan), " "));
  return text;
}

}  // namespace twinfer
