// What one layer of an imported network computes: operators recorded from
// TorchScript, with every tensor given as a view of a root.
//
// A root is a piece of memory with one content: the network's input, what an
// operator made, or that memory after an operator changed it in place. Views,
// however they came about (reshape, slice, transpose, an operator that returns
// its argument), are sizes, strides and an offset over a root, so that layers
// exchange roots only, and an in-place change is a new root that every view made
// before it sees. Nothing here works in place on a tensor of another layer.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/stack.h>

#include "core/layer_graph.h"
#include "models/operators.h"

namespace twinfer {

using RootId = std::size_t;

// Of a strided tensor, in elements.
struct Geometry {
  std::vector<long> sizes;
  std::vector<long> strides;
  long offset = 0;

  [[nodiscard]] long numel() const;
  friend bool operator==(const Geometry&, const Geometry&) = default;
};

Geometry geometry_of(const at::Tensor& tensor);

struct TensorView {
  RootId root = 0;
  Geometry geometry;
};

// What an operator is given: a constant, a view, or a list of arguments.
struct StepArgument {
  c10::IValue constant;
  std::optional<TensorView> view;
  std::vector<StepArgument> items;
  c10::TypePtr item_type;  // of a list; else empty
};

// The root that a tensor among an operator's results becomes.
struct MadeRoot {
  std::size_t position = 0;  // among the tensors of all results
  RootId root = 0;
  Geometry geometry;
};

struct Step {
  std::string op;                      // "aten::conv2d"
  mutable torch::jit::Operation call;  // its call operator lacks a const, no more
  std::vector<StepArgument> arguments;
  std::vector<MadeRoot> made;
  // The operator writes into a copy of `before`, which becomes `after`.
  struct Change {
    RootId before = 0;
    RootId after = 0;
  };
  std::optional<Change> change;

  // Every view among the arguments, lists included.
  [[nodiscard]] std::vector<TensorView> reads() const;
};

// A root that arrives in another layer's output, from element `begin` on.
struct ArrivingRoot {
  RootId root = 0;
  Geometry geometry;
  long begin = 0;
};

// One layer that is read, and what of its output.
struct ProgramInput {
  LayerId layer = 0;
  std::vector<ArrivingRoot> roots;
};

struct LayerProgram {
  std::vector<ProgramInput> inputs;
  std::map<RootId, at::Tensor> constants;
  std::vector<std::shared_ptr<const Step>> steps;
  std::vector<TensorView> outputs;  // one, or several, packed one behind the other
};

// The layer's output. REQUIRES: one tensor an input, of the recorded shape.
at::Tensor run_program(const LayerProgram& program, const Tensors& inputs);

// The shape in which a layer hands out `outputs`.
std::vector<long> output_shape(const std::vector<TensorView>& outputs);

// Every tensor in a value, lists, tuples and dictionaries included, in order.
std::vector<at::Tensor> tensors_in(const c10::IValue& value);

}  // namespace twinfer
