// A stream of frames through the stages of a plan, as a flow shop: sender, wire, stage,
// sender, wire, stage, ..., and the result's sender and wire. One resource each, as
// both back ends run them.
//
// After ResMap's cost model (INFOCOM 2023). Ours also counts what it left out:
// latency of the links, message overhead, codec, and the result's return.
// Ignores the admission window and requests that leave early.
#pragma once

#include <vector>

#include "policies/flow_shop.h"
#include "policies/partition_policy.h"

namespace twinfer {

// What crosses a boundary after each layer: cuts[k] after layer k, the last
// layer excepted. Frame 0 may be larger than what follows (differences).
struct StreamCuts {
  std::vector<Cut> first;
  std::vector<Cut> following;
};

// Every frame sends full tensors.
StreamCuts full_cuts(const LayerGraph& graph);

// The resources of `stages` in order, 3 x stages + 2 of them. REQUIRES: feasible
// stages, each of consecutive layers on one device.
PipelineCosts pipeline_costs(const Problem& problem, const StreamCuts& cuts, const std::vector<Stage>& stages);

}  // namespace twinfer
