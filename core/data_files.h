// Where the files that a scenario names are found.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace twinfer {

// An absolute path as it is; a relative one beside `scenario`, then in each
// parent folder, then in the source tree that this program was built from.
// Throws InputError naming `field` if nothing is there.
std::filesystem::path find_data_path(const std::string& path, const std::filesystem::path& scenario,
                                     const std::string& field);

// The same search for a folder, from the working folder. Nothing if there is none.
std::optional<std::filesystem::path> find_data_folder(const std::string& path);

// Names of the files of a folder that end in `extension`, without it, sorted:
// "alexnet, digits". "(none)" if there is none.
std::string list_stems(const std::filesystem::path& folder, const std::string& extension);

}  // namespace twinfer
