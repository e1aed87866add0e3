// ResNet-50: He et al., "Deep residual learning for image recognition", CVPR
// 2016, with the stride in a block's 3x3 convolution as torchvision has it.
// Every block is a DAG: its input is read by the first convolution and again by
// the addition (or the downsampling before it).
#include "models/architectures.h"
#include "models/network_builder.h"
#include "models/resnet50_groups.h"

namespace twinfer {
namespace {

struct BlockSettings {
  std::string name;
  long width;  // channels of the 3x3 convolution; the block makes four times as many
  long stride;
  bool downsample;  // the shortcut needs a convolution of its own
};

LayerId conv_bn(NetworkBuilder& net, const std::string& conv_name, const std::string& bn_name,
                const ConvSettings& settings, double scale, LayerId from) {
  const LayerId convolved = net.layer(conv_name, conv(settings), {from});
  return net.layer(bn_name, batch_norm(scale), {convolved});
}

LayerId bottleneck(NetworkBuilder& net, const BlockSettings& block, LayerId from) {
  const std::string& name = block.name;
  const long made = 4 * block.width;
  LayerId x = conv_bn(net, name + ".conv1", name + ".bn1", {.channels = block.width, .bias = false}, 1, from);
  x = net.layer(name + ".relu1", relu(), {x});
  x = conv_bn(net, name + ".conv2", name + ".bn2",
              {.channels = block.width, .kernel = 3, .stride = block.stride, .padding = 1, .bias = false}, 1, x);
  x = net.layer(name + ".relu2", relu(), {x});
  x = conv_bn(net, name + ".conv3", name + ".bn3", {.channels = made, .bias = false}, kResNetBranchScale, x);

  LayerId shortcut = from;
  if (block.downsample)
    shortcut = conv_bn(net, name + ".downsample.0", name + ".downsample.1",
                       {.channels = made, .stride = block.stride, .bias = false}, 1, from);
  x = net.layer(name + ".add", add(), {x, shortcut});
  return net.layer(name + ".relu3", relu(), {x});
}

}  // namespace

Network build_resnet50(const std::vector<long>& input_shape, std::uint64_t seed) {
  NetworkBuilder net("resnet50", input_shape, 3, seed);
  LayerId x = conv_bn(net, "conv1", "bn1", {.channels = 64, .kernel = 7, .stride = 2, .padding = 3, .bias = false}, 1,
                      NetworkBuilder::kInput);
  x = net.layer("relu", relu(), {x});
  x = net.layer("maxpool", max_pool(3, 2, 1), {x});

  int number = 1;
  for (const ResNetGroup& group : kResNet50Groups) {
    const std::string prefix = "layer" + std::to_string(number++) + ".";
    for (long i = 0; i < group.blocks; ++i)
      x = bottleneck(net, {prefix + std::to_string(i), group.width, i == 0 ? group.stride : 1, i == 0}, x);
  }
  x = net.layer("avgpool", adaptive_avg_pool(1, 1), {x});
  x = net.layer("flatten", flatten(), {x});
  net.layer("fc", linear(1000), {x});
  return net.finish();
}

}  // namespace twinfer
