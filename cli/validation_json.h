// A validation as JSON: all of it, one shape for a scenario, a load curve and a grid.
#pragma once

#include <string>

#include "cli/output.h"
#include "cli/validation.h"

namespace twinfer {

std::string validation_json(const Validation& validation, const Place& place);

}  // namespace twinfer
