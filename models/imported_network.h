// Networks from TorchScript files, traced or scripted: as graphs that run layer by
// layer, like those of the zoo.
//
// The graph holds for the input shape that it was made with: sizes and branches
// are followed as they are for that shape, and become constants. Control flow that
// depends on what a tensor holds, custom classes, randomness and operators other
// than LibTorch's own are refused. Files are taken as of unknown origin: see
// models/torchscript_file.h and models/torchscript_nodes.h for what may run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "models/network.h"

namespace twinfer {

struct ImportedNetwork {
  Network network;
  std::size_t results = 1;  // tensors that the module gives; the network gives the first
};

// Runs the module once, on an input of `input_shape`, to see what it does. Throws
// InputError, naming the node where there is one, on everything that cannot be imported.
ImportedNetwork import_network(const std::filesystem::path& file, const std::string& model,
                               const std::vector<long>& input_shape);

// The same, and runs the result against the module on another input. Throws
// InputError too if they differ by more than `kLargestImportError`.
ImportedNetwork import_and_check(const std::filesystem::path& file, const std::string& model,
                                 const std::vector<long>& input_shape);

inline constexpr double kLargestImportError = 1e-5;  // of the largest output

}  // namespace twinfer
