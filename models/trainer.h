// Trains a multi-exit network: one loss over all exits, after Teerapittayanon et
// al., "BranchyNet", ICPR 2016. What differs between networks is a recipe
// (training_recipes.h).
//
// Equal seed, thread count and machine give equal weights; another number of
// threads sums in another order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "models/dataset.h"
#include "models/network.h"
#include "models/optimizers.h"

namespace twinfer {

struct TrainingRecipe {
  unsigned epochs = 1;     // unless the user says another number
  long batch = 1;          // samples a step
  double peak_rate = 0;    // of learning: it rises once and falls to zero
  double head_weight = 1;  // of a head's loss, where the final exit's has 1
  // Convolutions and linear layers in bfloat16, weights and sums in float32: 2.5
  // times as fast where the CPU has the instructions for it.
  bool mixed_precision = false;
  std::function<std::unique_ptr<Optimizer>(const TensorList& parameters)> optimizer;
  // The network's input from a batch of the training images, distorted at random.
  std::function<at::Tensor(const at::Tensor& images, at::Generator& generator)> distort;
};

struct TrainingSettings {
  std::uint64_t seed = 1;
  unsigned epochs = 1;
  unsigned threads = 1;                   // small layers gain little from more
  std::filesystem::path checkpoint = {};  // written after every epoch, taken up if it is there; empty: none
};

struct EpochReport {
  unsigned epoch = 0;  // from 1
  double loss = 0;     // mean over the epoch of the weighted sum over the exits
};

// Throws InputError if epochs or threads are 0, if there are fewer images than a
// batch, or if the checkpoint is of another network or other settings.
// `progress` may be empty.
void train(Network& network, const LabelledImages& training, const TrainingRecipe& recipe,
           const TrainingSettings& settings, const std::function<void(const EpochReport&)>& progress);

}  // namespace twinfer
