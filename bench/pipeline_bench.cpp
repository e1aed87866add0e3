// Throughput of a live pipeline of three workers, against 1 / (the time of its
// slowest stage).
//
//   pipeline_bench [REQUESTS]            (200 requests)
//
// `digits` cut in three, one spawned worker a stage, eight requests in flight.
// First natively, where the stages share this machine's cores and the bound only
// holds with a core for each; then emulated, 20 ms a stage, where only the
// pipeline's own delays can cost throughput. Aim: at least 0.9.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "live/run_live.h"
#include "models/network.h"
#include "models/zoo.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

constexpr double kStage_s = 0.020;

// The stages' last layers: thirds of the network by number.
std::vector<Stage> thirds(const LayerGraph& graph) {
  const LayerId first = graph.last() / 3;
  const LayerId second = 2 * graph.last() / 3;
  return {{0, 1, first}, {1, first + 1, second}, {2, second + 1, graph.last()}};
}

// Layers cost what makes every stage equally long; links are fast and free of latency.
Scenario make_scenario(const LayerGraph& graph, const std::vector<Stage>& stages) {
  std::vector<double> layers_s(graph.size());
  for (const Stage& stage : stages)
    for (const LayerId layer : stage.layers) layers_s[layer] = kStage_s / static_cast<double>(stage.layers.size());
  const Platform platform = tiny::mesh({"first", "second", "third"}, 1e9);
  Scenario scenario = tiny::scenario(graph, platform, tiny::profiles(graph, platform, std::vector(3, layers_s)));
  scenario.models_dir = std::string(TWINFER_SOURCE_DIR) + "/models";
  scenario.pd_num = 8;
  return scenario;
}

// 1 / the largest mean time that one executor was held for a request.
double bound_per_s(const RunRows& rows) {
  std::map<std::uint64_t, double> held_s;
  for (const StageRow& row : rows.stages) held_s[row.stage] += row.decode_s + row.compute_s;
  const double slowest_s = std::ranges::max_element(held_s, {}, [](const auto& entry) { return entry.second; })->second;
  return static_cast<double>(rows.results.size()) / slowest_s;
}

double throughput_per_s(const RunRows& rows) {
  double end_s = 0;
  for (const ResultRow& row : rows.results) end_s = std::max(end_s, row.arrival_s + row.latency_s);
  return static_cast<double>(rows.results.size()) / end_s;
}

void measure(Fleet& fleet, const Scenario& scenario, const Plan& plan, const char* name) {
  const LiveOutcome outcome = run_live(fleet, scenario, plan, [](const RunRows&) {});
  const double throughput = throughput_per_s(outcome.rows);
  const double bound = bound_per_s(outcome.rows);
  std::printf("%-10s %12.1f %12.1f %8.3f  %s\n", name, throughput, bound, throughput / bound, outcome.error.c_str());
}

}  // namespace
}  // namespace twinfer

int main(int argc, char** argv) {
  using namespace twinfer;
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  Plan plan;
  plan.policy = "thirds";
  plan.stages = thirds(network.graph());
  Scenario scenario = make_scenario(network.graph(), plan.stages);
  scenario.requests = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200;

  Fleet fleet(scenario.platform, {0, 1, 2}, {.program = TWINFER_NODE, .models_dir = scenario.models_dir});
  std::printf("%-10s %12s %12s %8s\n", "", "requests/s", "bound", "share");
  measure(fleet, scenario, plan, "native");
  scenario.live.emulate = Emulation::kAll;
  measure(fleet, scenario, plan, "emulated");
}
