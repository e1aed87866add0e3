// When an easy input may leave early. Called by sim on recorded observations and
// by live on computed ones: the rule exists here only.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/exit_trace.h"
#include "core/layer_graph.h"
#include "core/scenario.h"

namespace twinfer {

class ExitPolicy {
 public:
  virtual ~ExitPolicy() = default;
  // Whether a request leaves at `head`, given what the head says.
  // REQUIRES: `head` is one of active_heads().
  [[nodiscard]] virtual bool leaves(ExitId head, const ExitObservation& observation) const = 0;
  // The heads that are worth evaluating, ascending.
  [[nodiscard]] virtual const std::vector<ExitId>& active_heads() const = 0;
};

// Max-softmax: leave iff confidence >= threshold (BranchyNet's variant that DNet
// uses). Entropy: leave iff entropy <= threshold, in nats (BranchyNet, ICPR 2016).
// None: no head is active.
std::unique_ptr<ExitPolicy> make_exit_policy(const ExitSettings& settings);

// The first active head at which a recorded sample leaves; nothing if it runs to
// the end.
std::optional<ExitId> first_exit(const ExitPolicy& policy, const SampleTrace& sample);

}  // namespace twinfer
