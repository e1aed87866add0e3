// One function a published architecture, a file for each family. Layer names are
// torchvision's where it has the network, so that its weights can be converted by
// name; dropout, which does nothing in inference, is left out.
//
// All throw InputError on an input shape that the network cannot take.
#pragma once

#include <cstdint>
#include <vector>

#include "models/network.h"

namespace twinfer {

Network build_alexnet(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_cifar10_branchy(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_digits(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_googlenet(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_inception_v3_cifar10(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_mobilenet_v2(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_resnet50(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_resnet50_cifar100(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_vgg16(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_vgg19(const std::vector<long>& input_shape, std::uint64_t seed);
Network build_vit_b_16(const std::vector<long>& input_shape, std::uint64_t seed);

}  // namespace twinfer
