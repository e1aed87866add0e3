// The published architectures against their published counts, cut anywhere.
#include "models/zoo.h"

#include <cmath>

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
const std::vector<long> kTiny{1, 3, 32, 32};

void check_committed_graph(const std::string& model) {
  check_equal(make_network(model, default_input_shape(model), 2).graph(),
              load_layer_graph(kModels / "graphs" / (model + ".csv")));
}

LayerGraph graph_of(const std::string& model) { return load_layer_graph(kModels / "graphs" / (model + ".csv")); }

// Learned parameters of float32: published counts leave running means and
// variances out, half of what a batch norm holds.
double learned_parameters(const std::string& model) {
  const LayerGraph graph = graph_of(model);
  double count = 0;
  for (const Layer& layer : graph.layers()) count += layer.parameter_bytes.si() / (layer.kind == "batchnorm" ? 8 : 4);
  return count;
}

// Of convolutions, linear layers and attention, as published.
double multiply_adds(const std::string& model) {
  const LayerGraph graph = graph_of(model);
  double count = 0;
  for (const Layer& layer : graph.layers())
    if (layer.kind == "conv" || layer.kind == "linear" || layer.kind == "matmul") count += layer.flops.si() / 2;
  return count;
}

double worst_difference(const std::string& model, const std::vector<long>& shape, LayerId step = 1) {
  use_threads(1);
  const at::Tensor input = InputSource(model, kModels, shape, 1).input(3);
  return worst_cut_difference(make_network(model, shape, 1), input, step);
}

// Largest and smallest root mean square of what the layers make, as a factor of
// the input's, which is 1.
struct Spread {
  double least = 1;
  double most = 1;
};

Spread activation_spread(const std::string& model, const std::vector<long>& shape) {
  const Network network = make_network(model, shape, 1);
  Activations tensors{{0, InputSource(model, kModels, shape, 1).input(3)}};
  Spread spread;
  for (LayerId layer = 1; layer < network.graph().size(); ++layer) {
    tensors[layer] = network.run_layer(layer, tensors);
    if (network.graph().layer(layer).kind == "softmax") continue;  // shares, not activations
    const double rms = std::sqrt(tensors[layer].square().mean().item<double>());
    spread.least = std::min(spread.least, rms);
    spread.most = std::max(spread.most, rms);
  }
  return spread;
}

TEST_CASE("the committed graph of AlexNet is what running the network gives") { check_committed_graph("alexnet"); }
TEST_CASE("the committed graph of VGG16 is what running the network gives") { check_committed_graph("vgg16"); }
TEST_CASE("the committed graph of VGG19 is what running the network gives") { check_committed_graph("vgg19"); }
TEST_CASE("the committed graph of ResNet-50 is what running the network gives") { check_committed_graph("resnet50"); }
TEST_CASE("the committed graph of GoogLeNet is what running the network gives") { check_committed_graph("googlenet"); }
TEST_CASE("the committed graph of MobileNetV2 is what running the network gives") {
  check_committed_graph("mobilenet-v2");
}
TEST_CASE("the committed graph of ViT-B/16 is what running the network gives") { check_committed_graph("vit-b-16"); }

TEST_CASE("networks have torchvision's published numbers of parameters") {
  CHECK(learned_parameters("alexnet") == 61100840);
  CHECK(learned_parameters("googlenet") == 6624904);
  CHECK(learned_parameters("mobilenet-v2") == 3504872);
  CHECK(learned_parameters("resnet50") == 25557032);
  CHECK(learned_parameters("vgg16") == 138357544);
  CHECK(learned_parameters("vgg19") == 143667240);
  CHECK(learned_parameters("vit-b-16") == 86567656);
}

TEST_CASE("networks do torchvision's published numbers of multiply-adds") {
  CHECK(multiply_adds("alexnet") == doctest::Approx(0.714e9).epsilon(0.001));
  CHECK(multiply_adds("googlenet") == doctest::Approx(1.498e9).epsilon(0.001));
  CHECK(multiply_adds("mobilenet-v2") == doctest::Approx(0.301e9).epsilon(0.001));
  CHECK(multiply_adds("resnet50") == doctest::Approx(4.089e9).epsilon(0.001));
  CHECK(multiply_adds("vgg16") == doctest::Approx(15.47e9).epsilon(0.001));
  CHECK(multiply_adds("vgg19") == doctest::Approx(19.632e9).epsilon(0.001));
  CHECK(multiply_adds("vit-b-16") == doctest::Approx(17.564e9).epsilon(0.001));
}

