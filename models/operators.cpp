#include "models/operators.h"

#include <array>
#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/add.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/relu6.h>
#include <ATen/ops/zeros.h>

#include "core/random.h"

namespace twinfer {
namespace {

// He et al., "Delving deep into rectifiers", ICCV 2015: keeps the variance of
// activations through layers that a ReLU follows.
at::Tensor he_uniform(WeightSource& weights, const std::vector<long>& shape, long fan_in) {
  return weights.uniform(shape, std::sqrt(6.0 / static_cast<double>(fan_in)));
}

at::Tensor small_bias(WeightSource& weights, long size, long fan_in) {
  return weights.uniform({size}, 1.0 / std::sqrt(static_cast<double>(fan_in)));
}

std::array<long, 2> sides(const Extent& extent) { return {extent.height, extent.width}; }

}  // namespace

Flops per_output(const at::Tensor& output, double work) { return Flops(work * static_cast<double>(output.numel())); }

at::Tensor WeightSource::uniform(const std::vector<long>& shape, double bound) {
  at::Generator generator = at::detail::createCPUGenerator(random_bits(seed_, RandomStream::kWeights, drawn_++));
  return at::empty(shape, at::kFloat).uniform_(-bound, bound, generator);
}

OperatorRecipe conv(const ConvSettings& settings) {
  return [settings](const Tensors& inputs, WeightSource& weights) {
    const long made = settings.channels;
    const Extent& kernel = settings.kernel;
    const long read = inputs.at(0).size(1) / settings.groups;  // channels that one made channel sees
    const long fan_in = read * kernel.height * kernel.width;
    const at::Tensor weight = he_uniform(weights, {made, read, kernel.height, kernel.width}, fan_in);
    Operator op{"conv", {}, {}, {{"weight", weight}}};
    at::Tensor bias;
    if (settings.bias) {
      bias = small_bias(weights, made, fan_in);
      op.state.emplace_back("bias", bias);
    }
    op.run = [weight, bias, settings](const Tensors& in) {
      constexpr long kDilation = 1;
      return at::conv2d(in[0], weight, bias, settings.stride, sides(settings.padding), kDilation, settings.groups);
    };
    op.flops = [fan_in](const Tensors&, const at::Tensor& out) {
      return per_output(out, 2.0 * static_cast<double>(fan_in));
    };
    return op;
  };
}

OperatorRecipe batch_norm(double scale, double epsilon) {
  return [scale, epsilon](const Tensors& inputs, WeightSource&) {
    const long channels = inputs.at(0).size(1);
    const at::Tensor weight = at::full({channels}, scale);
    const at::Tensor bias = at::zeros({channels});
    const at::Tensor mean = at::zeros({channels});
    const at::Tensor variance = at::ones({channels});
    const auto normalise = [=](const at::Tensor& in, bool training) {
      constexpr double kMomentum = 0.1;
      return at::batch_norm(in, weight, bias, mean, variance, training, kMomentum, epsilon, false);
    };
    return Operator{"batchnorm",
                    [=](const Tensors& in) { return normalise(in[0], false); },
                    [](const Tensors&, const at::Tensor& out) { return per_output(out, 2); },
                    {{"weight", weight}, {"bias", bias}, {"running_mean", mean}, {"running_var", variance}},
                    [=](const Tensors& in) { return normalise(in[0], true); }};
  };
}

OperatorRecipe relu() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"relu",
                    [](const Tensors& in) { return at::relu(in[0]); },
                    [](const Tensors&, const at::Tensor& out) { return per_output(out, 1); },
                    {}};
  };
}

OperatorRecipe relu6() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"relu6",
                    [](const Tensors& in) { return at::relu6(in[0]); },
                    [](const Tensors&, const at::Tensor& out) { return per_output(out, 2); },
                    {}};
  };
}

OperatorRecipe max_pool(long kernel, long stride, long padding, Rounding rounding) {
  return [=](const Tensors&, WeightSource&) {
    return Operator{
        "maxpool",
        [=](const Tensors& in) {
          constexpr long kDilation = 1;
          return at::max_pool2d(in[0], kernel, stride, padding, kDilation, rounding == Rounding::kUp);
        },
        [=](const Tensors&, const at::Tensor& out) { return per_output(out, static_cast<double>(kernel * kernel)); },
        {}};
  };
}

OperatorRecipe avg_pool(long kernel, long stride, long padding) {
  return [=](const Tensors&, WeightSource&) {
    return Operator{
        "avgpool",
        [=](const Tensors& in) { return at::avg_pool2d(in[0], kernel, stride, padding); },
        [=](const Tensors&, const at::Tensor& out) { return per_output(out, static_cast<double>(kernel * kernel)); },
        {}};
  };
}

OperatorRecipe adaptive_avg_pool(long height, long width) {
  return [=](const Tensors&, WeightSource&) {
    return Operator{"avgpool",
                    [=](const Tensors& in) {
                      return at::adaptive_avg_pool2d(in[0], {height, width});
                    },
                    [](const Tensors& in, const at::Tensor&) { return per_output(in[0], 1); },
                    {}};
  };
}

OperatorRecipe flatten() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"flatten",
                    [](const Tensors& in) { return at::flatten(in[0], 1); },
                    [](const Tensors&, const at::Tensor&) { return Flops(0); },
                    {}};
  };
}

OperatorRecipe linear(long features) {
  return [=](const Tensors& inputs, WeightSource& weights) {
    const long fan_in = inputs.at(0).size(-1);
    const at::Tensor weight = he_uniform(weights, {features, fan_in}, fan_in);
    const at::Tensor bias = small_bias(weights, features, fan_in);
    return Operator{
        "linear",
        [=](const Tensors& in) { return at::linear(in[0], weight, bias); },
        [=](const Tensors&, const at::Tensor& out) { return per_output(out, 2.0 * static_cast<double>(fan_in)); },
        {{"weight", weight}, {"bias", bias}}};
  };
}

OperatorRecipe add() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"add",
                    [](const Tensors& in) { return at::add(in.at(0), in.at(1)); },
                    [](const Tensors&, const at::Tensor& out) { return per_output(out, 1); },
                    {}};
  };
}

OperatorRecipe concat() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"concat",
                    [](const Tensors& in) { return at::cat(in, 1); },
                    [](const Tensors&, const at::Tensor&) { return Flops(0); },
                    {}};
  };
}

}  // namespace twinfer
