// Cutting a network anywhere changes nothing that it says: every cut of the
// larger networks, stage to stage through the wire's tensors, and random cuts of
// every network over workers.
#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "core/plan.h"
#include "tests/live/whole_network.h"
#include "tests/support/random_world.h"

namespace twinfer {
namespace {

constexpr float kTolerance = 1e-5F;

// What a receiver gets: other memory with the same bytes.
std::vector<WireTensor> carried_over(const StageRunner& to, const std::vector<WireTensor>& sent) {
  std::vector<WireTensor> received = to.allocate_inputs();
  REQUIRE(received.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    REQUIRE(received[i].layer == sent[i].layer);
    REQUIRE(received[i].shape == sent[i].shape);
    std::memcpy(received[i].bytes.data(), sent[i].bytes.data(), sent[i].bytes.size());
  }
  return received;
}

// Branches cut at different depths: a layer is in the first part by chance, if all
// that it reads is.
std::vector<Stage> random_split(const LayerGraph& graph, std::mt19937_64& random) {
  std::vector<LayerId> first{1};
  std::vector<LayerId> second;
  for (LayerId layer = 2; layer <= graph.last(); ++layer) {
    const bool can = std::ranges::all_of(graph.layer(layer).inputs, [&](LayerId input) {
      return input == 0 || std::ranges::binary_search(first, input);
    });
    const bool goes_first = can && layer < graph.last() && tiny::draw(random, 0, 15) != 0;
    (goes_first ? first : second).push_back(layer);
  }
  return {{0, first}, {0, second}};
}

void check_every_cut(const std::string& model, const std::vector<long>& shape) {
  const WholeNetwork whole = run_whole(make_network(model, shape, 1));
  const LayerId last = whole.network->graph().last();
  const auto runner = [&](const std::vector<Stage>& stages, std::size_t index) {
    return StageRunner(whole.network, share_of(stages, index, whole.network->graph()), make_exit_policy({}));
  };
  const auto check = [&](const std::vector<Stage>& stages) {
    const StageRunner head = runner(stages, 0);
    const StageRunner tail = runner(stages, 1);
    const StageOutcome outcome = tail.run(carried_over(tail, head.run(whole.input, true).tensors), true);
    CHECK(largest_difference(outcome.logits, whole.logits) <= kTolerance);
  };
  for (LayerId cut = 1; cut < last; ++cut) check({{0, 1, cut}, {0, cut + 1, last}});
  std::mt19937_64 random(1);
  for (int round = 0; round < 10; ++round) check(random_split(whole.network->graph(), random));
}

TEST_CASE("every cut of alexnet gives the logits of the whole network") { check_every_cut("alexnet", {1, 3, 64, 64}); }
TEST_CASE("every cut of vgg16 gives the logits of the whole network") { check_every_cut("vgg16", {1, 3, 32, 32}); }
TEST_CASE("every cut of resnet50 gives the logits of the whole network") {
  check_every_cut("resnet50", {1, 3, 32, 32});
}

// `count` stages, on the devices by turns. They end at random positions, but the
// last layers before one may wait for the next stage, and what reads them with
// them: branches are then cut at different depths.
std::vector<Stage> random_stages(std::mt19937_64& random, const LayerGraph& graph, std::size_t count,
                                 std::size_t devices) {
  constexpr LayerId kMayWait = 16;  // about the layers of an Inception block
  std::set<LayerId> ends{graph.last()};
  while (ends.size() < count) ends.insert(tiny::draw(random, 1, graph.last() - 1));
  std::vector<Stage> stages;
  for (std::size_t i = 0; i < count; ++i) stages.push_back({i % devices, {}});

  std::vector<std::size_t> stage_of(graph.size(), 0);
  for (LayerId layer = 1; layer <= graph.last(); ++layer) {
    const auto end = ends.lower_bound(layer);
    const bool waits = layer + kMayWait > *end && tiny::draw(random, 0, 3) == 0;
    std::size_t& stage = stage_of[layer];
    stage = static_cast<std::size_t>(std::distance(ends.begin(), end)) + (waits ? 1 : 0);
    for (const LayerId input : graph.layer(layer).inputs) stage = std::max(stage, stage_of[input]);
    stage = std::min(stage, count - 1);
    stages[stage].layers.push_back(layer);
  }
  const bool none_is_empty = std::ranges::none_of(stages, [](const Stage& stage) { return stage.layers.empty(); });
  return none_is_empty ? stages : random_stages(random, graph, count, devices);
}

// Small sizes where any is taken.
const std::map<std::string, std::vector<long>> kShapes{{"alexnet", {1, 3, 64, 64}},
                                                       {"cifar10-branchy", {1, 3, 32, 32}},
                                                       {"digits", {1, 1, 64, 64}},
                                                       {"googlenet", {1, 3, 64, 64}},
                                                       {"inception-v3-cifar10", {1, 3, 32, 32}},
                                                       {"mobilenet-v2", {1, 3, 64, 64}},
                                                       {"resnet50", {1, 3, 64, 64}},
                                                       {"resnet50-cifar100", {1, 3, 32, 32}},
                                                       {"vgg16", {1, 3, 32, 32}},
                                                       {"vgg19", {1, 3, 32, 32}},
                                                       {"vit-b-16", {1, 3, 64, 64}}};

// As many workers as stages, but two where each would draw a hundred million weights.
std::size_t workers_for(const LayerGraph& graph) {
  Bytes parameters;
  for (const Layer& layer : graph.layers()) parameters += layer.parameter_bytes;
  return parameters > Bytes(2e8) ? 2 : 4;
}

// The largest number of tensors that crossed at once in random cuts over workers.
std::size_t check_random_cuts(const std::string& model) {
  constexpr int kPlansEach = 2;
  const WholeNetwork whole = run_whole(make_network(model, kShapes.at(model), 1));
  const LayerGraph& graph = whole.network->graph();
  std::vector<WorkerThread> workers(workers_for(graph));
  std::vector<Endpoint> endpoints;
  for (const WorkerThread& worker : workers) endpoints.push_back(worker.endpoint());
  Scenario scenario = live_scenario(graph, endpoints);
  scenario.models_dir = "no-trained-weights";
  Fleet fleet(scenario.platform, all_devices(scenario), {});

  std::mt19937_64 random(graph.size());
  std::size_t most_tensors = 0;
  for (const std::size_t count : {2, 3, 4})
    for (int i = 0; i < kPlansEach; ++i) {
      const std::vector<Stage> stages = random_stages(random, graph, count, workers.size());
      CAPTURE(describe(stages, scenario.platform));
      const std::vector<float> logits = run_in_stages(fleet, scenario, stages, whole.input[0]);
      CHECK(largest_difference(logits, whole.logits) <= kTolerance);
      for (const Cut& cut : cuts_of(stages, graph)) most_tensors = std::max(most_tensors, cut.tensors.size());
    }
  return most_tensors;
}

TEST_CASE("alexnet over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("alexnet") == 1);
}
TEST_CASE("cifar10-branchy over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("cifar10-branchy") > 1);
}
TEST_CASE("digits over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("digits") == 1);
}
TEST_CASE("googlenet over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("googlenet") > 1);
}
TEST_CASE("inception-v3-cifar10 over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("inception-v3-cifar10") > 1);
}
TEST_CASE("mobilenet-v2 over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("mobilenet-v2") > 1);
}
TEST_CASE("resnet50 over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("resnet50") > 1);
}
TEST_CASE("resnet50-cifar100 over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("resnet50-cifar100") == 1);
}
TEST_CASE("vgg16 over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("vgg16") == 1);
}
TEST_CASE("vgg19 over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("vgg19") == 1);
}
TEST_CASE("vit-b-16 over workers in 2, 3 and 4 stages gives the logits of the whole network") {
  CHECK(check_random_cuts("vit-b-16") > 1);
}

TEST_CASE("every network of the zoo is run over workers here") {
  std::vector<std::string> models;
  for (const auto& [model, shape] : kShapes) models.push_back(model);
  CHECK(models == zoo_names());
}

}  // namespace
}  // namespace twinfer
