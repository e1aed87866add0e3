// Summaries and comparisons as JSON, in SI units; absent values are null.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "report/summary.h"
#include "report/validation.h"

namespace twinfer {

nlohmann::ordered_json to_json(const Summary& summary);
nlohmann::ordered_json to_json(const Components& components);
nlohmann::ordered_json to_json(const Comparison& comparison);

}  // namespace twinfer
