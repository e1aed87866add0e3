#include "core/stage_work.h"

#include <algorithm>

namespace twinfer {

StageWork stage_work(const LayerGraph& graph, const Stage& stage, const std::vector<ExitId>& active_heads,
                     std::optional<ExitId> leaves_at) {
  const std::vector<ExitHead>& heads = graph.exit_heads();
  const bool leaves_here = leaves_at && stage.holds(heads.at(*leaves_at).layer);
  const LayerId end = leaves_here ? heads[*leaves_at].layer : graph.last();

  StageWork work;
  for (const LayerId layer : stage.layers)
    if (layer <= end) work.layers.push_back(layer);
  for (const ExitId head : active_heads)
    if (stage.holds(heads.at(head).layer) && heads[head].layer <= end) work.heads.push_back(head);
  return work;
}

}  // namespace twinfer
