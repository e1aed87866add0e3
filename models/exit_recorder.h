// Records what every exit says of every sample, for the simulator to replay.
//
// Runs layer by layer at batch 1, as the live side does: with the same number of
// threads the recorded confidences are the live ones to the last bit.
#pragma once

#include <functional>
#include <vector>

#include "core/exit_trace.h"
#include "models/dataset.h"
#include "models/network.h"

namespace twinfer {

// One observation per head, then the final exit's. `input` has batch 1.
std::vector<ExitObservation> observe_exits(const Network& network, const at::Tensor& input);

// Told after every sample.
using SampleProgress = std::function<void(std::size_t done, std::size_t all)>;

ExitTrace record_exits(const Network& network, const LabelledImages& images, const SampleProgress& progress = {});

}  // namespace twinfer
