// Live exits are those that the simulator replays from the recorded trace.
#include <set>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/live/live_world.h"

namespace twinfer {
namespace {

// Ten requests on a trace of each sample's own exits; thresholds on every head.
void check_threshold(double threshold) {
  WorkerThread first, second;
  Network network = make_network("digits", default_input_shape("digits"), 1);
  const LayerGraph& graph = network.graph();
  Scenario scenario = live_scenario(graph, {first.endpoint(), second.endpoint()});
  scenario.trace = load_exit_trace(scenario.models_dir / "exits" / "digits.csv", graph);
  scenario.requests = 60;
  scenario.pd_num = 2;
  scenario.exits.rule = ExitRule::kMaxSoftmax;
  for (ExitId head = 0; head < graph.exit_heads().size(); ++head) scenario.exits.thresholds[head] = threshold;
  const auto policy = make_exit_policy(scenario.exits);
  const LayerId cut = graph.exit_heads().at(1).layer;  // its head belongs to the first stage

  Fleet fleet(scenario.platform, all_devices(scenario), {});
  const LiveOutcome outcome =
      run_live(fleet, scenario, plan_of({{0, 1, cut}, {1, cut + 1, graph.last()}}), ignore_rows);

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

}  // namespace
}  // namespace twinfer
