// What crosses a stage boundary.
//
// Stages are contiguous ranges of the graph's topological order, so a boundary
// is one position in it. Every tensor made before the position and read after it
// must cross: each once, however many layers read it. A tensor that a still
// later stage reads is relayed with the rest.
#pragma once

#include <vector>

#include "core/layer_graph.h"

namespace twinfer {

struct Cut {
  std::vector<LayerId> tensors;  // ascending; the layers whose outputs cross
  Bytes bytes;                   // their sum
};

// The cut between layers 0..`after` and the rest.
// `after == 0` ships the input; `after == graph.last()` ships nothing.
// REQUIRES: after < graph.size().
Cut cut_after(const LayerGraph& graph, LayerId after);

}  // namespace twinfer
