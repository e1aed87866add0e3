#include "models/network.h"

#include <cassert>
#include <cmath>

#include <ATen/ops/log_softmax.h>
#include <c10/core/InferenceMode.h>

#include "models/network_body.h"

namespace twinfer {

namespace {

at::Tensor apply(const Operator& op, const Tensors& inputs, bool training) {
  return training && op.train ? op.train(inputs) : op.run(inputs);
}

}  // namespace

at::Tensor Network::Body::run_layer(LayerId layer, const Activations& tensors, bool training) const {
  assert(layer > 0);
  Tensors inputs;
  for (const LayerId input : graph.layer(layer).inputs) inputs.push_back(tensors.at(input));
  return apply(layers[layer].op, inputs, training);
}

at::Tensor Network::Body::run_head(ExitId head, const at::Tensor& activation, bool training) const {
  at::Tensor tensor = activation;
  for (const NamedOperator& step : heads.at(head)) tensor = apply(step.op, {tensor}, training);
  return tensor;
}

Network::Network(std::unique_ptr<Body> body) : body_(std::move(body)) { assert(body_); }
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

const LayerGraph& Network::graph() const { return body_->graph; }
const std::vector<long>& Network::input_shape() const { return graph().layer(0).output_shape; }

at::Tensor Network::run_layer(LayerId layer, const Activations& tensors) const {
  const c10::InferenceMode inference;
  return body_->run_layer(layer, tensors);
}

at::Tensor Network::run_head(ExitId head, const at::Tensor& activation) const {
  const c10::InferenceMode inference;
  return body_->run_head(head, activation);
}

at::Tensor Network::forward(const at::Tensor& input) const {
  Activations tensors{{0, input}};
  for (LayerId layer = 1; layer < graph().size(); ++layer) {
    tensors[layer] = run_layer(layer, tensors);
    for (const LayerId read : graph().layer(layer).inputs)
      if (graph().last_reader(read) == layer) tensors.erase(read);
  }
  return tensors.at(graph().last());
}

std::vector<std::pair<std::string, at::Tensor>> Network::state() const {
  std::vector<std::pair<std::string, at::Tensor>> named;
  const auto append = [&named](const NamedOperator& layer) {
    for (const auto& [name, tensor] : layer.op.state) named.emplace_back(layer.name + "." + name, tensor);
  };
  for (const NamedOperator& layer : body_->layers) append(layer);
  for (const auto& head : body_->heads)
    for (const NamedOperator& step : head) append(step);
  return named;
}

ExitObservation observe(const at::Tensor& logits) {
  const at::Tensor log_p = at::log_softmax(logits.reshape({-1}).to(at::kDouble), 0).contiguous();
  const auto* values = log_p.data_ptr<double>();
  ExitObservation seen;
  for (long c = 0; c < log_p.numel(); ++c) {
    const double p = std::exp(values[c]);
    if (p > 0) seen.entropy -= p * values[c];  // p log p tends to 0 with p
    if (p > seen.confidence) {                 // strict, so a tie keeps the lower class
      seen.confidence = p;
      seen.predicted = static_cast<int>(c);
    }
  }
  return seen;
}

}  // namespace twinfer
