// Percentiles that the sample can bear.
//
// A percentile of a few requests is the latency of one or two of them: the P99 of 50
// requests is their maximum, whatever the system does. At least ten requests must lie
// beyond a percentile here, which bounds the deviation of the share beyond it to about a third.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace twinfer {

inline constexpr std::uint64_t kLeastBeyond = 10;

// 20 for P50, 100 for P90, 200 for P95, 1000 for P99. REQUIRES: 50 <= percent < 100.
constexpr std::uint64_t requests_needed(unsigned percent) {
  const std::uint64_t beyond = 100 - percent;
  return (kLeastBeyond * 100 + beyond - 1) / beyond;
}

// report/summary.h's quantile, or nothing where there are fewer samples than it needs.
std::optional<double> borne_percentile(const std::vector<double>& samples, unsigned percent);

}  // namespace twinfer
