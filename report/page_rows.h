// What a report draws from the rows of requests and stages. Private to report/.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "report/page_scope.h"

namespace twinfer {

// Most that a page takes, so that a phone opens it.
inline constexpr std::size_t kDistributions = 24;
inline constexpr std::size_t kTimelines = 12;
inline constexpr std::size_t kTimelineRequests = 50;

// Latencies in ascending order, each with the share of requests that took no longer: all of
// up to 201, of more those at every half per cent.
nlohmann::ordered_json distribution_of(std::vector<double> latencies_s);

// {"distributions", "most_distributions", "timelines"}: of the first runs that have rows.
nlohmann::ordered_json rows_data(const PageRuns& page);

// The newest simulated against the newest live run of equal scenario, policy, plan, predicted
// latency and seed; with the live run before as noise. Pairs whose runs do not answer the same
// question are told in "problem".
nlohmann::ordered_json twin_data(const PageRuns& page);

}  // namespace twinfer
