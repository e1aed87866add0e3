// The compact network for CIFAR-10, as it is drawn and as it is committed.
#include <ATen/core/Tensor.h>
#include <ATen/ops/linspace.h>

#include "core/error.h"
#include "models/threads.h"
#include "models/weights.h"
#include "models/zoo.h"
#include "policies/exit_outcome.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/models/graph_equality.h"
#include "tests/models/split_run.h"

namespace twinfer {
namespace {

const std::filesystem::path kModels = std::filesystem::path(TWINFER_SOURCE_DIR) / "models";

Network cifar10_branchy() { return make_network("cifar10-branchy", default_input_shape("cifar10-branchy"), 1); }

TEST_CASE("the committed graph of cifar10-branchy is what running the network gives") {
  check_equal(cifar10_branchy().graph(), load_layer_graph(kModels / "graphs" / "cifar10-branchy.csv"));
}

TEST_CASE("cifar10-branchy has three exits, and cuts behind the last two carry less than the input") {
  const LayerGraph graph = cifar10_branchy().graph();
  REQUIRE(graph.exit_heads().size() == 3);
  CHECK(graph.layer(0).output_bytes == Bytes(4 * 3 * 32 * 32));
  CHECK(cut_after(graph, graph.exit_heads()[1].layer).bytes == Bytes(4 * 32 * 8 * 8));
  CHECK(cut_after(graph, graph.exit_heads()[2].layer).bytes == Bytes(4 * 32 * 8 * 8));
}

TEST_CASE("cifar10-branchy cut after any layer gives what the whole network gives") {
  use_threads(1);
  const at::Tensor input = at::linspace(-2, 2, 3 * 32 * 32).view({1, 3, 32, 32});
  CHECK(worst_cut_difference(cifar10_branchy(), input) <= 1e-5);
}

TEST_CASE("cifar10-branchy is offered at its one shape only") {
  CHECK_THROWS_WITH_AS(make_network("cifar10-branchy", {1, 3, 64, 64}, 1),
                       "cifar10-branchy: input shape: `1x3x64x64`: must be 1x3x32x32", InputError);
}

ExitTrace committed_trace() {
  return load_exit_trace(kModels / "exits" / "cifar10-branchy.csv", cifar10_branchy().graph());
}

TEST_CASE("the trace of cifar10-branchy holds every test image, a tenth of each class") {
  const ExitTrace trace = committed_trace();
  REQUIRE(trace.samples.size() == 10000);
  std::vector<int> per_class(10);
  for (std::size_t i = 0; i < trace.samples.size(); ++i) {
    CHECK(trace.samples[i].sample == i);
    ++per_class.at(static_cast<std::size_t>(trace.samples[i].true_class));
  }
  CHECK(per_class == std::vector<int>(10, 1000));
}

TEST_CASE("the final exit of cifar10-branchy is right on at least 88 % of the test images, early exits on fewer") {
  const std::vector<double> accuracy = exit_accuracy(committed_trace());
  CHECK(accuracy.back() >= 0.88);
  CHECK(accuracy[0] < accuracy[1]);
  CHECK(accuracy[1] < accuracy[2]);
  constexpr double kAsGood = 0.001;  // the last two differ by 4 images of 10,000, the other way round
  CHECK(accuracy[2] < accuracy[3] + kAsGood);
}

TEST_CASE("the committed weights of cifar10-branchy fit it and take less than 8 MB") {
  Network network = cifar10_branchy();
  const std::filesystem::path file = kModels / "weights" / "cifar10-branchy.pt";
  load_weights(network, file);
  CHECK(std::filesystem::file_size(file) < 8'000'000);
}

}  // namespace
}  // namespace twinfer
