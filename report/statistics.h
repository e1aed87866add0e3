// What replications say: means with intervals, and whether two paired sets differ.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace twinfer {

struct Estimate {
  double mean = 0;
  std::optional<double> half_width;  // of the 95 % confidence interval; nothing below two values
  std::size_t count = 0;
};

// By Student's t distribution: right where the values are independent and their mean
// about normal, as those of replications with seeds of their own. REQUIRES: not empty.
Estimate estimate_mean(const std::vector<double>& values);

// Two-sided p of Wilcoxon's signed-rank test (Wilcoxon, Biometrics 1945) that the
// differences lie symmetrically around 0: paired runs, no normal distribution assumed.
// Differences of 0 are left out; equal ones share their mean rank. Exact up to 25
// differences, beyond by the normal approximation with correction for ties. 1 where no
// difference is left.
double signed_rank_p(const std::vector<double>& differences);

// Holm's correction (Scandinavian Journal of Statistics 1979) of p values that answer one
// question together; in their order, at most 1.
std::vector<double> holm_corrected(const std::vector<double>& p_values);

}  // namespace twinfer
