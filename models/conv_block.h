// Convolution without bias, batch norm, ReLU: what the Inception networks are made of.
#pragma once

#include <string>

#include "models/network_builder.h"

namespace twinfer {

// Layers NAME.conv, NAME.bn and NAME.relu; gives the last. Before training the
// batch norm multiplies by `scale`.
LayerId conv_block(NetworkBuilder& net, const std::string& name, const ConvSettings& settings, LayerId from,
                   double scale = 1);

struct ConvBlock {
  std::string name;
  ConvSettings settings;
};

// Several of them, one after the other, named PREFIX.NAME.
LayerId conv_blocks(NetworkBuilder& net, const std::string& prefix, const std::vector<ConvBlock>& blocks, LayerId from);

}  // namespace twinfer
