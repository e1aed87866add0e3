// What a network says of one input when it runs in one piece, and what workers
// say of it who run it in stages.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "live/fleet_members.h"
#include "live/run_setup.h"
#include "live/run_to_end.h"
#include "live/stage_runner.h"
#include "tests/live/live_world.h"

namespace twinfer {

struct WholeNetwork {
  std::shared_ptr<const Network> network;
  std::vector<WireTensor> input;
  std::vector<float> logits;
};

inline WholeNetwork run_whole(Network network) {
  WholeNetwork whole{std::make_shared<const Network>(std::move(network)), {}, {}};
  const StageRunner runner(whole.network, share_of({{0, 1, whole.network->graph().last()}}, 0, whole.network->graph()),
                           make_exit_policy({}));
  whole.input = runner.allocate_inputs();
  auto* const values = reinterpret_cast<float*>(whole.input[0].bytes.data());
  for (std::size_t i = 0; i < whole.input[0].bytes.size() / sizeof(float); ++i)
    values[i] = std::sin(static_cast<float>(i));
  whole.logits = runner.run(whole.input, /*runs_all=*/true).logits;
  return whole;
}

// The logits that come back from a fleet, of a request whose turn is `id`'s. `scenario`
// is of the same network and weights.
inline std::vector<float> run_in_stages(Fleet& fleet, const Scenario& scenario, const std::vector<Stage>& stages,
                                        const WireTensor& input, std::uint64_t id = 0) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  const Plan plan = plan_of(stages);
  const LivePlan live{scenario, plan, cost};
  asio::io_context& io = fleet.members().io;
  const std::uint64_t deployment = new_deployment();
  run_to_end(io, deploy_all(fleet.members(), live, deployment, deployment));
  const RunConnections connections = run_to_end(io, connect_all(fleet.members(), live, deployment));
  const wire::Result result = run_to_end(io, send_probe(live, connections, id, input));
  return {result.logits().begin(), result.logits().end()};
}

// The largest difference between two sets of logits, relative to the largest logit.
inline float largest_difference(const std::vector<float>& logits, const std::vector<float>& expected) {
  if (logits.size() != expected.size()) return INFINITY;
  float difference = 0;
  float largest = 1;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    difference = std::max(difference, std::abs(logits[i] - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  return difference / largest;
}

}  // namespace twinfer
