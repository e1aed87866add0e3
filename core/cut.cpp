#include "core/cut.h"

#include <cassert>

namespace twinfer {

Cut cut_after(const LayerGraph& graph, LayerId after) {
  assert(after < graph.size());
  Cut cut;
  for (LayerId id = 0; id <= after; ++id) {
    if (graph.last_reader(id) <= after) continue;
    cut.tensors.push_back(id);
    cut.bytes += graph.layer(id).output_bytes;
  }
  return cut;
}

}  // namespace twinfer
