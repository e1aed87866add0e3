#include "report/percentile.h"

#include "report/summary.h"

namespace twinfer {

std::optional<double> borne_percentile(const std::vector<double>& samples, unsigned percent) {
  if (samples.size() < requests_needed(percent)) return std::nullopt;
  return quantile(samples, static_cast<double>(percent) / 100);
}

}  // namespace twinfer
