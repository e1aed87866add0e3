// Walks a TorchScript module for one input, with attributes as constants: calls
// are followed, loops unrolled and branches taken as shapes and attributes say,
// so that what the walk meets is the frozen and inlined network as one straight
// line of operators. What each operator does is the caller's.
//
// Control flow that depends on what a tensor holds ends the walk: an operator
// that turns a tensor's content into a number is refused by the caller.
#pragma once

#include <functional>
#include <string>

#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <torch/csrc/jit/api/module.h>

#include "models/torchscript_nodes.h"

namespace twinfer {

// One operator on its way to be run.
struct OperatorCall {
  const NodePlace& place;
  bool in_leaf_module;  // one of torch.nn, whose path names its one operator
  const torch::jit::Node& node;
};

struct WalkHooks {
  // Replaces the arguments on the stack by the results.
  std::function<void(const OperatorCall& call, torch::jit::Stack& stack)> run;
  // A value that belongs to the module.
  std::function<void(const c10::IValue& value)> constant;
};

// The result of `forward` on `input`. Throws InputError that names the node for
// everything that is refused or fails. `file` is for messages.
c10::IValue walk_forward(const torch::jit::Module& module, const std::string& file, const at::Tensor& input,
                         const WalkHooks& hooks);

// Runs the call's operator itself. Throws InputError.
void run_natively(const OperatorCall& call, torch::jit::Stack& stack);

}  // namespace twinfer
