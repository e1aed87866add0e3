// One run's rows in a few numbers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/result.h"

namespace twinfer {

// The value at position q (n - 1) of the n sorted samples, linear between
// neighbours: what numpy and pandas return by default. Exact on the samples.
// REQUIRES: not empty, 0 <= q <= 1.
double quantile(std::vector<double> samples, double q);

// A request has returned if its status is ok, exited or missed. Latencies, the
// throughput, shares and bytes are over the returned requests only; where there
// are none, or what they need is not known, they are absent.
struct Summary {
  std::uint64_t requests = 0;
  std::uint64_t ok = 0, exited = 0, missed = 0, dropped = 0, failed = 0;
  std::uint64_t returned = 0;
  std::optional<double> p50_s, p90_s, p95_s, p99_s, mean_s;  // latency
  std::optional<double> span_s;                              // first arrival of any request to the last return
  std::optional<double> throughput_hz;                       // returned / span
  std::optional<double> accuracy;                            // correct / those whose true class is known
  std::optional<double> early_exit_share;                    // left before the final exit / returned
  std::optional<double> bytes_per_request;
  double bytes_total = 0;  // of every request
};

// `final_exit` is the graph's exit_heads().size().
Summary summarise(const std::vector<ResultRow>& results, std::uint64_t final_exit);

// Where a latency's time goes. Adds up to the latency.
struct Components {
  double admission_s = 0, hop_wait_s = 0, encode_s = 0, transfer_s = 0, queue_s = 0, decode_s = 0, compute_s = 0,
         result_wait_s = 0, result_return_s = 0;
};

inline constexpr std::array<std::pair<const char*, double Components::*>, 9> kComponents{{
    {"admission", &Components::admission_s},
    {"hop wait", &Components::hop_wait_s},
    {"encode", &Components::encode_s},
    {"transfer", &Components::transfer_s},
    {"queue", &Components::queue_s},
    {"decode", &Components::decode_s},
    {"compute", &Components::compute_s},
    {"result wait", &Components::result_wait_s},
    {"result return", &Components::result_return_s},
}};

// Mean per returned request, over all of its stages; zeros if none returned.
Components mean_components(const RunRows& rows);

// The same over the requests whose latency is about the percentile: those whose rank is within
// five points of it, as far as there are ranks on both sides. Adds up to about that latency, so
// says of which components it is made. REQUIRES: 0 < percent < 100.
Components components_about(const RunRows& rows, unsigned percent);

}  // namespace twinfer
