#include "models/trainer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "core/random.h"
#include "models/checkpoint.h"
#include "models/network_body.h"
#include "models/threads.h"

namespace twinfer {
namespace {

constexpr double kWarmUp = 0.15;  // share of the run in which the rate rises

// Lets LibTorch choose bfloat16 for what tolerates it, as long as this lives.
class MixedPrecision {
 public:
  explicit MixedPrecision(bool wanted) {
    at::autocast::set_autocast_cache_enabled(false);  // it would outlive a step, and its weights with it
    at::autocast::set_cpu_enabled(wanted);
  }
  ~MixedPrecision() { at::autocast::set_cpu_enabled(false); }
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;
};

at::Tensor joint_loss(const Network::Body& body, const at::Tensor& images, const at::Tensor& labels,
                      double head_weight) {
  constexpr bool kTraining = true;
  const LayerGraph& graph = body.graph;
  at::Tensor loss = at::zeros({});
  Activations tensors{{0, images}};
  ExitId head = 0;
  for (LayerId layer = 1; layer < graph.size(); ++layer) {
    tensors[layer] = body.run_layer(layer, tensors, kTraining);
    if (head < graph.exit_heads().size() && graph.exit_heads()[head].layer == layer) {
      const at::Tensor logits = body.run_head(head++, tensors[layer], kTraining).to(at::kFloat);
      loss = loss + at::cross_entropy_loss(logits, labels).mul(head_weight);
    }
  }
  return loss + at::cross_entropy_loss(tensors.at(graph.last()).to(at::kFloat), labels);
}

// Rises in a line, falls as a cosine (Smith, Topin, "Super-convergence", 2018).
double rate_at(double progress, double peak) {
  if (progress < kWarmUp) return peak * std::max(progress / kWarmUp, 0.02);
  return peak * 0.5 * (1 + std::cos(std::numbers::pi * (progress - kWarmUp) / (1 - kWarmUp)));
}

// Running means and variances follow the batches, not a gradient.
bool is_statistic(const std::string& name) { return name.find(".running_") != std::string::npos; }

// The parameters of a network, which ask for gradients as long as this lives.
class Trainable {
 public:
  explicit Trainable(const Network& network) {
    for (auto& [name, tensor] : network.state())
      if (!is_statistic(name)) parameters_.emplace_back(name, tensor.requires_grad_(true));
  }
  ~Trainable() {
    for (auto& [name, tensor] : parameters_) tensor.requires_grad_(false);
  }
  Trainable(const Trainable&) = delete;
  Trainable& operator=(const Trainable&) = delete;
  [[nodiscard]] const TensorList& parameters() const { return parameters_; }

 private:
  TensorList parameters_;
};

// Everything that an epoch reads and changes.
struct Run {
  Network& network;
  const LabelledImages& training;
  const TrainingRecipe& recipe;
  const TrainingSettings& settings;
  at::Tensor labels;
  Optimizer& optimizer;
};

// The epoch's draws depend on seed and epoch alone, so a resumed run makes the same.
double run_epoch(const Run& run, unsigned epoch) {
  at::Generator generator =
      at::detail::createCPUGenerator(random_bits(run.settings.seed, RandomStream::kTraining, epoch));
  const at::Tensor order = at::randperm(run.labels.size(0), generator);
  const long size = run.recipe.batch;
  const long batches = run.labels.size(0) / size;  // the rest of a shuffled epoch is left out
  double loss_sum = 0;
  for (long batch = 0; batch < batches; ++batch) {
    const double done = epoch + static_cast<double>(batch) / static_cast<double>(batches);
    const at::Tensor chosen = order.narrow(0, batch * size, size);
    const at::Tensor images = run.recipe.distort(run.training.images.index_select(0, chosen), generator);
    const at::Tensor loss = [&] {
      const MixedPrecision precision(run.recipe.mixed_precision);
      return joint_loss(run.network.body(), images, run.labels.index_select(0, chosen), run.recipe.head_weight);
    }();
    loss.backward();
    run.optimizer.step(rate_at(done / run.settings.epochs, run.recipe.peak_rate));
    loss_sum += loss.item<double>();
  }
  return loss_sum / static_cast<double>(batches);
}

void check_settings(const LabelledImages& training, const TrainingRecipe& recipe, const TrainingSettings& settings) {
  if (settings.epochs < 1) throw InputError("", "epochs", "0", "must be at least 1");
  const auto images = static_cast<long>(training.labels.size());
  if (images < recipe.batch)
    throw InputError("", "training images", std::to_string(images), "must be at least " + std::to_string(recipe.batch));
}

}  // namespace

void train(Network& network, const LabelledImages& training, const TrainingRecipe& recipe,
           const TrainingSettings& settings, const std::function<void(const EpochReport&)>& progress) {
  check_settings(training, recipe, settings);
  use_threads(settings.threads);
  const Trainable trainable(network);
  const std::unique_ptr<Optimizer> optimizer = recipe.optimizer(trainable.parameters());
  const at::Tensor labels = at::tensor(std::vector<long>(training.labels.begin(), training.labels.end()));
  const Run run{network, training, recipe, settings, labels, *optimizer};

  unsigned epoch = resume_from_checkpoint(network, *optimizer, settings);
  for (; epoch < settings.epochs; ++epoch) {
    const double loss = run_epoch(run, epoch);
    save_checkpoint(network, *optimizer, settings, epoch + 1);
    if (progress) progress({epoch + 1, loss});
  }
}

}  // namespace twinfer
