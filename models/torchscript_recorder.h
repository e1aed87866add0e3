// Records what a TorchScript module does to one input as steps over roots
// (models/layer_program.h): everything that depends on shapes and attributes
// alone is already computed, every in-place change is a new root.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/units.h"
#include "models/layer_program.h"
#include "models/torchscript_interpreter.h"

namespace twinfer {

struct Root {
  Geometry geometry;  // dense, from the start of its memory
  at::ScalarType type = at::kFloat;
  std::optional<std::size_t> step;  // that made it; the network's input and constants have none
  at::Tensor constant;              // where an operator writes into a tensor that no input reached before
};

struct RecordedStep {
  std::shared_ptr<Step> step;
  NodePlace place;
  bool in_leaf_module = false;
  Flops flops;
  std::vector<std::pair<std::string, at::Tensor>> state;  // constants among the arguments, by the arguments' names
};

struct Recording {
  std::vector<Root> roots;  // root 0 is the input
  std::vector<RecordedStep> steps;
  TensorView result;
  std::size_t results = 1;  // tensors that `forward` gives; the first one is `result`
};

inline constexpr RootId kInputRoot = 0;

// Runs `forward` on `input` once. Throws InputError that names the node.
Recording record_forward(const torch::jit::Module& module, const std::string& file, const at::Tensor& input);

// The first tensor of what `forward` gave. Throws InputError if there is none.
at::Tensor first_tensor(const c10::IValue& result, const std::string& file);

}  // namespace twinfer
