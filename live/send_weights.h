// Questions that a worker can only answer with the weights that they name.
#pragma once

#include <optional>

#include "live/connection.h"
#include "live/deployment.h"

namespace twinfer {

// Sends `question`, then the weights if the worker asks for them, and returns its answer.
// Throws ConnectionError, a failure() answer too; InputError on weights that cannot be read.
Task<Frame> ask_with_weights(Connection& control, const wire::Header& question,
                             const std::optional<WeightsFile>& weights, const ReceiveRules& rules);

}  // namespace twinfer
