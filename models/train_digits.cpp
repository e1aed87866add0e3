#include "models/train_digits.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/grid_sampler.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/optim/adamw.h>

#include "core/error.h"
#include "core/random.h"
#include "models/network_body.h"
#include "models/threads.h"

namespace twinfer {
namespace {

constexpr long kBatch = 32;
constexpr double kPeakRate = 2e-3;
constexpr double kWarmUp = 0.15;  // share of the steps in which the rate rises

// What an image is distorted by at most, so that 1,350 samples suffice.
constexpr double kTurn = 0.2;    // radians
constexpr double kScale = 0.12;  // of the size
constexpr double kShift = 0.15;  // of half the width

at::Tensor uniform_around(double middle, double spread, long count, at::Generator& generator) {
  return at::empty({count}).uniform_(middle - spread, middle + spread, generator);
}

at::Tensor distort(const at::Tensor& images, at::Generator& generator) {
  const long count = images.size(0);
  const at::Tensor turn = uniform_around(0, kTurn, count, generator);
  const at::Tensor scale = uniform_around(1, kScale, count, generator);
  const at::Tensor dx = uniform_around(0, kShift, count, generator);
  const at::Tensor dy = uniform_around(0, kShift, count, generator);
  const at::Tensor cosine = turn.cos() * scale;
  const at::Tensor sine = turn.sin() * scale;
  const at::Tensor matrix = at::stack({cosine, -sine, dx, sine, cosine, dy}, 1).view({count, 2, 3});
  const at::Tensor grid = at::affine_grid_generator(matrix, images.sizes(), /*align_corners=*/false);
  constexpr int kBilinear = 0;
  constexpr int kBorder = 1;  // paper goes on beyond the edge
  return at::grid_sampler(images, grid, kBilinear, kBorder, /*align_corners=*/false);
}

at::Tensor joint_loss(const Network::Body& body, const at::Tensor& images, const at::Tensor& labels) {
  const LayerGraph& graph = body.graph;
  at::Tensor loss = at::zeros({});
  Activations tensors{{0, images}};
  ExitId head = 0;
  for (LayerId layer = 1; layer < graph.size(); ++layer) {
    tensors[layer] = body.run_layer(layer, tensors);
    if (head < graph.exit_heads().size() && graph.exit_heads()[head].layer == layer)
      loss = loss + at::cross_entropy_loss(body.run_head(head++, tensors[layer]), labels);
  }
  return loss + at::cross_entropy_loss(tensors.at(graph.last()), labels);
}

// Rises in a line, falls as a cosine (Smith, Topin, "Super-convergence", 2018).
double rate_at(double progress) {
  if (progress < kWarmUp) return kPeakRate * std::max(progress / kWarmUp, 0.02);
  return kPeakRate * 0.5 * (1 + std::cos(std::numbers::pi * (progress - kWarmUp) / (1 - kWarmUp)));
}

std::vector<at::Tensor> trainable(Network& network) {
  std::vector<at::Tensor> parameters;
  for (auto& [name, tensor] : network.state()) parameters.push_back(tensor.requires_grad_(true));
  return parameters;
}

}  // namespace

void train_digits(Network& network, const LabelledImages& training, const TrainingSettings& settings,
                  const std::function<void(const EpochReport&)>& progress) {
  if (settings.epochs < 1) throw InputError("", "epochs", "0", "must be at least 1");
  use_threads(settings.threads);
  const std::vector<at::Tensor> parameters = trainable(network);
  torch::optim::AdamW optimizer(parameters, torch::optim::AdamWOptions(kPeakRate).weight_decay(0.01));
  auto& options = static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups().front().options());

  const at::Tensor labels = at::tensor(std::vector<long>(training.labels.begin(), training.labels.end()));
  const long batches = labels.size(0) / kBatch;  // the rest of a shuffled epoch is left out
  for (unsigned epoch = 0; epoch < settings.epochs; ++epoch) {
    at::Generator generator =
        at::detail::createCPUGenerator(random_bits(settings.seed, RandomStream::kTraining, epoch));
    const at::Tensor order = at::randperm(labels.size(0), generator);
    double loss_sum = 0;
    for (long batch = 0; batch < batches; ++batch) {
      const double done = epoch + static_cast<double>(batch) / static_cast<double>(batches);
      options.lr(rate_at(done / settings.epochs));
      const at::Tensor chosen = order.narrow(0, batch * kBatch, kBatch);
      const at::Tensor images = distort(training.images.index_select(0, chosen), generator);
      const at::Tensor loss = joint_loss(network.body(), images, labels.index_select(0, chosen));
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      loss_sum += loss.item<double>();
    }
    if (progress) progress({epoch + 1, loss_sum / static_cast<double>(batches)});
  }
  for (at::Tensor parameter : parameters) parameter.requires_grad_(false);
}

}  // namespace twinfer
