// The part of a stage that one request really runs.
#pragma once

#include <optional>
#include <vector>

#include "core/layer_graph.h"
#include "core/plan.h"

namespace twinfer {

// One step of a stage: a layer, or the exit head that hangs on the layer before it.
struct StageWork {
  std::vector<LayerId> layers;  // ascending
  std::vector<ExitId> heads;    // ascending; those evaluated, the one that lets the request leave included
};

// What a request runs on `stage`: every layer up to where it leaves, and each
// head of `active_heads` that it passes. `leaves_at` is the head at which it
// leaves, on this stage or on a later one; nothing if it never does.
// REQUIRES: the request reaches the stage.
StageWork stage_work(const LayerGraph& graph, const Stage& stage, const std::vector<ExitId>& active_heads,
                     std::optional<ExitId> leaves_at);

}  // namespace twinfer
