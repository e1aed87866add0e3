// Which rule lets requests leave early, and from which values on.
#pragma once

#include <map>
#include <string>

#include "core/layer_graph.h"

namespace twinfer {

enum class ExitRule { kNone, kMaxSoftmax, kEntropy };

struct ExitSettings {
  ExitRule rule = ExitRule::kNone;
  std::map<ExitId, double> thresholds;  // heads without one are not evaluated

  friend bool operator==(const ExitSettings&, const ExitSettings&) = default;
};

std::string to_string(ExitRule rule);

}  // namespace twinfer
