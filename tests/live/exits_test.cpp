// Live exits are those that the simulator replays from the recorded trace.
#include <set>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "core/error.h"
#include "live/inputs.h"
#include "tests/live/live_world.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

enum class ThresholdsOf { kScenario, kPlan };

// Requests on a trace of each sample's own exits; thresholds on every head.
void check_threshold(double threshold, ThresholdsOf whose = ThresholdsOf::kScenario) {
  WorkerThread first, second;
  Network network = make_network("digits", default_input_shape("digits"), 1);
  const LayerGraph& graph = network.graph();
  Scenario scenario = live_scenario(graph, {first.endpoint(), second.endpoint()});
  scenario.trace = load_exit_trace(scenario.models_dir / "exits" / "digits.csv", graph);
  scenario.requests = 60;
  scenario.pd_num = 2;
  ExitSettings exits{ExitRule::kMaxSoftmax, {}};
  for (ExitId head = 0; head < graph.exit_heads().size(); ++head) exits.thresholds[head] = threshold;
  const auto policy = make_exit_policy(exits);
  const LayerId cut = graph.exit_heads().at(1).layer;  // its head belongs to the first stage

  Plan plan = plan_of({{0, 1, cut}, {1, cut + 1, graph.last()}});
  if (whose == ThresholdsOf::kPlan)
    plan.exits = exits;
  else
    scenario.exits = exits;

  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LiveOutcome outcome = run_live(fleet, scenario, plan, ignore_rows);

  REQUIRE(outcome.error == "");
  std::set<ExitId> taken;
  for (const ResultRow& row : outcome.rows.results) {
    const SampleTrace& sample = scenario.trace->samples.at(row.sample);
    const ExitId exit = first_exit(*policy, sample).value_or(graph.exit_heads().size());
    CHECK(row.exit == exit);
    CHECK(row.predicted == sample.exits.at(exit).predicted);
    CHECK(row.correct == (sample.exits.at(exit).predicted == sample.true_class));
    taken.insert(exit);
  }
  CHECK(taken.size() > 1);
}

TEST_CASE("live exits and classes equal the recorded ones at threshold 0.5") { check_threshold(0.5); }
TEST_CASE("live exits and classes equal the recorded ones at threshold 0.8") { check_threshold(0.8); }
TEST_CASE("live exits and classes equal the recorded ones at threshold 0.9") { check_threshold(0.9); }
TEST_CASE("live exits and classes equal the recorded ones at threshold 0.95") { check_threshold(0.95); }

TEST_CASE("live requests leave by the thresholds that a plan brings") { check_threshold(0.9, ThresholdsOf::kPlan); }

TEST_CASE("recorded exits of images need these images for a live run") {
  const LayerGraph graph = tiny::chain({16, 4}, {});
  Scenario scenario = live_scenario(graph, {});
  scenario.file = "s.yaml";
  scenario.trace = tiny::trace(graph, {{0.5}});
  CHECK_THROWS_WITH_AS(load_inputs(scenario, {Request{}}),
                       "s.yaml: data: missing; a live run of tiny needs the folder of the images that its exits were "
                       "recorded on",
                       InputError);
}

TEST_CASE("images of other classes than the recorded ones are refused") {
  const TemporaryFolder folder;
  folder.write("test_batch.bin", "\3" + std::string(3072, 'x'));  // one image, of class 3
  const LayerGraph graph("tiny",
                         {{"input", "input", {}, {1, 3, 32, 32}, Bytes(12288), Flops(0), Bytes(0)},
                          {"l1", "conv", {0}, {1, 2}, Bytes(8), Flops(0), Bytes(0)}},
                         {});
  Scenario scenario = live_scenario(graph, {});
  scenario.file = "s.yaml";
  scenario.data_dir = folder.path();
  scenario.trace = ExitTrace{"tiny", {{0, 3, {{0.5, 0, 3}}}}};
  CHECK(load_inputs(scenario, {Request{}}).size() == 1);
  scenario.trace->samples[0].true_class = 5;
  const std::string dir = folder.path().string();
  CHECK_THROWS_WITH_AS(load_inputs(scenario, {Request{}}),
                       ("s.yaml: data: `" + dir +
                        "`: its test image 0 is of class 3, and exits were recorded on one of class 5; "
                        "`twinfer model trace tiny --data " +
                        dir + "` records them on these images")
                           .c_str(),
                       InputError);
}

TEST_CASE("a network with data of its own takes no folder of images") {
  const Network network = make_network("digits", default_input_shape("digits"), 1);
  Scenario scenario = live_scenario(network.graph(), {});
  scenario.data_dir = "images";
  CHECK_THROWS_WITH_AS(load_inputs(scenario, {Request{}}),
                       ("data: `images`: digits has its own, in " + scenario.models_dir.string()).c_str(), InputError);
}

}  // namespace
}  // namespace twinfer
