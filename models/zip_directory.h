// What a zip archive says it holds, without unpacking anything: enough to refuse
// an archive that would unpack to more than fits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace twinfer {

struct ZipEntry {
  std::string name;
  std::uint64_t bytes = 0;  // unpacked
  std::uint64_t crc32 = 0;  // of the unpacked bytes, as zlib computes it
};

// Throws InputError unless `file` ends in a whole central directory (zip or zip64).
std::vector<ZipEntry> read_zip_directory(const std::filesystem::path& file);

}  // namespace twinfer
