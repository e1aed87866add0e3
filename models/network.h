// A network that runs layer by layer in LibTorch, and the LayerGraph derived
// from it by running it once.
//
// Layers are in topological order and layer 0 is the input, as in LayerGraph.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/exit_trace.h"
#include "core/layer_graph.h"

namespace twinfer {

// Tensors by the layer that made them.
using Activations = std::map<LayerId, at::Tensor>;

class Network {
 public:
  // The operators behind the graph; defined and filled in network.cpp and the zoo.
  struct Body;
  explicit Network(std::unique_ptr<Body> body);
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  [[nodiscard]] const LayerGraph& graph() const;
  [[nodiscard]] const std::vector<long>& input_shape() const;  // batch 1

  // The output of `layer`, inference only, from the outputs of its inputs.
  // REQUIRES: `tensors` holds every input of the layer. Thread-compatible.
  [[nodiscard]] at::Tensor run_layer(LayerId layer, const Activations& tensors) const;

  // Logits of an exit head from the output of the layer that it hangs on.
  [[nodiscard]] at::Tensor run_head(ExitId head, const at::Tensor& activation) const;

  // Logits of the last layer.
  [[nodiscard]] at::Tensor forward(const at::Tensor& input) const;

  // Every parameter and buffer by name, sharing storage with the network.
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> state() const;

  [[nodiscard]] Body& body() { return *body_; }

 private:
  std::unique_ptr<Body> body_;
};

// Max-softmax, entropy (nats) and class of one row of logits.
ExitObservation observe(const at::Tensor& logits);

}  // namespace twinfer
