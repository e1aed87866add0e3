// GoogLeNet: Szegedy et al., "Going deeper with convolutions", CVPR 2015, as
// torchvision has it: with batch norm, and 3x3 convolutions where the paper has
// 5x5. The auxiliary classifiers, which only help training, are left out.
#include "models/architectures.h"
#include "models/conv_block.h"

namespace twinfer {
namespace {

// Channels that a block's four branches make, and those that they reduce to first.
struct BlockSettings {
  const char* name;
  long one;
  long reduce_three, three;
  long reduce_five, five;
  long pool;
};

constexpr BlockSettings kGroup3[] = {{"inception3a", 64, 96, 128, 16, 32, 32},
                                     {"inception3b", 128, 128, 192, 32, 96, 64}};
constexpr BlockSettings kGroup4[] = {{"inception4a", 192, 96, 208, 16, 48, 64},
                                     {"inception4b", 160, 112, 224, 24, 64, 64},
                                     {"inception4c", 128, 128, 256, 24, 64, 64},
                                     {"inception4d", 112, 144, 288, 32, 64, 64},
                                     {"inception4e", 256, 160, 320, 32, 128, 128}};
constexpr BlockSettings kGroup5[] = {{"inception5a", 256, 160, 320, 32, 128, 128},
                                     {"inception5b", 384, 192, 384, 48, 128, 128}};

// Of the batch norm behind a block's max-pool before training: the largest of
// nine activations is about twice as large as one of them.
constexpr double kPoolScale = 0.5;

LayerId inception(NetworkBuilder& net, const BlockSettings& block, LayerId from) {
  const std::string name = block.name;
  const LayerId one = conv_block(net, name + ".branch1", {.channels = block.one}, from);
  const LayerId three = conv_blocks(
      net, name + ".branch2",
      {{"0", {.channels = block.reduce_three}}, {"1", {.channels = block.three, .kernel = 3, .padding = 1}}}, from);
  const LayerId five = conv_blocks(
      net, name + ".branch3",
      {{"0", {.channels = block.reduce_five}}, {"1", {.channels = block.five, .kernel = 3, .padding = 1}}}, from);
  const LayerId pooled = net.layer(name + ".branch4.0", max_pool(3, 1, 1), {from});
  const LayerId pool = conv_block(net, name + ".branch4.1", {.channels = block.pool}, pooled, kPoolScale);
  return net.layer(name + ".concat", concat(), {one, three, five, pool});
}

}  // namespace

Network build_googlenet(const std::vector<long>& input_shape, std::uint64_t seed) {
  NetworkBuilder net("googlenet", input_shape, 3, seed);
  const auto pool = [&](const std::string& name, long kernel, LayerId from) {
    return net.layer(name, max_pool(kernel, 2, 0, Rounding::kUp), {from});
  };
  LayerId x =
      conv_block(net, "conv1", {.channels = 64, .kernel = 7, .stride = 2, .padding = 3}, NetworkBuilder::kInput);
  x = pool("maxpool1", 3, x);
  x = conv_block(net, "conv2", {.channels = 64}, x);
  x = conv_block(net, "conv3", {.channels = 192, .kernel = 3, .padding = 1}, x);
  x = pool("maxpool2", 3, x);
  for (const BlockSettings& block : kGroup3) x = inception(net, block, x);
  x = pool("maxpool3", 3, x);
  for (const BlockSettings& block : kGroup4) x = inception(net, block, x);
  x = pool("maxpool4", 2, x);
  for (const BlockSettings& block : kGroup5) x = inception(net, block, x);

  x = net.layer("avgpool", adaptive_avg_pool(1, 1), {x});
  x = net.layer("flatten", flatten(), {x});
  net.layer("fc", linear(1000), {x});
  return net.finish();
}

}  // namespace twinfer
