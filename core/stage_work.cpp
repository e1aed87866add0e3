#include "core/stage_work.h"

#include <algorithm>

namespace twinfer {

StageWork stage_work(const LayerGraph& graph, const Stage& stage, const std::vector<ExitId>& active_heads,
                     std::optional<ExitId> leaves_at) {
  const std::vector<ExitHead>& heads = graph.exit_heads();
  const LayerId end = leaves_at ? std::min(stage.last, heads.at(*leaves_at).layer) : stage.last;

  StageWork work;
  for (LayerId layer = stage.first; layer <= end; ++layer) work.layers.push_back(layer);
  for (const ExitId head : active_heads)
    if (heads.at(head).layer >= stage.first && heads.at(head).layer <= end) work.heads.push_back(head);
  return work;
}

}  // namespace twinfer
