#include "models/layer_program.h"

#include <numeric>
#include <utility>

#include <ATen/ops/as_strided.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clone.h>
#include <ATen/ops/empty_strided.h>

namespace twinfer {
namespace {

using Roots = std::map<RootId, at::Tensor>;

// A tensor that crossed a network comes contiguous. Operators may depend on the
// strides that the recorded one had: `view` refuses some, rounding follows others.
at::Tensor with_strides(const at::Tensor& tensor, const Geometry& geometry) {
  if (tensor.strides() == at::IntArrayRef(geometry.strides)) return tensor;
  return at::empty_strided(geometry.sizes, geometry.strides, tensor.options()).copy_(tensor);
}

at::Tensor arrive(const at::Tensor& tensor, const ArrivingRoot& arriving) {
  const Geometry& geometry = arriving.geometry;
  if (tensor.sizes() == at::IntArrayRef(geometry.sizes)) return with_strides(tensor, geometry);
  const at::Tensor part = tensor.reshape({-1}).narrow(0, arriving.begin, geometry.numel());
  return with_strides(part.reshape(geometry.sizes), geometry);
}

at::Tensor view_of(const TensorView& view, const Roots& roots) {
  const at::Tensor& root = roots.at(view.root);
  const auto& [sizes, strides, offset] = view.geometry;
  if (offset == 0 && root.sizes() == at::IntArrayRef(sizes) && root.strides() == at::IntArrayRef(strides)) return root;
  return at::as_strided(root, sizes, strides, root.storage_offset() + offset);
}

c10::IValue value_of(const StepArgument& argument, const Roots& roots) {
  if (argument.view) return view_of(*argument.view, roots);
  if (!argument.item_type) return argument.constant;
  c10::impl::GenericList list(argument.item_type);
  for (const StepArgument& item : argument.items) list.push_back(value_of(item, roots));
  return list;
}

void run_step(const Step& step, Roots& roots) {
  at::Tensor before;
  if (step.change) {
    before = roots.at(step.change->before);
    // Every argument that sees this memory sees the copy, as it saw the original.
    roots[step.change->before] = before.clone();
  }
  torch::jit::Stack stack;
  for (const StepArgument& argument : step.arguments) stack.push_back(value_of(argument, roots));
  step.call(stack);
  if (step.change) {
    roots[step.change->after] = std::exchange(roots[step.change->before], before);
    return;
  }
  std::vector<at::Tensor> results;
  for (const c10::IValue& value : stack)
    for (const at::Tensor& tensor : tensors_in(value)) results.push_back(tensor);
  for (const MadeRoot& made : step.made) {
    const at::Tensor& result = results.at(made.position);
    TORCH_CHECK(result.sizes() == at::IntArrayRef(made.geometry.sizes), step.op, " gives another shape than recorded");
    roots[made.root] = with_strides(result, made.geometry);
  }
}

void collect_reads(const StepArgument& argument, std::vector<TensorView>& reads) {
  if (argument.view) reads.push_back(*argument.view);
  for (const StepArgument& item : argument.items) collect_reads(item, reads);
}

void collect_tensors(const c10::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor()) {
    if (value.toTensor().defined()) tensors.push_back(value.toTensor());
  } else if (value.isList()) {
    for (const c10::IValue& item : value.toListRef()) collect_tensors(item, tensors);
  } else if (value.isTuple()) {
    for (const c10::IValue& item : value.toTupleRef().elements()) collect_tensors(item, tensors);
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) collect_tensors(entry.value(), tensors);
  }
}

}  // namespace

long Geometry::numel() const { return std::accumulate(sizes.begin(), sizes.end(), 1L, std::multiplies<>()); }

Geometry geometry_of(const at::Tensor& tensor) {
  return {tensor.sizes().vec(), tensor.strides().vec(), tensor.storage_offset()};
}

std::vector<TensorView> Step::reads() const {
  std::vector<TensorView> views;
  for (const StepArgument& argument : arguments) collect_reads(argument, views);
  return views;
}

std::vector<long> output_shape(const std::vector<TensorView>& outputs) {
  if (outputs.size() == 1 && !outputs[0].geometry.sizes.empty()) return outputs[0].geometry.sizes;
  long elements = 0;
  for (const TensorView& output : outputs) elements += output.geometry.numel();
  return {1, elements};
}

at::Tensor run_program(const LayerProgram& program, const Tensors& inputs) {
  Roots roots = program.constants;
  for (std::size_t input = 0; input < program.inputs.size(); ++input)
    for (const ArrivingRoot& arriving : program.inputs[input].roots)
      roots[arriving.root] = arrive(inputs.at(input), arriving);
  for (const auto& step : program.steps) run_step(*step, roots);

  const std::vector<long> shape = output_shape(program.outputs);
  if (program.outputs.size() == 1) return view_of(program.outputs[0], roots).reshape(shape);
  std::vector<at::Tensor> parts;
  for (const TensorView& output : program.outputs) parts.push_back(view_of(output, roots).reshape({-1}));
  return at::cat(parts).reshape(shape);
}

std::vector<at::Tensor> tensors_in(const c10::IValue& value) {
  std::vector<at::Tensor> tensors;
  collect_tensors(value, tensors);
  return tensors;
}

}  // namespace twinfer
