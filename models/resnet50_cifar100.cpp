// ResNet-50 for the 32x32 images of CIFAR-100, as the 22 layers between which the
// two-way split system cuts: the stem's three operators, 16 blocks, pool, flatten
// and classifier. After He et al., "Deep residual learning for image recognition",
// CVPR 2016; the stem is a 3x3 convolution without pool, as small images need it.
// models/resnet50.cpp is the network that can be cut inside its blocks.
#include "models/architectures.h"
#include "models/composite_operator.h"
#include "models/network_builder.h"
#include "models/resnet50_groups.h"

namespace twinfer {
namespace {

struct BlockSettings {
  long width;  // channels of the 3x3 convolution; the block makes four times as many
  long stride;
  bool downsample;  // the shortcut needs a convolution of its own
};

OperatorRecipe bottleneck(const BlockSettings& block) {
  const long made = 4 * block.width;
  std::vector<NamedRecipe> shortcut;
  if (block.downsample)
    shortcut = {{"downsample.0", conv({.channels = made, .stride = block.stride, .bias = false})},
                {"downsample.1", batch_norm()}};
  return residual_block(
      {{"conv1", conv({.channels = block.width, .bias = false})},
       {"bn1", batch_norm()},
       {"relu1", relu()},
       {"conv2", conv({.channels = block.width, .kernel = 3, .stride = block.stride, .padding = 1, .bias = false})},
       {"bn2", batch_norm()},
       {"relu2", relu()},
       {"conv3", conv({.channels = made, .bias = false})},
       {"bn3", batch_norm(kResNetBranchScale)}},
      shortcut);
}

}  // namespace

Network build_resnet50_cifar100(const std::vector<long>& input_shape, std::uint64_t seed) {
  NetworkBuilder net("resnet50-cifar100", input_shape, 3, seed);
  LayerId x = NetworkBuilder::kInput;
  const auto then = [&](const std::string& name, const OperatorRecipe& recipe) { x = net.layer(name, recipe, {x}); };

  then("conv1", conv({.channels = 64, .kernel = 3, .padding = 1, .bias = false}));
  then("bn1", batch_norm());
  then("relu", relu());
  int number = 1;
  for (const ResNetGroup& group : kResNet50Groups) {
    const std::string prefix = "layer" + std::to_string(number++) + ".";
    for (long i = 0; i < group.blocks; ++i)
      then(prefix + std::to_string(i), bottleneck({group.width, i == 0 ? group.stride : 1, i == 0}));
  }
  then("avgpool", adaptive_avg_pool(1, 1));
  then("flatten", flatten());
  then("fc", linear(100));
  return net.finish();
}

}  // namespace twinfer
