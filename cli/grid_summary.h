// Over all pairs of a validation: how large errors are, how many pairs are within the limits, and
// whether that is enough.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/validation.h"

namespace twinfer {

// Of one measure of kValidated, by size of the error.
struct OverallError {
  std::size_t measure = 0;
  std::size_t known = 0;  // pairs that know the error
  double median = 0;
  double largest = 0;
  std::optional<double> median_noise;  // over the pairs that know it
  // Of the medians; nothing without noise.
  [[nodiscard]] std::optional<double> in_noise() const;
  std::optional<double> limit;  // of the first scenario that has one
  std::size_t within = 0;       // pairs within the limit of their own scenario, or without one
};

// Measures that some pair knows, in the order of kValidated.
std::vector<OverallError> overall_errors(const Validation& validation);

std::vector<DecisionsOverall> decisions_overall(const Validation& validation);

// Why the validation fails, a line each; empty: it passes. Runs that failed and requests that were
// lost always do; a broken limit does. With `gates.share` that share of the pairs must keep its limit, and
// policies are ranked over the whole grid. `gates.noise` is held against medians over all pairs: a single error and a
// single noise are draws, of which even a perfect simulator's ratio has no limit.
std::vector<std::string> gate_verdict(const Validation& validation);

}  // namespace twinfer
