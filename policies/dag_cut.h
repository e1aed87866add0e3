// The cheapest split of a DAG between two devices, as a minimum cut.
//
// Every layer before a boundary stays on the source, the rest goes to the target;
// the boundary may pass branches at different depths. A tensor with several
// readers beyond it is paid once: the auxiliary vertex of Hu et al., "DADS",
// INFOCOM 2019. Solved by Boykov and Kolmogorov's algorithm (PAMI 2004) in
// Boost.Graph.
#pragma once

#include <vector>

#include "policies/partition_policy.h"

namespace twinfer {

// How much a second of each resource counts.
struct CutWeights {
  double source = 1;
  double link = 1;
  double target = 1;
};

// The layers that stay on the source, ascending; possibly none or all. Minimises
// weighted layers and heads on either side plus, for every tensor that crosses,
// its codec and its bytes' time on the wire. What a message costs at any size is
// left out: it does not depend on where the cut is. Exits stay in their order.
// Ignores memory. REQUIRES: both devices have profiles, and a route joins them.
std::vector<LayerId> cheapest_source_side(const Problem& problem, const CutWeights& weights);

// The stages of such a split; a side without layers has no stage.
std::vector<Stage> split_stages(const Problem& problem, const std::vector<LayerId>& source_side);

}  // namespace twinfer
