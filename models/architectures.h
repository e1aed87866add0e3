// One function a published architecture, each in a file of its own name. Layer
// names are torchvision's, so that its weights load; dropout, which does nothing
// in inference, is left out.
//
// All throw InputError on an input shape that the network cannot take.
#pragma once

#include <cstdint>
#include <vector>

#include "models/network.h"

namespace twinfer {

Network build_alexnet(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_digits(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_resnet50(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_vgg16(const std::vector<long>& input_shape, std::uint64_t seed);

}  // namespace twinfer
