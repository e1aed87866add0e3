// Whole files of data sets in memory, never more than expected.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace twinfer {

// The bytes of a file, unpacked if it is gzipped. Throws InputError if it is
// missing, empty, damaged, or holds over `most` bytes.
std::string read_file_bytes(const std::filesystem::path& file, std::size_t most);

}  // namespace twinfer
