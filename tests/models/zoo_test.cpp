// The published architectures against their published counts, cut anywhere.
#include "models/zoo.h"

#include <ATen/core/Tensor.h>

#include "core/error.h"
#include "models/dataset.h"
#include "models/threads.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/models/graph_equality.h"
#include "tests/models/split_run.h"

namespace twinfer {
namespace {

const std::filesystem::path kModels = std::filesystem::path(TWINFER_SOURCE_DIR) / "models";
const std::vector<long> kSmall{1, 3, 64, 64};

void check_committed_graph(const std::string& model) {
  check_equal(make_network(model, default_input_shape(model), 2).graph(),
              load_layer_graph(kModels / "graphs" / (model + ".csv")));
}

// Learned parameters: torchvision's counts leave running means and variances out.
long learned_parameters(const Network& network) {
  long count = 0;
  for (const auto& [name, tensor] : network.state())
    if (name.find("running_") == std::string::npos) count += tensor.numel();
  return count;
}

// Of convolutions and linear layers, as published.
double multiply_adds(const LayerGraph& graph) {
  double count = 0;
  for (const Layer& layer : graph.layers())
    if (layer.kind == "conv" || layer.kind == "linear") count += layer.flops.si() / 2;
  return count;
}

double worst_difference_at_64(const std::string& model) {
  use_threads(1);
  const at::Tensor input = InputSource(model, kModels, kSmall, 1).input(3);
  return worst_cut_difference(make_network(model, kSmall, 1), input);
}

TEST_CASE("the committed graph of AlexNet is what running the network gives") { check_committed_graph("alexnet"); }
TEST_CASE("the committed graph of VGG16 is what running the network gives") { check_committed_graph("vgg16"); }
TEST_CASE("the committed graph of ResNet-50 is what running the network gives") { check_committed_graph("resnet50"); }

TEST_CASE("networks have torchvision's published numbers of parameters") {
  CHECK(learned_parameters(make_network("alexnet", default_input_shape("alexnet"), 1)) == 61100840);
  CHECK(learned_parameters(make_network("vgg16", default_input_shape("vgg16"), 1)) == 138357544);
  CHECK(learned_parameters(make_network("resnet50", default_input_shape("resnet50"), 1)) == 25557032);
}

TEST_CASE("networks do torchvision's published numbers of multiply-adds") {
  // 0.71, 15.47 and 4.09 thousand million
  const auto graph = [](const std::string& model) { return load_layer_graph(kModels / "graphs" / (model + ".csv")); };
  CHECK(multiply_adds(graph("alexnet")) == doctest::Approx(0.714e9).epsilon(0.002));
  CHECK(multiply_adds(graph("vgg16")) == doctest::Approx(15.47e9).epsilon(0.002));
  CHECK(multiply_adds(graph("resnet50")) == doctest::Approx(4.089e9).epsilon(0.002));
}

TEST_CASE("AlexNet cut after any layer gives what the whole network gives") {
  CHECK(worst_difference_at_64("alexnet") <= 1e-5);
}
TEST_CASE("VGG16 cut after any layer gives what the whole network gives") {
  CHECK(worst_difference_at_64("vgg16") <= 1e-5);
}
TEST_CASE("ResNet-50 cut after any layer gives what the whole network gives") {
  CHECK(worst_difference_at_64("resnet50") <= 1e-5);
}

TEST_CASE("a cut inside a residual block carries the shortcut too") {
  const LayerGraph graph = load_layer_graph(kModels / "graphs" / "resnet50.csv");
  const LayerId before = *graph.find_layer("layer1.0.relu3");
  const LayerId inside = *graph.find_layer("layer1.1.relu1");
  // 256 channels of 56x56 wait for the addition, 64 go on
  CHECK(cut_after(graph, inside).tensors == std::vector<LayerId>{before, inside});
  CHECK(cut_after(graph, inside).bytes == Bytes(4.0 * 56 * 56 * (256 + 64)));
  CHECK(graph.layer(*graph.find_layer("layer1.1.add")).inputs.back() == before);
}

TEST_CASE("ResNet-50 adds 16 times and reduces its shortcut 4 times") {
  const LayerGraph graph = load_layer_graph(kModels / "graphs" / "resnet50.csv");
  const auto count = [&](const std::string& part) {
    return std::ranges::count_if(graph.layers(), [&](const Layer& l) { return l.name.ends_with(part); });
  };
  CHECK(count(".add") == 16);
  CHECK(count("downsample.0") == 4);
}

TEST_CASE("an input that shrinks to nothing is refused with the layer that cannot take it") {
  CHECK_THROWS_WITH_AS(make_network("alexnet", {1, 3, 32, 32}, 1),
                       "alexnet: input shape: `1x3x32x32`: layer features.12 cannot take 1x256x1x1", InputError);
  CHECK_THROWS_WITH_AS(make_network("vgg16", {1, 1, 64, 64}, 1),
                       "vgg16: input shape: `1x1x64x64`: must be 1x3xHEIGHTxWIDTH", InputError);
  CHECK_THROWS_WITH_AS(make_network("resnet50", {2, 3, 64, 64}, 1),
                       "resnet50: input shape: `2x3x64x64`: must be 1x3xHEIGHTxWIDTH", InputError);
}

}  // namespace
}  // namespace twinfer
