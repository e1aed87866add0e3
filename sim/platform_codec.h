// A platform as one string, to bring it home from the child process that read it.
#pragma once

#include <string>

#include "core/platform.h"

namespace twinfer {

std::string encode_platform(const Platform& platform);

// Throws std::runtime_error on anything that encode_platform did not write.
Platform decode_platform(const std::string& bytes);

}  // namespace twinfer
