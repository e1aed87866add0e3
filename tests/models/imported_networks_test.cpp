// torchvision's networks, traced and scripted, imported and cut.
#include "models/imported_network.h"
#include "models/threads.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/models/imported_runs.h"

namespace twinfer {
namespace {

constexpr std::size_t kCuts = 20;

const std::filesystem::path kNetworks = std::filesystem::path(TWINFER_TORCHSCRIPT_DIR) / "networks";

Network import_square(const std::string& name, long size) {
  return import_network(kNetworks / (name + ".pt"), name, {1, 3, size, size}).network;
}

void check_cuts(const std::string& name, long size) {
  use_threads(1);
  const Network network = import_square(name, size);
  const at::Tensor input = random_input({1, 3, size, size}, 7);
  const at::Tensor original = run_original(kNetworks / (name + ".pt"), input);
  REQUIRE(original.abs().max().item<double>() > 1e-3);
  CHECK(relative_difference(network.forward(input), original) <= 1e-5);
  CHECK(relative_difference(run_scattered(network, input), original) <= 1e-5);
  for (const LayerId cut : random_cuts(network.graph(), kCuts, 1)) {
    CAPTURE(cut);
    CHECK(relative_difference(run_cut(network, cut, input), original) <= 1e-5);
  }
}

// As published: learned parameters, and multiply-adds of convolutions and linear
// layers at the published input size.
void check_counts(const std::string& name, long size, long parameters, double multiply_adds) {
  CAPTURE(name);
  const Network network = import_square(name, size);
  long learned = 0;
  for (const auto& [part, tensor] : network.state())
    if (part.find("running_") == std::string::npos) learned += tensor.numel();
  CHECK(learned == parameters);
  double count = 0;
  for (const Layer& layer : network.graph().layers())
    if (layer.kind == "conv" || layer.kind == "linear") count += layer.flops.si() / 2;
  CHECK(count == doctest::Approx(multiply_adds).epsilon(0.01));
}

TEST_CASE("ResNet-18, scripted, is the same however it is cut") { check_cuts("resnet18", 64); }
TEST_CASE("DenseNet-121, traced, is the same however it is cut") { check_cuts("densenet121", 64); }
TEST_CASE("ShuffleNet v2, scripted, is the same however it is cut") { check_cuts("shufflenet_v2_x1_0", 64); }
TEST_CASE("EfficientNet-B0, traced, is the same however it is cut") { check_cuts("efficientnet_b0", 64); }
TEST_CASE("MobileNet v3, scripted, is the same however it is cut") { check_cuts("mobilenet_v3_small", 64); }
TEST_CASE("RegNetY-400MF, traced, is the same however it is cut") { check_cuts("regnet_y_400mf", 64); }
TEST_CASE("Inception v3, scripted, is the same however it is cut") { check_cuts("inception_v3", 96); }
TEST_CASE("a transformer encoder, traced, is the same however it is cut") { check_cuts("encoder", 32); }

TEST_CASE("imported networks have the published numbers of parameters and multiply-adds") {
  check_counts("resnet18", 224, 11'689'512, 1.814e9);
  check_counts("densenet121", 224, 7'978'856, 2.834e9);
  check_counts("shufflenet_v2_x1_0", 224, 2'278'604, 0.145e9);
  check_counts("efficientnet_b0", 224, 5'288'548, 0.386e9);
  check_counts("mobilenet_v3_small", 224, 2'542'856, 0.0565e9);
  check_counts("regnet_y_400mf", 224, 4'344'144, 0.402e9);
  // 27,161,264 less the auxiliary head's 3,326,696, which does nothing in inference
  check_counts("inception_v3", 299, 23'834'568, 5.713e9);
}

}  // namespace
}  // namespace twinfer
