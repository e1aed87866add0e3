// What `twinfer validate` prints of a grid or a load curve.
#pragma once

#include <string>

#include "cli/output.h"
#include "cli/validation.h"

namespace twinfer {

// Over all pairs: errors, limits, rankings; then every pair, errors against load where there is one,
// and the pairs beyond their limits with the component that errs.
std::string grid_text(const Validation& validation, const Place& place);

}  // namespace twinfer