TEST_CASE("AlexNet cut after any layer gives what the whole network gives") {
  CHECK(worst_difference("alexnet", kSmall) <= 1e-5);
}
TEST_CASE("VGG16 cut after any layer gives what the whole network gives") {
  CHECK(worst_difference("vgg16", kSmall) <= 1e-5);
}
TEST_CASE("VGG19 cut after any layer gives what the whole network gives") {
  CHECK(worst_difference("vgg19", kTiny) <= 1e-5);
}
TEST_CASE("ResNet-50 cut after any layer gives what the whole network gives") {
  CHECK(worst_difference("resnet50", kSmall) <= 1e-5);
}
TEST_CASE("GoogLeNet cut after any layer gives what the whole network gives") {
  CHECK(worst_difference("googlenet", kSmall) <= 1e-5);
}
TEST_CASE("MobileNetV2 cut after any layer gives what the whole network gives") {
  CHECK(worst_difference("mobilenet-v2", kSmall) <= 1e-5);
}
TEST_CASE("ViT-B/16 cut anywhere in a block gives what the whole network gives") {
  CHECK(worst_difference("vit-b-16", kTiny, 5) <= 1e-5);  // blocks have 12 layers: every place of one is met
}
TEST_CASE("ViT-B/16 cut at its published size gives what the whole network gives") {
  CHECK(worst_difference("vit-b-16", default_input_shape("vit-b-16"), 31) <= 1e-5);
}
TEST_CASE("ResNet-50 for CIFAR-100 cut at any of its positions gives what the whole network gives") {
  CHECK(worst_difference("resnet50-cifar100", default_input_shape("resnet50-cifar100")) <= 1e-5);
}
TEST_CASE("Inception-v3 for CIFAR-10 cut after every eleventh layer gives what the whole network gives") {
  CHECK(worst_difference("inception-v3-cifar10", default_input_shape("inception-v3-cifar10"), 11) <= 1e-5);
}

// Else a difference of 1e-5 of the largest logit would mean nothing, or everything.
TEST_CASE("activations of random weights neither explode nor vanish") {
  use_threads(1);
  for (const std::string& model : zoo_names()) {
    const bool any_size = default_input_shape(model) == std::vector<long>{1, 3, 224, 224};
    const Spread spread = activation_spread(model, any_size ? kSmall : default_input_shape(model));
    CAPTURE(model);
    CHECK(spread.least > 0.1);
    CHECK(spread.most < 10);
  }
}

TEST_CASE("a cut inside a residual block carries the shortcut too") {
  const LayerGraph graph = graph_of("resnet50");
  const LayerId before = *graph.find_layer("layer1.0.relu3");
  const LayerId inside = *graph.find_layer("layer1.1.relu1");
  // 256 channels of 56x56 wait for the addition, 64 go on
  CHECK(cut_after(graph, inside).tensors == std::vector<LayerId>{before, inside});
  CHECK(cut_after(graph, inside).bytes == Bytes(4.0 * 56 * 56 * (256 + 64)));
  CHECK(graph.layer(*graph.find_layer("layer1.1.add")).inputs.back() == before);
}

TEST_CASE("ResNet-50 adds 16 times and reduces its shortcut 4 times") {
  const LayerGraph graph = graph_of("resnet50");
  const auto count = [&](const std::string& part) {
    return std::ranges::count_if(graph.layers(), [&](const Layer& l) { return l.name.ends_with(part); });
  };
  CHECK(count(".add") == 16);
  CHECK(count("downsample.0") == 4);
}

TEST_CASE("a cut inside attention carries the projections beside the scores, and what the addition waits for") {
  const LayerGraph graph = graph_of("vit-b-16");
  const std::string block = "encoder.layers.encoder_layer_3";
  const LayerId added = *graph.find_layer("encoder.layers.encoder_layer_2.add_2");
  const LayerId projections = *graph.find_layer(block + ".self_attention.in_proj");
  const LayerId scores = *graph.find_layer(block + ".self_attention.scores");
  // 197 tokens of 768 features, the same three times over, and 12 heads of 197 x 197
  CHECK(cut_after(graph, scores).tensors == std::vector<LayerId>{added, projections, scores});
  CHECK(cut_after(graph, scores).bytes == Bytes(4.0 * (197 * 768 * 4 + 12 * 197 * 197)));
  CHECK(cut_after(graph, added).bytes == Bytes(4.0 * 197 * 768));
}

TEST_CASE("a cut inside an Inception block carries its input and the branches that are done") {
  const LayerGraph graph = graph_of("googlenet");
  const LayerId input = *graph.find_layer("maxpool2");
  const LayerId one = *graph.find_layer("inception3a.branch1.relu");
  // 192 channels of 28x28 for the other branches, 64 for the concatenation
  CHECK(cut_after(graph, one).tensors == std::vector<LayerId>{input, one});
  CHECK(cut_after(graph, one).bytes == Bytes(4.0 * 28 * 28 * (192 + 64)));
  CHECK(graph.layer(*graph.find_layer("inception3a.concat")).inputs.size() == 4);
}

TEST_CASE("an input that shrinks to nothing is refused with the layer that cannot take it") {
  CHECK_THROWS_WITH_AS(make_network("alexnet", {1, 3, 32, 32}, 1),
                       "alexnet: input shape: `1x3x32x32`: layer features.12 cannot take 1x256x1x1", InputError);
  CHECK_THROWS_WITH_AS(make_network("vgg16", {1, 1, 64, 64}, 1),
                       "vgg16: input shape: `1x1x64x64`: must be 1x3xHEIGHTxWIDTH", InputError);
  CHECK_THROWS_WITH_AS(make_network("resnet50", {2, 3, 64, 64}, 1),
                       "resnet50: input shape: `2x3x64x64`: must be 1x3xHEIGHTxWIDTH", InputError);
  CHECK_THROWS_WITH_AS(make_network("vit-b-16", {1, 3, 8, 8}, 1),
                       "vit-b-16: input shape: `1x3x8x8`: layer conv_proj cannot take 1x3x8x8", InputError);
  CHECK_THROWS_WITH_AS(make_network("inception-v3-cifar10", {1, 3, 14, 14}, 1),
                       "inception-v3-cifar10: input shape: `1x3x14x14`: layer exit3.0 cannot take 1x64x10x10",
                       InputError);
}

}  // namespace
}  // namespace twinfer
