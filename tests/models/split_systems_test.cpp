// The two networks of published split systems: their cut positions, shapes and
// bytes are those that the systems ship.
#include <ATen/core/Tensor.h>

#include "core/cut.h"
#include "models/exit_recorder.h"
#include "models/threads.h"
#include "models/zoo.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/models/graph_equality.h"

namespace twinfer {
namespace {

const std::filesystem::path kModels = std::filesystem::path(TWINFER_SOURCE_DIR) / "models";

LayerGraph graph_of(const std::string& model) { return load_layer_graph(kModels / "graphs" / (model + ".csv")); }

Network published(const std::string& model) { return make_network(model, default_input_shape(model), 2); }

long learned_parameters(const Network& network, const std::string& prefix) {
  long count = 0;
  for (const auto& [name, tensor] : network.state())
    if (name.starts_with(prefix) && name.find("running_") == std::string::npos) count += tensor.numel();
  return count;
}

TEST_CASE("ResNet-50 for CIFAR-100 has 22 layers in a chain and ships the bytes of the two-way split system") {
  const LayerGraph graph = graph_of("resnet50-cifar100");
  REQUIRE(graph.last() == 22);
  for (LayerId layer = 1; layer <= 22; ++layer) CHECK(graph.layer(layer).inputs == std::vector<LayerId>{layer - 1});
  const auto shipped = [&](LayerId point) { return graph.layer(point).output_bytes; };
  CHECK(shipped(0) == Bytes(12288));    // 3 x 32 x 32, everything in the cloud
  CHECK(shipped(3) == Bytes(262144));   // 64 x 32 x 32 after the stem
  CHECK(shipped(10) == Bytes(524288));  // 512 x 16 x 16 after the second group
  CHECK(shipped(16) == Bytes(262144));  // 1024 x 8 x 8 after the third
  CHECK(shipped(20) == Bytes(8192));    // 2048 after the pool
  CHECK(shipped(22) == Bytes(400));     // 100 logits, everything at the edge
}

TEST_CASE("the committed graph of ResNet-50 for CIFAR-100 is what running the network gives") {
  check_equal(published("resnet50-cifar100").graph(), graph_of("resnet50-cifar100"));
}

TEST_CASE("ResNet-50 for CIFAR-100 has the parameters of ImageNet's, less stem and classifier") {
  // 25557032 - 9408 (7x7 stem) - 2049000 (1000 classes) + 1728 (3x3 stem) + 204900 (100 classes)
  CHECK(learned_parameters(published("resnet50-cifar100"), "") == 23705252);
}

TEST_CASE("a block that is one layer does the work of its operators") {
  const LayerGraph graph = graph_of("resnet50-cifar100");
  // layer1.1 at 32x32: 1x1 256 to 64, 3x3 64 to 64, 1x1 64 to 256; batch norms and
  // ReLUs of 64, 64 and 256 channels; the sum
  const double convolutions = 2.0 * (256 * 64 + 9 * 64 * 64 + 64 * 256);
  const double rest = 3.0 * (64 + 64 + 256) + 256;
  CHECK(graph.layer(5).flops == Flops(1024 * (convolutions + rest)));
}

TEST_CASE("the multi-exit Inception-v3 ends each of 16 blocks with an exit, whose cut is one tensor") {
  const LayerGraph graph = graph_of("inception-v3-cifar10");
  REQUIRE(graph.exit_heads().size() == 15);
  const auto check = [&](int exit, const std::vector<long>& shape, double bytes) {
    const ExitHead& head = graph.exit_heads()[static_cast<ExitId>(exit - 1)];
    CAPTURE(head.name);
    CHECK(head.name == "exit" + std::to_string(exit));
    CHECK(graph.layer(head.layer).output_shape == shape);
    CHECK(cut_after(graph, head.layer).tensors == std::vector<LayerId>{head.layer});
    CHECK(cut_after(graph, head.layer).bytes == Bytes(bytes));
  };
  check(4, {1, 80, 28, 28}, 250880);
  check(8, {1, 288, 24, 24}, 663552);
  check(10, {1, 768, 11, 11}, 371712);
  check(12, {1, 768, 11, 11}, 371712);
  CHECK(graph.exit_name(15) == "final");
  for (const ExitHead& head : graph.exit_heads())
    CHECK(cut_after(graph, head.layer).bytes > graph.layer(0).output_bytes);
}

TEST_CASE("the heads of the multi-exit Inception-v3 read as many features as the cascade's") {
  const LayerGraph graph = graph_of("inception-v3-cifar10");
  const auto features = [&](int exit) {
    // (features + 1) * 128 + 129 * 10 parameters of 4 bytes
    const double parameters = graph.exit_heads()[static_cast<ExitId>(exit - 1)].parameter_bytes.si() / 4;
    return (parameters - 129 * 10) / 128 - 1;
  };
  CHECK(features(4) == 2880);  // 80 channels of 6x6
  CHECK(features(8) == 2592);  // 288 of 3x3
  CHECK(features(10) == 768);
  CHECK(features(12) == 768);
  CHECK(features(14) == 1280);
  CHECK(features(15) == 2048);
  CHECK(graph.layer(graph.last()).flops == Flops(2 * 2048 * 10));
}

TEST_CASE("the committed graph of the multi-exit Inception-v3 is what running the network gives") {
  check_equal(published("inception-v3-cifar10").graph(), graph_of("inception-v3-cifar10"));
}

TEST_CASE("the multi-exit Inception-v3 has torchvision's parameters, less its classifiers") {
  const Network network = published("inception-v3-cifar10");
  // 27161264 - 2049000 (1000 classes) - 3326696 (auxiliary classifier)
  CHECK(learned_parameters(network, "Conv2d_") + learned_parameters(network, "Mixed_") == 21785568);
}

TEST_CASE("all 16 exits of the multi-exit Inception-v3 are observed") {
  use_threads(1);
  const Network network = published("inception-v3-cifar10");
  const at::Tensor image = InputSource("inception-v3-cifar10", kModels, network.input_shape(), 1).input(5);
  const std::vector<ExitObservation> seen = observe_exits(network, image);
  REQUIRE(seen.size() == 16);
  CHECK(seen.back().confidence == observe(network.forward(image)).confidence);
}

}  // namespace
}  // namespace twinfer
