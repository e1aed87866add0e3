// What was measured between devices, told of the links between them: a link may be part
// of several routes, and a route crosses several links.
//
// Latencies add along a route, so the links' are the least squares of the relative error
// over all routes, none below 0. Where routes leave a choice (two links that are only ever
// crossed together), each link is moved from its stated latency by the same share.
// A route is as fast as its slowest link, so a link is at least as fast as every route
// over it: its bandwidth is the largest seen through it. Of a link that is the slowest of
// no route that is only a lower bound, which is all that those routes need.
#pragma once

#include <vector>

#include "core/plan.h"
#include "core/platform.h"

namespace twinfer {

struct WayCost {
  Way way;
  Seconds latency;
  BytesPerSecond bandwidth;
  bool tells_bandwidth = true;  // else `bandwidth` counts for nothing: only small messages went that way
};

// What the links of a route make of it.
WayCost route_cost(const std::vector<Link>& links, const std::vector<LinkId>& route, const Way& way);

// Links on a measured route take what was measured, the others keep what they have; and
// what the routes are by it, in the order of `measured`.
struct Attribution {
  std::vector<Link> links;      // all of the platform's
  std::vector<bool> measured;   // by link
  std::vector<WayCost> routes;  // as these links make them
};

// Throws InputError naming the way if the platform has no route for it.
Attribution attribute_to_links(const Platform& platform, const std::vector<WayCost>& measured);

}  // namespace twinfer
