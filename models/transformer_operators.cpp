#include "models/transformer_operators.h"

#include <cmath>

#include <ATen/ops/add.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/select.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

namespace twinfer {
namespace {

constexpr double kEmbeddingBound = 0.035;  // a standard deviation of 0.02, as ViT has it

// One of q, k, v (0, 1, 2) as batch x heads x tokens x features of a head.
at::Tensor heads_of(const at::Tensor& projections, long which, long heads) {
  const long features = projections.size(2) / 3;
  TORCH_CHECK(features % heads == 0, "features must fall into heads");
  return projections.narrow(2, which * features, features)
      .reshape({projections.size(0), projections.size(1), heads, features / heads})
      .transpose(1, 2);
}

}  // namespace

OperatorRecipe class_and_patch_tokens() {
  return [](const Tensors& inputs, WeightSource& weights) {
    const at::Tensor token = weights.uniform({1, 1, inputs.at(0).size(1)}, kEmbeddingBound);
    return Operator{"tokens",
                    [token](const Tensors& in) {
                      const at::Tensor patches = in[0].flatten(2).transpose(1, 2);
                      return at::cat({token.expand({in[0].size(0), -1, -1}), patches}, 1);
                    },
                    [](const Tensors&, const at::Tensor&) { return Flops(0); },
                    {{"class_token", token}}};
  };
}

OperatorRecipe position_embedding() {
  return [](const Tensors& inputs, WeightSource& weights) {
    const at::Tensor embedding = weights.uniform({1, inputs.at(0).size(1), inputs[0].size(2)}, kEmbeddingBound);
    return Operator{"embedding",
                    [embedding](const Tensors& in) { return at::add(in[0], embedding); },
                    [](const Tensors&, const at::Tensor& out) { return per_output(out, 1); },
                    {{"pos_embedding", embedding}}};
  };
}

OperatorRecipe layer_norm(double epsilon) {
  return [=](const Tensors& inputs, WeightSource&) {
    const long features = inputs.at(0).size(-1);
    const at::Tensor weight = at::ones({features});
    const at::Tensor bias = at::zeros({features});
    return Operator{"layernorm",
                    [=](const Tensors& in) { return at::layer_norm(in[0], {features}, weight, bias, epsilon); },
                    // mean, variance, difference, quotient, scale, shift
                    [](const Tensors&, const at::Tensor& out) { return per_output(out, 6); },
                    {{"weight", weight}, {"bias", bias}}};
  };
}

OperatorRecipe gelu() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"gelu",
                    [](const Tensors& in) { return at::gelu(in[0]); },
                    [](const Tensors&, const at::Tensor& out) { return per_output(out, 1); },
                    {}};
  };
}

OperatorRecipe softmax() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"softmax",
                    [](const Tensors& in) { return at::softmax(in[0], -1); },
                    // exponential, sum, quotient
                    [](const Tensors&, const at::Tensor& out) { return per_output(out, 3); },
                    {}};
  };
}

OperatorRecipe attention_scores(long heads) {
  return [=](const Tensors& inputs, WeightSource&) {
    const double features = static_cast<double>(inputs.at(0).size(2)) / 3 / static_cast<double>(heads);
    return Operator{"matmul",
                    [=](const Tensors& in) {
                      const at::Tensor queries = at::mul(heads_of(in[0], 0, heads), 1 / std::sqrt(features));
                      return at::matmul(queries, heads_of(in[0], 1, heads).transpose(2, 3));
                    },
                    [=](const Tensors&, const at::Tensor& out) { return per_output(out, 2 * features); },
                    {}};
  };
}

OperatorRecipe attention_context() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"matmul",
                    [](const Tensors& in) {
                      const at::Tensor& shares = in.at(0);
                      const at::Tensor mixed = at::matmul(shares, heads_of(in.at(1), 2, shares.size(1)));
                      return mixed.transpose(1, 2).flatten(2);
                    },
                    [](const Tensors& in, const at::Tensor& out) {
                      return per_output(out, 2 * static_cast<double>(in.at(0).size(3)));  // a sum over all tokens
                    },
                    {}};
  };
}

OperatorRecipe first_token() {
  return [](const Tensors&, WeightSource&) {
    return Operator{"select",
                    [](const Tensors& in) { return at::select(in[0], 1, 0); },
                    [](const Tensors&, const at::Tensor&) { return Flops(0); },
                    {}};
  };
}

}  // namespace twinfer
