// Trains the multi-exit network `digits`: one loss over all exits, after
// Teerapittayanon et al., "BranchyNet", ICPR 2016, with equal weights.
//
// Equal seed, thread count and machine give equal weights; another number of
// threads sums in another order.
#pragma once

#include <cstdint>
#include <functional>

#include "models/dataset.h"
#include "models/network.h"

namespace twinfer {

struct TrainingSettings {
  std::uint64_t seed = 1;
  unsigned epochs = 15;
  unsigned threads = 1;  // small layers gain little from more
};

struct EpochReport {
  unsigned epoch = 0;  // from 1
  double loss = 0;     // mean over the epoch, summed over the exits
};

// Throws InputError if epochs or threads are 0. `progress` may be empty.
void train_digits(Network& network, const LabelledImages& training, const TrainingSettings& settings,
                  const std::function<void(const EpochReport&)>& progress);

}  // namespace twinfer
