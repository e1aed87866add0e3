// Files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace twinfer {

// Writes beside the target and renames, so that a reader, or a killed program,
// never leaves half a file. Throws InputError naming `file` if that fails.
void write_whole_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace twinfer
