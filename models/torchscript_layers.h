// Cuts a recording into layers: one for each operator that computes and gives a
// float tensor. What only moves data, and what gives other types (masks, indices),
// is computed anew by each layer that reads it; what follows the last operator
// belongs to the last layer.
#pragma once

#include <string>
#include <vector>

#include "models/network.h"
#include "models/torchscript_recorder.h"

namespace twinfer {

// Throws InputError, with `file`, if nothing is left to compute. REQUIRES: an
// input of `input_shape` was recorded.
Network make_layers(Recording recording, const std::string& model, const std::string& file,
                    const std::vector<long>& input_shape);

}  // namespace twinfer
