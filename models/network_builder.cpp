#include "models/network_builder.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include "core/error.h"
#include "core/joined.h"

namespace twinfer {
namespace {

Bytes bytes_of(const at::Tensor& tensor) { return Bytes(static_cast<double>(tensor.nbytes())); }

Bytes bytes_of(const Operator& op) {
  Bytes sum;
  for (const auto& [name, tensor] : op.state) sum += bytes_of(tensor);
  return sum;
}

}  // namespace

NetworkBuilder::NetworkBuilder(std::string model, const std::vector<long>& input_shape, long channels,
                               std::uint64_t seed)
    : model_(std::move(model)), weights_(seed) {
  if (input_shape.size() != 4 || input_shape[0] != 1 || input_shape[1] != channels || input_shape[2] < 1 ||
      input_shape[3] < 1)
    throw InputError(model_, "input shape", format_shape(input_shape),
                     "must be 1x" + std::to_string(channels) + "xHEIGHTxWIDTH");
  const at::Tensor input = at::empty(input_shape);
  operators_.push_back({"input", {"input", {}, {}, {}}});
  layers_.push_back({"input", "input", {}, input_shape, bytes_of(input), Flops(0), Bytes(0)});
}

NetworkBuilder::Trial NetworkBuilder::try_out(const std::string& name, const OperatorRecipe& recipe,
                                              const std::vector<std::vector<long>>& shapes) {
  Tensors inputs;
  for (const auto& shape : shapes) inputs.push_back(at::zeros(shape));
  try {
    Operator op = recipe(inputs, weights_);
    const c10::InferenceMode inference;
    const at::Tensor output = op.run(inputs);
    const Flops flops = op.flops(inputs, output);
    const Bytes parameters = bytes_of(op);
    return {{name, std::move(op)}, output.sizes().vec(), bytes_of(output), flops, parameters};
  } catch (const c10::Error&) {
    throw InputError(model_, "input shape", format_shape(layers_.front().output_shape),
                     "layer " + name + " cannot take " + joined(shapes, " and ", format_shape));
  }
}

LayerId NetworkBuilder::layer(const std::string& name, const OperatorRecipe& recipe,
                              const std::vector<LayerId>& inputs) {
  std::vector<std::vector<long>> shapes;
  for (const LayerId input : inputs) shapes.push_back(layers_.at(input).output_shape);
  Trial trial = try_out(name, recipe, shapes);
  layers_.push_back({name, trial.made.op.kind, inputs, trial.shape, trial.bytes, trial.flops, trial.parameter_bytes});
  operators_.push_back(std::move(trial.made));
  return layers_.size() - 1;
}

void NetworkBuilder::exit_head(const std::string& name, LayerId layer, const std::vector<OperatorRecipe>& steps) {
  ExitHead head{name, layer, Flops(0), Bytes(0)};
  std::vector<NamedOperator> operators;
  std::vector<long> shape = layers_.at(layer).output_shape;
  for (const OperatorRecipe& step : steps) {
    Trial trial = try_out(name + "." + std::to_string(operators.size()), step, {shape});
    shape = trial.shape;
    head.flops += trial.flops;
    head.parameter_bytes += trial.parameter_bytes;
    operators.push_back(std::move(trial.made));
  }
  heads_.push_back(std::move(head));
  head_operators_.push_back(std::move(operators));
}

Network NetworkBuilder::finish() {
  return Network(std::make_unique<Network::Body>(Network::Body{
      LayerGraph(model_, std::move(layers_), std::move(heads_)), std::move(operators_), std::move(head_operators_)}));
}

}  // namespace twinfer
