// Networks by name: those of the zoo, and imported ones, whose files lie in a
// models folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/network.h"

namespace twinfer {

// `models_dir`/imported/MODEL.pt, whether it is there or not.
std::filesystem::path imported_file(const std::filesystem::path& models_dir, const std::string& model);

// Whether `model` is the name of an imported network of the folder, and not of the zoo.
bool is_imported(const std::filesystem::path& models_dir, const std::string& model);

// Ascending.
std::vector<std::string> imported_names(const std::filesystem::path& models_dir);

// As the zoo's `default_input_shape`; of an imported network, the shape that it was
// imported with, as its graph says. Throws InputError on an unknown name.
std::vector<long> default_input_shape(const std::string& model, const std::filesystem::path& models_dir);

// As the zoo's `make_network`; an imported network takes no seed, for its file
// holds its weights.
Network find_network(const std::string& model, const std::vector<long>& input_shape, std::uint64_t seed,
                     const std::filesystem::path& models_dir);

}  // namespace twinfer
