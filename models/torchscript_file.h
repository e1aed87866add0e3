// TorchScript archives, as files of unknown origin: looked over before LibTorch
// reads them, and read without running anything that they hold.
//
// Trusts LibTorch's own reader with the rest of the format.
#pragma once

#include <filesystem>

#include <torch/csrc/jit/api/module.h>

namespace twinfer {

inline constexpr double kLargestArchiveBytes = 4.0 * 1024 * 1024 * 1024;  // unpacked

// The module, in evaluation mode. Throws InputError in one line on a file that is
// no whole archive, is larger than above, holds objects of custom classes or code
// that would run while reading (`__setstate__`), or uses operators that this
// LibTorch does not have.
torch::jit::Module load_torchscript(const std::filesystem::path& file);

}  // namespace twinfer
