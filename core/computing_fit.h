// A stage's computing as a run measured it, in terms of the profile:
//
//   measured = share(rest) * (always * A + sometimes * S) * spread
//
// A and S are the profile's medians of what every request runs there and of what only those run that stay on; the two
// factors differ where a stage begins colder than the profile's run of the whole network was there. Share is a curve
// over the executor's rest before (core/rest_curve.h), spread a distribution with a median of about 1.
#pragma once

#include <vector>

#include "core/latency_profile.h"
#include "core/refit_samples.h"
#include "core/rest_curve.h"

namespace twinfer {

struct ComputingFit {
  double always = 1, sometimes = 1;
  RestCurve rested;           // as told, or where there are too few samples as known
  LatencyDistribution ratio;  // measured / (share * profile), no unit: how the stage differs, its spread included
  LatencyDistribution spread;
};

// Of a sample by the fit, without its spread.
Seconds expected(const ComputingSample& sample, const ComputingFit& fit);

// Factors of least absolute deviation: one, or two by what at least five requests each ran. The curve goes through the
// medians of up to eight groups of rests, each of at least twelve samples. `known`: the profile's curve. Without
// `rests`, computing does not depend on them: no curve. REQUIRES: at least one sample; of each the profile's time is
// above 0.
ComputingFit fit_computing(const std::vector<ComputingSample>& samples, const RestCurve& known, bool rests);

}  // namespace twinfer
