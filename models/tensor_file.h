// Tensors by name in a file: a pickled dictionary, as torch.save writes a
// state_dict, so that published weights load and ours load in Python.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace twinfer {

using TensorList = std::vector<std::pair<std::string, at::Tensor>>;
using NamedTensors = std::map<std::string, at::Tensor>;

// Throws InputError if the file is unreadable, empty, truncated or holds anything
// else; `kind` says what it should have been: "weights file".
NamedTensors read_tensors(const std::filesystem::path& file, const std::string& kind);

// Writes, in the order given, beside the file and renames, so that nothing
// half-written stays. Throws InputError if that fails.
void write_tensors(const TensorList& tensors, const std::filesystem::path& file);

}  // namespace twinfer
