// The example scenario of DNet's cascade, with the profiles and the exit trace
// that it does not come with made up: a millisecond a layer, sure of nothing.
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "core/scenario.h"
#include "policies/partition_policy.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

const std::filesystem::path kSource = TWINFER_SOURCE_DIR;
const std::string kModel = "inception-v3-cifar10";

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

Scenario load_example() {
  const TemporaryFolder folder;
  const std::filesystem::path models = folder.path() / "models";
  for (const std::filesystem::path part : {"graphs", "profiles/inception-v3-cifar10", "exits"})
    std::filesystem::create_directories(models / part);
  const std::string file = kModel + ".csv";
  std::filesystem::copy_file(kSource / "models/graphs" / file, models / "graphs" / file);
  const LayerGraph graph = load_layer_graph(models / "graphs" / file);

  const Platform platform = tiny::mesh({"pi", "jetson", "pc", "cloud"}, 1e6);
  std::vector<double> layers_s(graph.size(), 0.001);
  layers_s[0] = 0;
  for (const Device& device : platform.devices)
    save_latency_profile(tiny::profile(graph, device.profile, layers_s),
                         models / "profiles" / kModel / (device.profile + ".csv"));
  save_exit_trace(tiny::trace(graph, {std::vector<double>(16, 0.1)}), graph, models / "exits" / file);

  const std::string scenario = text_of(kSource / "scenarios/dnet-cascade.yaml") + "models: " + models.string() + "\n";
  return load_scenario(folder.write("dnet-cascade.yaml", scenario),
                       [&](const std::filesystem::path&) { return platform; });
}

TEST_CASE("the example of DNet's cascade has its thresholds: .90, but .85 at exit 1 and .92 at exit 11") {
  const ExitSettings exits = load_example().exits;
  CHECK(exits.rule == ExitRule::kMaxSoftmax);
  REQUIRE(exits.thresholds.size() == 15);
  for (const auto& [exit, threshold] : exits.thresholds)
    CHECK(threshold == (exit == 0 ? 0.85 : exit == 10 ? 0.92 : 0.9));
}

TEST_CASE("the cascade of DNet's example stands a unit on the pi, one on the jetson and the rest in the cloud") {
  const Scenario scenario = load_example();
  const LayerGraph& graph = scenario.graph;
  const CostModel cost(graph, scenario.platform, scenario.profiles);
  const Plan plan = make_plan(scenario, cost, "cascade");
  // blocks 1 and 2 end with layers 3 and 6: convolution, batch norm, ReLU
  CHECK(plan.stages == std::vector<Stage>{{0, 1, 3}, {1, 4, 6}, {3, 7, graph.last()}});
}

}  // namespace
}  // namespace twinfer
