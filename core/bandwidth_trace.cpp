#include "core/bandwidth_trace.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace twinfer {

std::vector<Seconds> change_times(const Platform& platform) {
  std::set<Seconds> times;
  for (const Link& link : platform.links)
    for (const BandwidthChange& change : link.changes) times.insert(change.at);
  return {times.begin(), times.end()};
}

Platform platform_at(const Platform& platform, Seconds at) {
  Platform then = platform;
  for (Link& link : then.links)
    for (const BandwidthChange& change : link.changes)
      if (change.at <= at) link.bandwidth = change.bandwidth;
  return then;
}

double largest_change(const Platform& before, const Platform& after) {
  double largest = 0;
  for (LinkId link = 0; link < before.links.size(); ++link)
    largest = std::max(largest, std::abs(after.links[link].bandwidth / before.links[link].bandwidth - 1));
  return largest;
}

}  // namespace twinfer
