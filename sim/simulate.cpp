#include "sim/simulate.h"

#include <algorithm>
#include <memory>

#include "core/bandwidth_trace.h"
#include "policies/replan.h"
#include "sim/crew.h"
#include "sim/sim_engine.h"
#include "sim/stream.h"
#include "sim/streams.h"

namespace twinfer {
namespace {

// A source's plans, by the time of their decision.
struct SourcePhases {
  DeviceId source = 0;
  std::vector<PlanPhase> phases;
};

// One request alone under the plan that takes longest.
Seconds longest_latency(const CostModel& cost, const std::vector<SourcePhases>& sources) {
  Seconds longest;
  for (const SourcePhases& source : sources)
    for (const PlanPhase& phase : source.phases)
      longest = std::max(longest, plan_cost(cost, phase.plan.stages, source.source, {}).latency);
  return longest;
}

// A guess at the simulated time from above: everything one after the other, by the narrowest links.
Seconds horizon(const Scenario& scenario, const CostModel& cost, const std::vector<SourcePhases>& sources) {
  const double requests = static_cast<double>(scenario.requests);
  Seconds longest = longest_latency(cost, sources);
  for (const Seconds at : change_times(scenario.platform)) {
    const Platform then = platform_at(scenario.platform, at);
    longest = std::max(longest, longest_latency(CostModel(scenario.graph, then, scenario.profiles), sources));
  }
  Seconds arrivals;
  for (const SourcePhases& source : sources) {
    const double rate_hz = arrival_rate_hz(scenario.arrivals, source.phases.front().plan);
    if (rate_hz > 0) arrivals = std::max(arrivals, Seconds(requests / rate_hz));
  }
  return arrivals + requests * longest;
}

// Hundreds of times the spacing of doubles at the horizon, and no finer than
// SimGrid can count.
Seconds timing_precision(Seconds horizon) { return std::clamp(1e-13 * horizon, Seconds(1e-12), Seconds(1e-6)); }

}  // namespace

std::vector<RunRows> simulate_streams(const Scenario& scenario, const std::vector<SourcePlan>& sources) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  std::vector<SourcePhases> phases;
  for (const SourcePlan& source : sources) phases.push_back({source.source, plan_phases(scenario, source.plan)});
  SimEngine engine({scenario.platform.file, scenario.network_model, scenario.file,
                    timing_precision(horizon(scenario, cost, phases))});
  Crew crew;
  std::vector<std::unique_ptr<Stream>> streams;
  Scenario seeded = scenario;
  for (const SourcePlan& source : sources) {
    seeded.seed = source.seed;
    seeded.arrivals.rate_hz = arrival_rate_hz(scenario.arrivals, source.plan);
    const std::string name = sources.size() == 1 ? "" : std::to_string(streams.size()) + " ";
    const std::vector<PlanPhase>& of_source = phases[streams.size()].phases;
    streams.push_back(
        std::make_unique<Stream>(StreamSetup{name, seeded, cost, of_source, source.source}, engine, crew));
  }
  engine.restate_links(scenario.platform);
  engine.run();
  crew.rethrow();

  std::vector<RunRows> rows;
  for (const auto& stream : streams) rows.push_back(stream->take_rows());
  return rows;
}

RunRows simulate(const Scenario& scenario, const Plan& plan) {
  return std::move(simulate_streams(scenario, {{scenario.source, plan, scenario.seed}}).front());
}

}  // namespace twinfer
