// Where Load Balance Chain cuts, which is also where NSC starts.
#pragma once

#include "policies/plan_building.h"

namespace twinfer {

// Throws InputError without a chain, or where a device's profile is all zero.
ChainEnds balanced_ends(const Problem& problem);

}  // namespace twinfer
