// A stage's computing as a run measured it, in terms of the profile:
//
//   measured = (always * A + sometimes * S) * spread
//
// A and S are the profile's medians of what every request runs there and of what only those run that stay on; the two
// factors differ where a stage begins colder than the profile's run of the whole network was there. Spread is a
// distribution with a median of about 1.
#pragma once

#include <vector>

#include "core/latency_profile.h"
#include "core/refit_samples.h"

namespace twinfer {

struct ComputingFit {
  double always = 1, sometimes = 1;
  LatencyDistribution ratio;  // measured / profile, no unit: how the stage differs, its spread included
  LatencyDistribution spread;
};

// Of a sample by the fit, without its spread.
Seconds expected(const ComputingSample& sample, const ComputingFit& fit);

// Factors of least absolute deviation: one, or two by what at least five requests each ran. REQUIRES: at least one
// sample; of each the profile's time is above 0.
ComputingFit fit_computing(const std::vector<ComputingSample>& samples);

}  // namespace twinfer
