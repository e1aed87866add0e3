#include "models/optimizers.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <torch/optim/adamw.h>

namespace twinfer {
namespace {

class AdamW final : public Optimizer {
 public:
  AdamW(const TensorList& parameters, double weight_decay)
      : parameters_(parameters),
        optimizer_(tensors_of(parameters), torch::optim::AdamWOptions().weight_decay(weight_decay)) {}

  void step(double rate) override {
    optimizer_.param_groups().front().options().set_lr(rate);
    optimizer_.step();
    optimizer_.zero_grad();
  }

  NamedTensors state() const override {
    NamedTensors named;
    for (const auto& [name, parameter] : parameters_) {
      // LibTorch makes a parameter's state in its first step, of zeros.
      const auto found = optimizer_.state().find(key_of(parameter));
      const bool fresh = found == optimizer_.state().end();
      const auto* kept = fresh ? nullptr : static_cast<const torch::optim::AdamWParamState*>(found->second.get());
      named[name + ".step"] = at::tensor(fresh ? 0L : kept->step());
      named[name + ".mean"] = fresh ? at::zeros_like(parameter) : kept->exp_avg();
      named[name + ".square"] = fresh ? at::zeros_like(parameter) : kept->exp_avg_sq();
    }
    return named;
  }

  void restore(const NamedTensors& state) override {
    for (const auto& [name, parameter] : parameters_) {
      auto kept = std::make_unique<torch::optim::AdamWParamState>();
      kept->step(state.at(name + ".step").item<long>());
      kept->exp_avg(state.at(name + ".mean").clone());
      kept->exp_avg_sq(state.at(name + ".square").clone());
      optimizer_.state()[key_of(parameter)] = std::move(kept);
    }
  }

 private:
  static std::vector<at::Tensor> tensors_of(const TensorList& parameters) {
    std::vector<at::Tensor> tensors;
    for (const auto& [name, tensor] : parameters) tensors.push_back(tensor);
    return tensors;
  }

  // How LibTorch names a parameter's state.
  static std::string key_of(const at::Tensor& parameter) {
    return c10::guts::to_string(parameter.unsafeGetTensorImpl());
  }

  TensorList parameters_;
  torch::optim::AdamW optimizer_;
};

class Nesterov final : public Optimizer {
 public:
  Nesterov(TensorList parameters, double momentum, double weight_decay)
      : parameters_(std::move(parameters)), momentum_(momentum), weight_decay_(weight_decay) {
    for (const auto& [name, parameter] : parameters_) velocity_.push_back(at::zeros_like(parameter));
  }

  void step(double rate) override {
    const at::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      at::Tensor parameter = parameters_[i].second;
      at::Tensor& gradient = parameter.mutable_grad();
      if (parameter.dim() > 1) gradient.add_(parameter, weight_decay_);
      velocity_[i].mul_(momentum_).add_(gradient);
      gradient.add_(velocity_[i], momentum_);
      parameter.add_(gradient, -rate);
      gradient.zero_();
    }
  }

  NamedTensors state() const override {
    NamedTensors named;
    for (std::size_t i = 0; i < parameters_.size(); ++i) named[parameters_[i].first + ".velocity"] = velocity_[i];
    return named;
  }

  void restore(const NamedTensors& state) override {
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      velocity_[i] = state.at(parameters_[i].first + ".velocity").clone();
  }

 private:
  TensorList parameters_;
  std::vector<at::Tensor> velocity_;
  double momentum_;
  double weight_decay_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adamw(const TensorList& parameters, double weight_decay) {
  return std::make_unique<AdamW>(parameters, weight_decay);
}

std::unique_ptr<Optimizer> make_nesterov(const TensorList& parameters, double momentum, double weight_decay) {
  return std::make_unique<Nesterov>(parameters, momentum, weight_decay);
}

}  // namespace twinfer
