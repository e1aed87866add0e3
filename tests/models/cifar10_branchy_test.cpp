// The compact network for CIFAR-10, with weights as they are drawn.
#include <ATen/core/Tensor.h>
#include <ATen/ops/linspace.h>

#include "core/error.h"
#include "models/threads.h"
#include "models/zoo.h"
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

TEST_CASE("the weights of cifar10-branchy take less than 8 MB") {
  double bytes = 0;
  for (const auto& [name, tensor] : cifar10_branchy().state()) bytes += static_cast<double>(tensor.nbytes());
  CHECK(bytes < 8e6);
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

}  // namespace
}  // namespace twinfer
