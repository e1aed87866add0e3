// A platform as a person reads it, and as another program does.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/platform.h"

namespace twinfer {

// Three tables: devices, links, and the links of each route in order.
std::string platform_text(const Platform& platform);

// Documented in docs/formats.md. What the file does not state is null.
nlohmann::ordered_json platform_json(const Platform& platform);

}  // namespace twinfer
