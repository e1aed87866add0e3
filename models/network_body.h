// What a Network is made of: operators in topological order. For the builder and
// for training; everybody else sees models/network.h.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/network.h"
#include "models/operators.h"

namespace twinfer {

struct NamedOperator {
  std::string name;
  Operator op;
};

struct Network::Body {
  LayerGraph graph;
  std::vector<NamedOperator> layers;              // by LayerId; the input's has no operator
  std::vector<std::vector<NamedOperator>> heads;  // by ExitId; the steps of a head, one after the other

  // The same as Network's, but with gradients where parameters ask for them, and
  // if `training` as operators run in training.
  [[nodiscard]] at::Tensor run_layer(LayerId layer, const Activations& tensors, bool training = false) const;
  [[nodiscard]] at::Tensor run_head(ExitId head, const at::Tensor& activation, bool training = false) const;
};

}  // namespace twinfer
