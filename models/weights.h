// Trained weights in files, named by their content.
#pragma once

#include <filesystem>

#include "models/network.h"

namespace twinfer {

// Throws InputError if the file cannot be written; nothing half-written stays.
void save_weights(const Network& network, const std::filesystem::path& file);

// Throws InputError on an empty, truncated or foreign file, and on a parameter
// that is missing, unknown, or of another shape; the network is then unchanged.
void load_weights(Network& network, const std::filesystem::path& file);

}  // namespace twinfer
