// twinfer model import.
#pragma once

#include <cxxopts.hpp>

namespace twinfer {

// Adds --name.
void add_import_options(cxxopts::Options& options);

// Imports a TorchScript file into the models folder, under the name of --name, at
// the shape of --input. An earlier network of that name is replaced; what was measured
// on it is removed if it holds no longer. Throws InputError and UsageError.
int import_model(const cxxopts::ParseResult& arguments);

}  // namespace twinfer
