// What Twinfer reads from the <prop> elements of a SimGrid host.
#pragma once

#include <optional>
#include <string>

#include "core/units.h"

namespace twinfer {

// "4GB" (decimal), "4GiB" (binary), "512MB", "16kB", or plain bytes; nothing on
// anything else, zero included.
std::optional<Bytes> parse_memory(const std::string& text);

// Whether a live side can be reached there: "spawn", or HOST:PORT.
bool is_endpoint(const std::string& text);

}  // namespace twinfer
