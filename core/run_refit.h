// The platform and profiles of a scenario, fitted anew to what a run of it measured.
//
// Of each way between two devices its message times over their bytes. Two sizes tell what
// does not depend on bytes and the bandwidth; of that the overhead stays the profile's and the
// rest is latency. One size tells one number: the bandwidth, where by the scenario bytes
// take at least half of the time, else the latency; the other stays. Ways are then told of
// links (core/link_attribution.h).
//
// Of each stage its computing against what the profile says of the same layers and heads:
// the distribution of that ratio becomes the layers' own, scaled by their medians, so that a
// simulated stage has the run's distribution. Layers and heads that the run did not run
// on a device change by the median ratio of those that it did.
//
// Ignores: messages within one device; codec and hand-offs; what requests took from each other,
// on links and on cores, which is best told apart by a run at low load.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "core/latency_profile.h"
#include "core/link_attribution.h"
#include "core/plan.h"
#include "core/result.h"
#include "core/scenario.h"
#include "core/transfer_fit.h"

namespace twinfer {

// What the messages of a way told.
enum class Identified { kLatencyAndBandwidth, kBandwidth, kLatency };
const char* to_string(Identified identified);

struct RefitWay {
  Way way;
  std::vector<SizeTime> sizes;
  Identified identified = Identified::kLatency;
  WayCost cost;                   // as measured
  std::vector<double> residuals;  // by size, of the refitted platform: (model - median) / median
};

struct RefitStage {
  std::size_t stage = 0;
  DeviceId device = 0;
  LatencyDistribution ratio;  // measured / the profile's median, no unit
};

struct Refit {
  Platform platform;                                    // the scenario's, links refitted
  std::vector<std::optional<LatencyProfile>> profiles;  // the scenario's, computing refitted
  std::vector<RefitWay> ways;                           // by ends
  std::vector<RefitStage> stages;                       // by stage, then device
};

// Requests that did not return are left out. Throws InputError where none is left, and where one ran on
// devices that `plan` does not have there. REQUIRES: `rows` are of a run of `plan`.
Refit refit_run(const Scenario& scenario, const Plan& plan, const RunRows& rows);

}  // namespace twinfer
