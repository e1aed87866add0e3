// The state of a training run after an epoch, in a file: weights, the
// optimizer's state, and how far the run is. The random state is the seed and
// the epoch, because every epoch's draws depend on those alone.
#pragma once

#include "models/network.h"
#include "models/optimizers.h"
#include "models/trainer.h"

namespace twinfer {

// Takes up `settings.checkpoint` and gives the number of epochs that are done; 0
// without a checkpoint. Throws InputError, with nothing changed, if the file is
// damaged, of another network, or of a run with another seed, number of epochs
// or number of threads: the rest of such a run would not be the same run.
unsigned resume_from_checkpoint(Network& network, Optimizer& optimizer, const TrainingSettings& settings);

// Replaces the checkpoint, if the settings name one; an interrupted write leaves
// the old one. Throws InputError if it cannot be written.
void save_checkpoint(const Network& network, const Optimizer& optimizer, const TrainingSettings& settings,
                     unsigned epochs_done);

}  // namespace twinfer
