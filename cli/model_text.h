// Networks as tables and as JSON.
#pragma once

#include <filesystem>
#include <string>

#include "core/layer_graph.h"

namespace twinfer {

// A line per layer: sizes, work, and the exit that hangs on it.
std::string layers_table(const LayerGraph& graph);
std::string layers_json(const LayerGraph& graph);

// A line per network of the zoo, from the graphs in `models_dir`. Throws InputError.
std::string zoo_table(const std::filesystem::path& models_dir);
std::string zoo_json(const std::filesystem::path& models_dir);

}  // namespace twinfer
