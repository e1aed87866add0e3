// What turns gradients into new weights, with a state that can be kept in a
// checkpoint and taken up again.
#pragma once

#include <memory>

#include "models/tensor_file.h"

namespace twinfer {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // One step along the gradients of the parameters, which it then clears.
  virtual void step(double rate) = 0;
  // What the next step depends on beside weights and gradients; shares storage.
  [[nodiscard]] virtual NamedTensors state() const = 0;
  // Takes up a state of an optimizer of the same kind and parameters.
  // REQUIRES: names and shapes as state() gives them.
  virtual void restore(const NamedTensors& state) = 0;
};

// Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019.
std::unique_ptr<Optimizer> make_adamw(const TensorList& parameters, double weight_decay);

// Stochastic gradient descent with Nesterov's momentum (Sutskever et al., ICML
// 2013). Decays weights of two or more dimensions only: not biases, and not the
// scales of batch norm.
std::unique_ptr<Optimizer> make_nesterov(const TensorList& parameters, double momentum, double weight_decay);

}  // namespace twinfer
