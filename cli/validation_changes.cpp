#include "cli/validation_changes.h"

#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "cli/simulate_into_store.h"
#include "core/bandwidth_trace.h"
#include "policies/replan.h"
#include "report/percentile.h"
#include "report/table.h"

namespace twinfer {
namespace {

struct Part {
  Seconds from, to;
};

std::vector<Part> parts_of(const Platform& platform) {
  std::vector<Part> parts{{Seconds(0), Seconds(0)}};
  for (const Seconds at : change_times(platform)) {
    parts.back().to = at;
    parts.push_back({at, Seconds(0)});
  }
  parts.back().to = Seconds(std::numeric_limits<double>::infinity());
  return parts;
}

// The newest that was decided by then.
const PlanPhase& phase_at(const std::vector<PlanPhase>& phases, Seconds at) {
  const PlanPhase* newest = &phases.front();
  for (const PlanPhase& phase : phases)
    if (phase.decided <= at) newest = &phase;
  return *newest;
}

std::vector<double> latencies_s(const RunRows& rows, const Part& part) {
  std::vector<double> latencies;
  for (const ResultRow& row : rows.results)
    if (has_returned(row.status) && Seconds(row.arrival_s) >= part.from && Seconds(row.arrival_s) < part.to)
      latencies.push_back(row.latency_s);
  return latencies;
}

// Over the complete runs of the policy.
std::optional<double> mean_p50_s(const std::vector<StoredRun>& runs, const std::string& policy, const Part& part) {
  double sum_s = 0;
  std::size_t count = 0;
  for (const StoredRun& run : runs) {
    if (run.info.policy != policy || !is_complete(run)) continue;
    const std::optional<double> p50_s = borne_percentile(latencies_s(run.rows, part), 50);
    if (!p50_s) return std::nullopt;
    sum_s += *p50_s;
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum_s / static_cast<double>(count));
}

std::optional<double> in_ms(std::optional<double> seconds) {
  return seconds ? std::optional(*seconds * 1e3) : std::nullopt;
}

}  // namespace

std::string changes_text(const PlannedScenario& planned, const Place& place) {
  const std::vector<Part> parts = parts_of(planned.scenario.platform);
  if (parts.size() == 1) return "";
  const std::vector<StoredRun> simulated = stored_runs(place.store, place.batch, Mode::kSim);
  const std::vector<StoredRun> measured = stored_runs(place.store, place.batch, Mode::kLive);
  Table table({{"policy", true},
               {"arrived from (s)"},
               {"plan", true},
               {"sim", false, "P50 (ms)"},
               {"live", false, "P50 (ms)"},
               {"err %", false, "P50 (ms)"}});
  for (const Plan& plan : planned.plans) {
    const std::vector<PlanPhase> phases = plan_phases(planned.scenario, plan);
    for (const Part& part : parts) {
      const std::optional<double> sim_s = mean_p50_s(simulated, plan.policy, part);
      const std::optional<double> live_s = mean_p50_s(measured, plan.policy, part);
      const std::optional<double> error = sim_s && live_s ? std::optional(100 * (*sim_s / *live_s - 1)) : std::nullopt;
      table.add_row({plan.policy, format_digits(part.from.si()),
                     describe(phase_at(phases, part.from).plan.stages, planned.scenario.platform),
                     format_number(in_ms(sim_s), 2), format_number(in_ms(live_s), 2), format_signed(error, 1)});
    }
  }
  return "\nBetween changes of bandwidth:\n" + table.text();
}

}  // namespace twinfer
