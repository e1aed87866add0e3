#include "models/conv_block.h"

namespace twinfer {
namespace {

constexpr double kEpsilon = 1e-3;  // TensorFlow's, where these networks come from

}  // namespace

LayerId conv_block(NetworkBuilder& net, const std::string& name, const ConvSettings& settings, LayerId from,
                   double scale) {
  ConvSettings unbiased = settings;
  unbiased.bias = false;
  LayerId x = net.layer(name + ".conv", conv(unbiased), {from});
  x = net.layer(name + ".bn", batch_norm(scale, kEpsilon), {x});
  return net.layer(name + ".relu", relu(), {x});
}

LayerId conv_blocks(NetworkBuilder& net, const std::string& prefix, const std::vector<ConvBlock>& blocks,
                    LayerId from) {
  for (const ConvBlock& block : blocks) from = conv_block(net, prefix + "." + block.name, block.settings, from);
  return from;
}

}  // namespace twinfer
