#include "sim/simulate.h"

#include <algorithm>
#include <memory>

#include "sim/crew.h"
#include "sim/sim_engine.h"
#include "sim/stream.h"
#include "sim/streams.h"

namespace twinfer {
namespace {

// A guess at the simulated time from above: everything one after the other.
Seconds horizon(const Scenario& scenario, const CostModel& cost, const std::vector<SourcePlan>& sources) {
  const double requests = static_cast<double>(scenario.requests);
  Seconds longest;
  Seconds arrivals;
  for (const SourcePlan& source : sources) {
    longest = std::max(longest, plan_cost(cost, source.plan.stages, source.source, {}).latency);
    const double rate_hz = arrival_rate_hz(scenario.arrivals, source.plan);
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
  SimEngine engine({scenario.platform.file, scenario.network_model, scenario.file,
                    timing_precision(horizon(scenario, cost, sources))});
  Crew crew;
  std::vector<std::unique_ptr<Stream>> streams;
  Scenario seeded = scenario;
  for (const SourcePlan& source : sources) {
    seeded.seed = source.seed;
    seeded.arrivals.rate_hz = arrival_rate_hz(scenario.arrivals, source.plan);
    const std::string name = sources.size() == 1 ? "" : std::to_string(streams.size()) + " ";
    streams.push_back(
        std::make_unique<Stream>(StreamSetup{name, seeded, cost, source.plan, source.source}, engine, crew));
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
