// The multi-exit network, with weights as they are drawn.
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>

#include "core/error.h"
#include "models/dataset.h"
#include "models/exit_recorder.h"
#include "models/threads.h"
#include "models/zoo.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/models/graph_equality.h"
#include "tests/models/split_run.h"

namespace twinfer {
namespace {

const std::filesystem::path kModels = std::filesystem::path(TWINFER_SOURCE_DIR) / "models";

Network digits(std::uint64_t seed) { return make_network("digits", default_input_shape("digits"), seed); }

at::Tensor some_digit() { return InputSource("digits", kModels, default_input_shape("digits"), 1).input(17); }

bool same_weights(const Network& a, const Network& b) {
  const auto left = a.state();
  const auto right = b.state();
  REQUIRE(left.size() == right.size());
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i].first != right[i].first || !at::equal(left[i].second, right[i].second)) return false;
  return true;
}

TEST_CASE("the committed graph of digits is what running the network gives") {
  check_equal(digits(1).graph(), load_layer_graph(kModels / "graphs" / "digits.csv"));
}

TEST_CASE("the work of a layer follows from its real shapes") {
  const LayerGraph graph = digits(1).graph();
  // 3x3 from 32 to 64 channels at 32x32: 2 * 9 * 32 * 64 * 1024
  CHECK(graph.layer(*graph.find_layer("block1.conv2")).flops == Flops(37748736));
  // (9 * 32 * 64 weights + 64 biases) * 4 bytes
  CHECK(graph.layer(*graph.find_layer("block1.conv2")).parameter_bytes == Bytes(73984));
  // 64 channels of 16x16, 4 comparisons for each
  CHECK(graph.layer(*graph.find_layer("block1.pool")).flops == Flops(65536));
  CHECK(graph.layer(*graph.find_layer("block1.pool")).output_bytes == Bytes(65536));
  // 2048 to 10
  CHECK(graph.layer(graph.last()).flops == Flops(40960));
}

TEST_CASE("cuts between the blocks of digits get smaller") {
  const LayerGraph graph = digits(1).graph();
  CHECK(cut_after(graph, *graph.find_layer("block1.squeeze")).bytes == Bytes(16384));
  CHECK(cut_after(graph, *graph.find_layer("block2.squeeze")).bytes == Bytes(8192));
  CHECK(cut_after(graph, *graph.find_layer("block3.squeeze")).bytes == Bytes(4096));
}

TEST_CASE("digits cut after any layer gives what the whole network gives") {
  use_threads(1);
  CHECK(worst_cut_difference(digits(1), some_digit()) <= 1e-5);
}

TEST_CASE("digits has three exit heads, each under a hundredth of the network's work") {
  const LayerGraph graph = digits(1).graph();
  REQUIRE(graph.exit_heads().size() == 3);
  for (ExitId exit = 0; exit < 3; ++exit) {
    CHECK(graph.exit_heads()[exit].name == "exit" + std::to_string(exit + 1));
    CHECK(graph.exit_heads()[exit].flops < Flops(1.5e6));
  }
  CHECK(graph.exit_name(3) == "final");
}

TEST_CASE("a head says the same of an activation that came as bytes") {
  const Network network = digits(1);
  Activations tensors{{0, some_digit()}};
  const ExitHead& head = network.graph().exit_heads()[1];
  for (LayerId layer = 1; layer <= head.layer; ++layer) tensors[layer] = network.run_layer(layer, tensors);
  const ExitObservation here = observe(network.run_head(1, tensors.at(head.layer)));
  const ExitObservation there = observe(network.run_head(1, through_codec(tensors.at(head.layer))));
  CHECK(here.confidence == there.confidence);
  CHECK(here.entropy == there.entropy);
  CHECK(here.predicted == there.predicted);
}

TEST_CASE("every exit is observed, the final one last") {
  const Network network = digits(1);
  const std::vector<ExitObservation> seen = observe_exits(network, some_digit());
  REQUIRE(seen.size() == 4);
  CHECK(seen.back().confidence == observe(network.forward(some_digit())).confidence);
}

TEST_CASE("equal seeds give equal weights, others do not") {
  CHECK(same_weights(digits(5), digits(5)));
  CHECK_FALSE(same_weights(digits(5), digits(6)));
}

TEST_CASE("a network that takes one shape refuses others") {
  CHECK_THROWS_WITH_AS(make_network("digits", {1, 1, 32, 32}, 1), "digits: input shape: `1x1x32x32`: must be 1x1x64x64",
                       InputError);
}

TEST_CASE("an unknown network is refused with the known ones") {
  CHECK_THROWS_WITH_AS(
      make_network("lenet", {1, 1, 32, 32}, 1),
      "model: `lenet`: must be one of alexnet, cifar10-branchy, digits, googlenet, inception-v3-cifar10, mobilenet-v2, "
      "resnet50, resnet50-cifar100, vgg16, vgg19, vit-b-16",
      InputError);
  CHECK_THROWS_WITH_AS(
      default_input_shape(""),
      "model: must be one of alexnet, cifar10-branchy, digits, googlenet, inception-v3-cifar10, mobilenet-v2, "
      "resnet50, resnet50-cifar100, vgg16, vgg19, vit-b-16",
      InputError);
}

TEST_CASE("threads out of range are refused") {
  CHECK_THROWS_WITH_AS(use_threads(0), "threads: `0`: must be 1 to 1024", InputError);
  CHECK_THROWS_WITH_AS(use_threads(1025), "threads: `1025`: must be 1 to 1024", InputError);
}

}  // namespace
}  // namespace twinfer
