// Images of bytes, as data sets hold them, and what a network takes of them.
#pragma once

#include <ATen/core/Tensor.h>

namespace twinfer {

// Float32 from N x C x H x W bytes: every channel minus its mean, over its
// spread, both as CIFAR-10's training images have them (three channels) or 0.5.
// Images that are float32 already come back as they are.
at::Tensor network_input(const at::Tensor& images);

}  // namespace twinfer
