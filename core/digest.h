// SHA-256, in 64 hexadecimal digits: by which content is known across machines.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace twinfer {

std::string sha256(std::string_view bytes);

// Of a file's content. Throws InputError if it cannot be read.
std::string file_sha256(const std::filesystem::path& file);

}  // namespace twinfer
