// The operators that networks are made of, for inference and training alike.
//
// None works in place: an activation may still be read by another layer, or be
// on its way to another device.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/units.h"

namespace twinfer {

using Tensors = std::vector<at::Tensor>;

// One operator with its parameters.
struct Operator {
  std::string kind;
  std::function<at::Tensor(const Tensors& inputs)> run;
  // Work for given inputs and output. A multiply-add counts as two; the bias of
  // a convolution or linear layer is left out, as published counts do.
  std::function<Flops(const Tensors& inputs, const at::Tensor& output)> flops;
  // Parameters and buffers ("weight", "running_mean"), shared with `run`.
  std::vector<std::pair<std::string, at::Tensor>> state;
};

// Draws weights: the n-th tensor drawn depends on the seed and n alone.
class WeightSource {
 public:
  explicit WeightSource(std::uint64_t seed) : seed_(seed) {}
  // Uniform in [-bound, bound): unlike normal draws, exact on every CPU.
  at::Tensor uniform(const std::vector<long>& shape, double bound);

 private:
  std::uint64_t seed_;
  std::uint64_t drawn_ = 0;
};

// What makes an operator once the tensors that it reads are known.
using OperatorRecipe = std::function<Operator(const Tensors& inputs, WeightSource& weights)>;

struct ConvSettings {
  long channels = 0;  // made
  long kernel = 1;    // square, as stride and padding
  long stride = 1;
  long padding = 0;
  bool bias = true;
};
OperatorRecipe conv(const ConvSettings& settings);

// As in evaluation: with the running mean and variance, never the batch's.
// Before training it multiplies by `scale`.
OperatorRecipe batch_norm(double scale = 1);

OperatorRecipe relu();
OperatorRecipe max_pool(long kernel, long stride, long padding = 0);
OperatorRecipe adaptive_avg_pool(long height, long width);
OperatorRecipe flatten();
OperatorRecipe linear(long features);
OperatorRecipe add();  // of two inputs

}  // namespace twinfer
