#include "models/torchscript_flops.h"

#include <set>

#include "models/einsum_flops.h"
#include "models/layer_program.h"
#include "models/torchscript_nodes.h"

namespace twinfer {
namespace {

using torch::jit::Stack;

double elements(const Stack& values) {
  double sum = 0;
  for (const c10::IValue& value : values)
    for (const at::Tensor& tensor : tensors_in(value)) sum += static_cast<double>(tensor.numel());
  return sum;
}

double size(const at::Tensor& tensor, long dimension) { return static_cast<double>(tensor.size(dimension)); }

// Weights are out x in/groups x kernel; transposed in x out/groups x kernel, and
// then each input element meets as many weights as each output else.
double convolution(const Stack& arguments, const Stack& results, bool transposed) {
  const at::Tensor& weight = arguments.at(1).toTensor();
  const double per_place = static_cast<double>(weight.numel()) / size(weight, 0);
  const at::Tensor& places = transposed ? arguments.at(0).toTensor() : results.at(0).toTensor();
  return 2 * per_place * static_cast<double>(places.numel());
}

// Of A x B: each output element is a row of A times a column of B.
double product(const at::Tensor& a, const Stack& results) { return 2 * size(a, -1) * elements(results); }

double window(const c10::IValue& kernel) {
  double area = 1;
  for (const std::int64_t side : kernel.toIntVector()) area *= static_cast<double>(side);
  return area;
}

// Every weight meets every time step of every sample. Arguments are input, states
// and the list of parameters; at batch 1, all but the features are steps.
double recurrence(const Stack& arguments) {
  double weights = 0;
  for (const at::Tensor& parameter : tensors_in(arguments.at(2)))
    if (parameter.dim() == 2) weights += static_cast<double>(parameter.numel());
  const at::Tensor& input = arguments.at(0).toTensor();
  return 2 * weights * static_cast<double>(input.numel()) / size(input, -1);
}

double einsum(const Stack& arguments, const Stack& results) {
  if (!arguments.at(0).isString()) return elements(results);  // labels given as numbers
  std::vector<std::vector<long>> shapes;
  for (const at::Tensor& tensor : tensors_in(arguments.at(1))) shapes.push_back(tensor.sizes().vec());
  return einsum_flops(arguments[0].toStringRef(), shapes);
}

// Of queries and keys, batch x tokens x features. Projections of queries, keys,
// values and the result, scores, softmax, and values weighted by them.
double attention(const at::Tensor& queries, const at::Tensor& keys, double heads) {
  const double features = size(queries, -1);
  const double asking = static_cast<double>(queries.numel()) / features;
  const double asked = static_cast<double>(keys.numel()) / features;
  const double scores = asking * size(keys, 1);
  return 4 * (asking + asked) * features * features + 4 * scores * features + scores * heads;
}

// (source, features, heads, ...): attention, two linear layers with an activation
// between them, and of each output two norms and two sums.
double encoder_layer(const Stack& arguments) {
  constexpr std::size_t kFirstWeight = 14;
  constexpr std::size_t kSecondWeight = 16;
  const at::Tensor& source = arguments.at(0).toTensor();
  const at::Tensor& first = arguments.at(kFirstWeight).toTensor();
  const auto outputs = static_cast<double>(source.numel());
  const double tokens = outputs / size(source, -1);
  const auto weights = static_cast<double>(first.numel() + arguments.at(kSecondWeight).toTensor().numel());
  return attention(source, source, static_cast<double>(arguments.at(2).toInt())) +
         tokens * (2 * weights + size(first, 0)) + 4 * outputs;
}

const std::set<std::string> kRecurrences{"aten::lstm", "aten::gru", "aten::rnn_tanh", "aten::rnn_relu"};
const std::set<std::string> kConvolutions{"aten::conv1d", "aten::conv2d", "aten::conv3d"};
const std::set<std::string> kTransposed{"aten::conv_transpose1d", "aten::conv_transpose2d", "aten::conv_transpose3d"};
const std::set<std::string> kProducts{"aten::linear", "aten::matmul", "aten::mm", "aten::bmm", "aten::mv", "aten::dot"};
const std::set<std::string> kProductsWithSum{"aten::addmm", "aten::baddbmm", "aten::addmv"};
const std::set<std::string> kPools{"aten::max_pool1d", "aten::max_pool2d", "aten::max_pool3d",
                                   "aten::avg_pool1d", "aten::avg_pool2d", "aten::avg_pool3d"};

double count(const std::string& op, const Stack& arguments, const Stack& results) {
  constexpr std::size_t kTransposedFlag = 6;  // of (input, weight, bias, stride, padding, dilation, transposed, ...)
  if (op == "aten::_convolution" || op == "aten::convolution")
    return convolution(arguments, results, arguments.at(kTransposedFlag).toBool());
  if (kConvolutions.contains(op)) return convolution(arguments, results, false);
  if (kTransposed.contains(op)) return convolution(arguments, results, true);
  if (kProducts.contains(op)) return product(arguments.at(0).toTensor(), results);
  if (kProductsWithSum.contains(op)) return product(arguments.at(1).toTensor(), results);
  if (op == "aten::addbmm") return size(arguments.at(1).toTensor(), 0) * product(arguments[1].toTensor(), results);
  if (op == "aten::einsum") return einsum(arguments, results);
  if (op == "aten::_native_multi_head_attention")
    return attention(arguments.at(0).toTensor(), arguments.at(1).toTensor(),
                     static_cast<double>(arguments.at(4).toInt()));
  if (op == "aten::_transformer_encoder_layer_fwd") return encoder_layer(arguments);
  if (kRecurrences.contains(op)) return recurrence(arguments);
  if (kPools.contains(op)) return window(arguments.at(1)) * elements(results);
  if (op.starts_with("aten::adaptive_")) return elements({arguments.at(0)});
  if (op == "aten::batch_norm") return 2 * elements(results);
  if (only_moves_data(op) || op == "aten::cat") return 0;
  return elements(results);
}

}  // namespace

Flops operator_flops(const std::string& op, const Stack& arguments, const Stack& results) {
  return Flops(count(op, arguments, results));
}

}  // namespace twinfer
