// Links whose bandwidth changes while requests run: SimGrid's bandwidth profiles, as values.
#pragma once

#include <vector>

#include "core/platform.h"

namespace twinfer {

// When some link's bandwidth changes: ascending, each once.
std::vector<Seconds> change_times(const Platform& platform);

// The platform with the bandwidths that hold from `at` until the next change.
Platform platform_at(const Platform& platform, Seconds at);

// The largest change of a link's bandwidth from one platform to the other, relative to the
// first: 0.9 where one dropped to a tenth. REQUIRES: the same links.
double largest_change(const Platform& before, const Platform& after);

}  // namespace twinfer
