// How good the exits of a recorded trace are.
#pragma once

#include <vector>

#include "core/exit_trace.h"

namespace twinfer {

// Share of samples that each exit classifies rightly, by ExitId, the final one included.
std::vector<double> exit_accuracy(const ExitTrace& trace);

// What comes out if a sample leaves at the first head whose max-softmax is at
// least `threshold`, and else at the end.
struct CascadeSummary {
  std::vector<double> shares;  // of the samples, by the exit that they take
  double accuracy = 0;
};
CascadeSummary summarise_cascade(const ExitTrace& trace, double threshold);

}  // namespace twinfer
