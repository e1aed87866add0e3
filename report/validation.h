// How far two runs of one plan are apart, request by request: a simulated one
// from a live one, or two live ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "report/summary.h"

namespace twinfer {

struct ComponentDifference {
  std::string name;
  double tested_s = 0;  // means per returned request
  double reference_s = 0;
};

// `tested` against `reference`. Relative errors are (tested - reference) /
// reference: +0.1 means that the tested run's value is 10 % larger. Absent where
// either value is absent, or the reference is zero and the tested value is not.
struct Comparison {
  Summary tested;
  Summary reference;
  std::optional<double> p50_error, p95_error, throughput_error, bytes_error;  // relative
  std::optional<double> accuracy_difference, early_exit_difference;           // of shares
  std::uint64_t joined = 0;                                                   // requests that are in both runs
  std::uint64_t unmatched = 0;                                                // in one only
  std::uint64_t other_exits = 0;                // joined requests that took another exit, or returned in one run only
  std::vector<ComponentDifference> components;  // in the order of kComponents
};

// Joins by request id. Throws InputError if a joined request replays another
// sample: the runs then answer different questions.
Comparison compare_runs(const RunRows& tested, const RunRows& reference, std::uint64_t final_exit);

}  // namespace twinfer
