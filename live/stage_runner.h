// One stage of a network at work: tensors in, tensors or a class out.
//
// Which layers and heads run is stage_work's answer, who leaves is ExitPolicy's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/exit_trace.h"
#include "core/plan.h"
#include "core/stage_work.h"
#include "live/wire_tensor.h"
#include "policies/exit_policy.h"

namespace twinfer {

class Network;

// What became of a request on a stage.
struct StageOutcome {
  std::optional<ExitId> exit;       // where it left, the final exit included; nothing: it goes on
  ExitObservation observation;      // of that exit
  std::vector<float> logits;        // of that exit
  std::vector<WireTensor> tensors;  // of the cut after the stage, where it goes on
};

// A stage and the tensors of the cuts around it, by the layers that made them.
struct StageShare {
  Stage stage;
  std::vector<LayerId> receives;
  std::vector<LayerId> sends;  // none: the stage holds the last layer
};

// Stage `index` of `stages`. REQUIRES: a plan that check_plan passes.
StageShare share_of(const std::vector<Stage>& stages, std::size_t index, const LayerGraph& graph);

// Thread-compatible. Keeps the network alive.
class StageRunner {
 public:
  StageRunner(std::shared_ptr<const Network> network, StageShare share, std::unique_ptr<const ExitPolicy> exits);

  // Uninitialised tensors for the cut before the stage. Thread-safe.
  [[nodiscard]] std::vector<WireTensor> allocate_inputs() const;

  // REQUIRES: `inputs` as allocate_inputs gives them. With `runs_all` no exit is
  // taken before the final one.
  [[nodiscard]] StageOutcome run(const std::vector<WireTensor>& inputs, bool runs_all) const;

  [[nodiscard]] const LayerGraph& graph() const;

 private:
  std::shared_ptr<const Network> network_;
  StageShare share_;
  std::unique_ptr<const ExitPolicy> exits_;
  StageWork work_;                                   // of a request that leaves nowhere on the way
  std::map<LayerId, std::vector<LayerId>> dropped_;  // tensors that nobody reads after a layer
};

// network.graph(), for who should not see LibTorch.
const LayerGraph& graph_of(const Network& network);

}  // namespace twinfer
