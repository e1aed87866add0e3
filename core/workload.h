// The requests of a scenario, the same for every policy and for both back ends.
#pragma once

#include <cstdint>
#include <vector>

#include "core/plan.h"
#include "core/scenario.h"
#include "core/units.h"

namespace twinfer {

struct Request {
  std::uint64_t id = 0;
  std::uint64_t sample = 0;  // index into the exit trace, or the tensor's seed where there is none
  Seconds arrival;           // zero for closed arrivals: the window decides
};

// At which requests arise where `plan` serves them: a load is a share of its capacity, the
// reciprocal of its bottleneck, early exits not counted. 0 if closed.
double arrival_rate_hz(const Arrivals& arrivals, const Plan& plan);

// REQUIRES: a rate, not a load (arrival_rate_hz).
// Ids ascend from 0, arrivals do not descend. Sample and gap of request i are
// functions of seed and i alone. Periodic: request i at i / rate. Poisson:
// exponential gaps of mean 1 / rate, the first before request 0.
std::vector<Request> make_requests(const Scenario& scenario);

// Draws the quantile of one request's computing on a stage, and of its hand-off there: 0.5 unless the
// scenario samples its costs.
double compute_quantile(const Scenario& scenario, std::uint64_t request, std::uint64_t stage);
double hand_off_quantile(const Scenario& scenario, std::uint64_t request, std::uint64_t stage);

}  // namespace twinfer
