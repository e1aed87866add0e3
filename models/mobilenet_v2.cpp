// MobileNetV2: Sandler et al., "MobileNetV2: inverted residuals and linear
// bottlenecks", CVPR 2018, at width 1. A block widens its channels, filters each
// alone, and squeezes them again; where sizes allow, its input is added.
#include "models/architectures.h"
#include "models/network_builder.h"

namespace twinfer {
namespace {

// Of the batch norm that ends a block before training. No ReLU halves what it
// makes, so that a block would double the variance; and blocks that are added to
// their input would let it grow from sum to sum.
constexpr double kBlockScale = 0.7;
constexpr double kAddedScale = 0.25;

// NAME.0, NAME.1 and NAME.2: convolution, batch norm, ReLU6.
LayerId conv_bn_relu6(NetworkBuilder& net, const std::string& name, ConvSettings settings, LayerId from) {
  settings.bias = false;
  LayerId x = net.layer(name + ".0", conv(settings), {from});
  x = net.layer(name + ".1", batch_norm(), {x});
  return net.layer(name + ".2", relu6(), {x});
}

struct BlockSettings {
  std::string name;
  long read;  // channels
  long widen;
  long made;  // channels
  long stride;
};

LayerId inverted_residual(NetworkBuilder& net, const BlockSettings& block, LayerId from) {
  const long wide = block.read * block.widen;
  const bool added = block.stride == 1 && block.read == block.made;
  int position = 0;
  const auto next_name = [&] { return block.name + ".conv." + std::to_string(position++); };

  LayerId x = from;
  if (block.widen > 1) x = conv_bn_relu6(net, next_name(), {.channels = wide}, x);
  x = conv_bn_relu6(net, next_name(),
                    {.channels = wide, .kernel = 3, .stride = block.stride, .padding = 1, .groups = wide}, x);
  x = net.layer(next_name(), conv({.channels = block.made, .bias = false}), {x});
  x = net.layer(next_name(), batch_norm(added ? kAddedScale : kBlockScale), {x});
  return added ? net.layer(block.name + ".add", add(), {x, from}) : x;
}

struct GroupSettings {
  long widen;
  long channels;
  int blocks;
  long stride;  // of the first block
};
constexpr GroupSettings kGroups[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                     {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

}  // namespace

Network build_mobilenet_v2(const std::vector<long>& input_shape, std::uint64_t seed) {
  NetworkBuilder net("mobilenet-v2", input_shape, 3, seed);
  int position = 0;
  const auto next_name = [&] { return "features." + std::to_string(position++); };

  long channels = 32;
  LayerId x = conv_bn_relu6(net, next_name(), {.channels = channels, .kernel = 3, .stride = 2, .padding = 1},
                            NetworkBuilder::kInput);
  for (const GroupSettings& group : kGroups)
    for (int i = 0; i < group.blocks; ++i) {
      x = inverted_residual(net, {next_name(), channels, group.widen, group.channels, i == 0 ? group.stride : 1}, x);
      channels = group.channels;
    }
  x = conv_bn_relu6(net, next_name(), {.channels = 1280}, x);
  x = net.layer("avgpool", adaptive_avg_pool(1, 1), {x});
  x = net.layer("flatten", flatten(), {x});
  net.layer("classifier.1", linear(1000), {x});
  return net.finish();
}

}  // namespace twinfer
