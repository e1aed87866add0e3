#include "sim/simulate.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/bandwidth_trace.h"
#include "policies/replan.h"
#include "sim/crew.h"
#include "sim/sim_engine.h"
#include "sim/stream.h"
#include "sim/streams.h"

namespace twinfer {
namespace {

// What one source sends, and its plans by the time of their decision.
struct PlayedSource {
  DeviceId source = 0;
  std::uint64_t seed = 1;
  std::vector<PlanPhase> phases;
  std::vector<Request> requests;
};

// One request alone under the plan that takes longest.
Seconds longest_latency(const CostModel& cost, const std::vector<PlayedSource>& sources) {
  Seconds longest;
  for (const PlayedSource& source : sources)
    for (const PlanPhase& phase : source.phases)
      longest = std::max(longest, plan_cost(cost, phase.plan.stages, source.source, {}).latency);
  return longest;
}

// A guess at the simulated time from above: everything one after the other, by the narrowest links.
Seconds horizon(const Scenario& scenario, const CostModel& cost, const std::vector<PlayedSource>& sources) {
  Seconds longest = longest_latency(cost, sources);
  for (const Seconds at : change_times(scenario.platform)) {
    const Platform then = platform_at(scenario.platform, at);
    longest = std::max(longest, longest_latency(CostModel(scenario.graph, then, scenario.profiles), sources));
  }
  Seconds arrivals;
  std::size_t requests = 0;
  for (const PlayedSource& source : sources) {
    requests = std::max(requests, source.requests.size());
    if (!source.requests.empty()) arrivals = std::max(arrivals, source.requests.back().arrival);
  }
  return arrivals + static_cast<double>(requests) * longest;
}

// Hundreds of times the spacing of doubles at the horizon, and no finer than
// SimGrid can count.
Seconds timing_precision(Seconds horizon) { return std::clamp(1e-13 * horizon, Seconds(1e-12), Seconds(1e-6)); }

std::vector<RunRows> play(const Scenario& scenario, std::vector<PlayedSource> sources) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  SimEngine engine({scenario.platform.file, scenario.network_model, scenario.file,
                    timing_precision(horizon(scenario, cost, sources))});
  Crew crew;
  std::vector<std::unique_ptr<Stream>> streams;
  Scenario seeded = scenario;
  for (PlayedSource& source : sources) {
    seeded.seed = source.seed;
    const std::string name = sources.size() == 1 ? "" : std::to_string(streams.size()) + " ";
    streams.push_back(std::make_unique<Stream>(
        StreamSetup{name, seeded, cost, source.phases, source.source, std::move(source.requests)}, engine, crew));
  }
  engine.restate_links(scenario.platform);
  engine.state_contention(scenario.platform, scenario.threads);
  engine.run();
  crew.rethrow();

  std::vector<RunRows> rows;
  for (const auto& stream : streams) rows.push_back(stream->take_rows());
  return rows;
}

}  // namespace

std::vector<RunRows> simulate_streams(const Scenario& scenario, const std::vector<SourcePlan>& sources) {
  std::vector<PlayedSource> played;
  Scenario seeded = scenario;
  for (const SourcePlan& source : sources) {
    seeded.seed = source.seed;
    seeded.arrivals.rate_hz = arrival_rate_hz(scenario.arrivals, source.plan);
    played.push_back({source.source, source.seed, plan_phases(scenario, source.plan), make_requests(seeded)});
  }
  return play(scenario, std::move(played));
}

RunRows simulate(const Scenario& scenario, const Plan& plan) {
  return std::move(simulate_streams(scenario, {{scenario.source, plan, scenario.seed}}).front());
}

RunRows simulate(const Scenario& scenario, const Plan& plan, std::vector<Request> requests) {
  return std::move(
      play(scenario, {{scenario.source, scenario.seed, plan_phases(scenario, plan), std::move(requests)}}).front());
}

}  // namespace twinfer
