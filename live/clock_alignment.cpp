#include "live/clock_alignment.h"

#include <algorithm>

namespace twinfer {
namespace {

std::int64_t round_trip_ns(const PingSample& sample) { return sample.received_ns - sample.sent_ns; }

}  // namespace

void ClockAlignment::add_round(const std::vector<PingSample>& samples) {
  const PingSample best = *std::ranges::min_element(samples, {}, round_trip_ns);
  const std::int64_t round_trip = round_trip_ns(best);
  if (!knots_.empty() && round_trip > 2 * shortest_ns_) return;

  shortest_ns_ = knots_.empty() ? round_trip : std::min(shortest_ns_, round_trip);
  knots_.push_back({best.worker_ns, best.sent_ns + round_trip / 2 - best.worker_ns});
}

std::int64_t ClockAlignment::to_coordinator(std::int64_t worker_ns) const {
  const auto after = std::ranges::upper_bound(knots_, worker_ns, {}, &Knot::worker_ns);
  if (after == knots_.begin()) return worker_ns + knots_.front().offset_ns;
  if (after == knots_.end()) return worker_ns + knots_.back().offset_ns;

  const Knot& before = *(after - 1);
  const double share =
      static_cast<double>(worker_ns - before.worker_ns) / static_cast<double>(after->worker_ns - before.worker_ns);
  const double drift_ns = share * static_cast<double>(after->offset_ns - before.offset_ns);
  return worker_ns + before.offset_ns + static_cast<std::int64_t>(drift_ns);
}

}  // namespace twinfer
