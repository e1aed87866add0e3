#include "cli/replan_text.h"

#include <ranges>
#include <vector>

#include <fmt/format.h>

#include "core/bandwidth_trace.h"
#include "core/joined.h"
#include "policies/replan.h"
#include "report/table.h"

namespace twinfer {
namespace {

using nlohmann::ordered_json;

// "uplink 5 Mbit/s": those that changed then.
std::string changed_links(const Platform& platform, Seconds at) {
  std::vector<std::string> texts;
  for (const Link& link : platform.links)
    for (const BandwidthChange& change : link.changes)
      if (change.at == at) texts.push_back(fmt::format("{} {:.3g} Mbit/s", link.name, change.bandwidth.si() * 8e-6));
  return joined(texts, ", ");
}

std::string moves_text(const Platform& platform, const std::vector<ParameterMove>& moves) {
  std::vector<std::string> texts;
  for (const ParameterMove& move : moves)
    texts.push_back(fmt::format("{} to {}", format_bytes(move.bytes.si()), platform.devices[move.to].name));
  return texts.empty() ? "nothing" : joined(texts, ", ");
}

}  // namespace

std::string replan_text(const PlannedScenario& planned, const Plan& plan) {
  if (!planned.scenario.replan) return "";
  const Platform& platform = planned.scenario.platform;
  const std::vector<PlanPhase> phases = plan_phases(planned.scenario, plan);
  if (phases.size() == 1) return "No change of bandwidth leads to another plan.\n";
  Table table({{"decided (s)"}, {"because", true}, {"plan", true}, {"moved there", true}});
  for (const PlanPhase& phase : phases | std::views::drop(1))
    table.add_row({format_digits(phase.decided.si()), changed_links(platform, phase.decided),
                   describe(phase.plan.stages, platform), moves_text(platform, phase.moves)});
  return table.text();
}

ordered_json replan_json(const PlannedScenario& planned, const Plan& plan) {
  const Platform& platform = planned.scenario.platform;
  const std::vector<PlanPhase> phases = plan_phases(planned.scenario, plan);
  ordered_json texts = ordered_json::array();
  for (const PlanPhase& phase : phases | std::views::drop(1)) {
    ordered_json moves = ordered_json::array();
    for (const ParameterMove& move : phase.moves)
      moves.push_back({{"device", platform.devices[move.to].name}, {"bytes", move.bytes.si()}});
    texts.push_back({{"decided_s", phase.decided.si()},
                     {"plan", describe(phase.plan.stages, platform)},
                     {"moves", std::move(moves)}});
  }
  return texts;
}

}  // namespace twinfer
