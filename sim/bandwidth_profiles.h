// What a platform file's links have as `bandwidth_file`. SimGrid plays these files and shows
// them to nobody, so they are read a second time.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/platform.h"

namespace twinfer {

// By link; of a split-duplex link by its id, whose two directions have the same. Lines of
// "SECONDS BYTES_PER_SECOND", ascending; `#` begins a comment. A file that repeats itself
// (PERIODICITY, LOOPAFTER) and changes stated elsewhere (<trace>) are refused. Throws
// InputError with file and line. REQUIRES: SimGrid took the platform file.
std::map<std::string, std::vector<BandwidthChange>> read_bandwidth_profiles(const std::filesystem::path& platform);

}  // namespace twinfer
