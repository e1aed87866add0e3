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
  // As `run`, but with what only training does; empty where that is nothing.
  std::function<at::Tensor(const Tensors& inputs)> train = {};
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

// `work` floating-point operations for every element of `output`.
Flops per_output(const at::Tensor& output, double work);

// One number stands for a square.
struct Extent {
  constexpr Extent(long side) : height(side), width(side) {}
  constexpr Extent(long h, long w) : height(h), width(w) {}
  long height;
  long width;
};

struct ConvSettings {
  long channels = 0;  // made
  Extent kernel = 1;
  long stride = 1;  // square
  Extent padding = 0;
  long groups = 1;  // as many as channels: depthwise
  bool bias = true;
};
// Throws c10::Error if the channels do not fall into `groups`.
OperatorRecipe conv(const ConvSettings& settings);

// With the running mean and variance; only in training with the batch's, which
// then move the running ones. Before training it multiplies by `scale`.
OperatorRecipe batch_norm(double scale = 1, double epsilon = 1e-5);

OperatorRecipe relu();
OperatorRecipe relu6();  // min(relu, 6)

enum class Rounding { kDown, kUp };  // of a pool's last window, where the size does not fit
OperatorRecipe max_pool(long kernel, long stride, long padding = 0, Rounding rounding = Rounding::kDown);
OperatorRecipe avg_pool(long kernel, long stride, long padding = 0);  // padding counts as zeros
OperatorRecipe adaptive_avg_pool(long height, long width);
OperatorRecipe flatten();
OperatorRecipe linear(long features);  // of the last dimension
OperatorRecipe add();                  // of two inputs
OperatorRecipe concat();               // of the channels of all inputs

}  // namespace twinfer
