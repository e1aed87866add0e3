// Which TorchScript operators may run, how errors name a node, and what kind of
// work an operator does.
#pragma once

#include <exception>
#include <string>

#include <ATen/core/stack.h>
#include <torch/csrc/jit/ir/ir.h>

#include "core/error.h"

namespace twinfer {

// Where a node stands: the module file, and the path of the module that it is a
// part of ("layer1.0.conv1"; empty at the top).
struct NodePlace {
  std::string file;
  std::string path;
};

// FILE: node: `layer1.0.conv1 (aten::conv2d)`: WHY
InputError node_error(const NodePlace& place, const torch::jit::Node& node, const std::string& why);

// Throws as node_error does unless the operator is one of tensors and plain
// values, without other effects and without randomness: files, global settings,
// random numbers and foreign namespaces are refused by name. `arguments` are the
// operator's.
void check_operator(const NodePlace& place, const torch::jit::Node& node, const torch::jit::Stack& arguments);

// Operators that answer from shape and type alone, whatever a tensor holds.
bool asks_only_for_shape(const torch::jit::Node& node);

// The arguments whose content, not only their shape, gives the result its shape:
// the mask of `x[mask]`, for one.
std::vector<at::Tensor> shape_givers(const torch::jit::Node& node, const torch::jit::Stack& arguments);

// Operators that change a tensor's sizes and strides, but not what it holds.
bool changes_only_view(const torch::jit::Node& node);

// Operators that move data without computing: they belong to the layer that
// reads their result.
bool only_moves_data(const std::string& op);

// "conv" of "aten::_convolution", "relu" of "aten::relu_".
std::string layer_kind(const std::string& op);

// First line of a library's message, at most 200 characters.
std::string first_line(const std::exception& error);

}  // namespace twinfer
