// The platform and profiles of a scenario, fitted anew to what runs of it measured.
//
// Of each way between two devices, and within one whose loopback is stated, its message times over their bytes. Two
// sizes tell what does not depend on bytes and the bandwidth; of that the overhead stays the profile's and the rest is
// latency. One size tells one number: the bandwidth, where by the scenario bytes take at least half of the time, else
// the latency; the other stays. Ways are then told of links (core/link_attribution.h). Where the runs come with
// simulations, messages are counted without what these say they took from each other; and how long they waited for
// threads that were idle, and scatter about the median of their way, becomes the receiver's hand-off.
//
// Of each stage its computing against what the profile says of the same layers and heads (core/computing_fit.h): its
// spread becomes the layers' own, scaled by their medians, so that a simulated stage has the run's distribution. Layers
// and heads that the runs did not run on a device change by the median ratio of those that they did. Codec times of the
// tensors that a device sent, or took in, change by the ratio of what that took in all.
//
// Ignores: what requests took from each other on cores, which counts as their own.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "core/computing_fit.h"
#include "core/latency_profile.h"
#include "core/link_attribution.h"
#include "core/plan.h"
#include "core/refit_samples.h"
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
  ComputingFit computing;
};

struct Refit {
  Platform platform;                                    // the scenario's, links refitted
  std::vector<std::optional<LatencyProfile>> profiles;  // the scenario's, refitted
  std::vector<RefitWay> ways;                           // by ends
  std::vector<RefitStage> stages;                       // by stage, then device
  std::set<DeviceId> profiled;                          // devices whose computing or codec was told
};

// Requests that did not return are left out. Throws InputError where none is left, and where one ran on
// devices that `plan` does not have there. REQUIRES: the rows are of runs of `plan`.
Refit refit_run(const Scenario& scenario, const Plan& plan, const std::vector<RefitRun>& runs);

}  // namespace twinfer
