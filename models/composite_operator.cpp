#include "models/composite_operator.h"

#include <ATen/ops/add.h>
#include <ATen/ops/relu.h>
#include <c10/core/InferenceMode.h>

namespace twinfer {
namespace {

// Operators in a row, and their work on tensors like those that they were made with.
struct Chain {
  std::vector<Operator> steps;
  Flops flops;

  [[nodiscard]] at::Tensor run(at::Tensor tensor) const {
    for (const Operator& step : steps) tensor = step.run({tensor});
    return tensor;
  }
};

// Appends the parameters to `state`.
Chain make_chain(const std::vector<NamedRecipe>& recipes, at::Tensor tensor, WeightSource& weights,
                 std::vector<std::pair<std::string, at::Tensor>>& state) {
  Chain chain;
  for (const auto& [name, recipe] : recipes) {
    Operator step = recipe({tensor}, weights);
    const c10::InferenceMode inference;
    const at::Tensor output = step.run({tensor});
    chain.flops += step.flops({tensor}, output);
    for (const auto& [parameter, value] : step.state) state.emplace_back(name + "." + parameter, value);
    chain.steps.push_back(std::move(step));
    tensor = output;
  }
  return chain;
}

}  // namespace

OperatorRecipe residual_block(std::vector<NamedRecipe> branch, std::vector<NamedRecipe> shortcut) {
  return [branch = std::move(branch), shortcut = std::move(shortcut)](const Tensors& inputs, WeightSource& weights) {
    Operator op{"residual", {}, {}, {}};
    const Chain long_way = make_chain(branch, inputs.at(0), weights, op.state);
    const Chain short_way = make_chain(shortcut, inputs[0], weights, op.state);
    op.run = [long_way, short_way](const Tensors& in) {
      return at::relu(at::add(long_way.run(in[0]), short_way.run(in[0])));
    };
    op.flops = [steps = long_way.flops + short_way.flops](const Tensors&, const at::Tensor& output) {
      return steps + Flops(2 * static_cast<double>(output.numel()));  // sum and ReLU
    };
    return op;
  };
}

}  // namespace twinfer
