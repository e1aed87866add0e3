// One field of a CSV line, as in RFC 4180.
#pragma once

#include <string>

namespace twinfer {

// Quotes around a text that needs them, quotes in it doubled.
std::string csv_field(const std::string& text);

}  // namespace twinfer
