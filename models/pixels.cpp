#include "models/pixels.h"

#include <vector>

#include <ATen/ops/tensor.h>

namespace twinfer {

at::Tensor network_input(const at::Tensor& images) {
  if (images.scalar_type() != at::kByte) return images;
  static const std::vector<double> kMean{0.4914, 0.4822, 0.4465};
  static const std::vector<double> kSpread{0.2470, 0.2435, 0.2616};
  const at::Tensor unit = images.to(at::kFloat).div(255);
  if (images.size(1) != 3) return unit.sub(0.5).div(0.5);
  return unit.sub(at::tensor(kMean, at::kFloat).view({1, 3, 1, 1}))
      .div(at::tensor(kSpread, at::kFloat).view({1, 3, 1, 1}));
}

}  // namespace twinfer
