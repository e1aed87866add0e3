// How faithful a simulated run is to live runs of the same requests, measure by measure.
//
// A measure's live value is its mean over the live runs; the simulator's error is taken against
// it, the noise floor is how far the live runs are from each other. No error below the noise
// floor means anything. Where costs are drawn, its simulated value is the mean over several simulations.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "report/bootstrap.h"
#include "report/summary.h"
#include "report/validation.h"

namespace twinfer {

struct ValidatedMeasure {
  const char* name;     // as in the store: "p50_latency_s"
  const char* words;    // "P50"
  unsigned percentile;  // 0: none
  bool is_share;        // its error is a difference of shares, else relative
};

inline constexpr std::array<ValidatedMeasure, 10> kValidated{{
    {"mean_latency_s", "mean", 0, false},
    {"p50_latency_s", "P50", 50, false},
    {"p90_latency_s", "P90", 90, false},
    {"p95_latency_s", "P95", 95, false},
    {"p99_latency_s", "P99", 99, false},
    {"throughput_hz", "throughput", 0, false},
    {"deadline_attainment", "attainment", 0, true},
    {"accuracy", "accuracy", 0, true},
    {"early_exit_share", "early exits", 0, true},
    {"sent_bytes_per_request", "sent", 0, false},
}};

// Of one measure. Absent: what a run does not know, or has too few requests for.
struct MeasureError {
  std::optional<double> simulated;              // mean over the simulations
  std::vector<std::optional<double>> measured;  // by live run
  std::optional<double> live;                   // mean of `measured`
  std::optional<double> error;                  // of `simulated` against `live`
  std::optional<Interval> interval;             // of the error: 95 %, latencies only
  std::optional<double> noise;                  // mean distance of two live runs, as the error; nothing below two
  // Size of the error in noise floors; nothing without noise.
  [[nodiscard]] std::optional<double> in_noise() const;
};

// Mean per request, over the runs of either world.
struct ComponentErrors {
  std::vector<ComponentDifference> components;  // in the order of kComponents
  [[nodiscard]] double error_s() const;         // of their sum, the latency
  // The component that is off by most. REQUIRES: not empty.
  [[nodiscard]] const ComponentDifference& worst() const;
};

struct Fidelity {
  std::vector<MeasureError> measures;                        // in the order of kValidated
  ComponentErrors mean;                                      // of all requests
  std::vector<ComponentErrors> about_percentile;             // by measure; of requests about it; empty where it is none
  std::uint64_t requests = 0;                                // simulated
  std::uint64_t least_returned = 0;                          // in any of the runs: what percentiles rest on
  std::uint64_t joined = 0, unmatched = 0, other_exits = 0;  // as Comparison's, over the live runs
  std::uint64_t failed_simulated = 0, failed_measured = 0;

  [[nodiscard]] const MeasureError& of(const std::string& measure) const;
};

// What is asked besides the rows.
struct FidelityQuestion {
  std::uint64_t final_exit = 0;  // the graph's number of heads
  bool has_deadline = false;     // else attainment is not known
  std::uint64_t seed = 1;        // of the bootstrap
};

// Throws InputError if a request replays other samples in the two worlds. REQUIRES: a run of either; simulations of the
// same requests.
Fidelity compare_worlds(const std::vector<RunRows>& simulated, const std::vector<RunRows>& live,
                        const FidelityQuestion& question);

// "queue +6.20 ms of +7.00 ms": where the error of a latency comes from, of any other measure that
// of the mean latency.
std::string culprit_text(const Fidelity& fidelity, std::size_t measure);

}  // namespace twinfer
