// What every exit of a network said of every held-out sample, recorded once
// (models/exits/) and replayed by the simulator, so that exits and accuracy are
// equal to live ones, not similar.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/layer_graph.h"

namespace twinfer {

// What an exit policy may look at: one head's opinion of one sample.
struct ExitObservation {
  double confidence = 0;  // max-softmax, in [0, 1]
  double entropy = 0;     // of the softmax, nats
  int predicted = 0;
};

struct SampleTrace {
  std::size_t sample = 0;  // id in the data set
  int true_class = 0;
  std::vector<ExitObservation> exits;  // one per head, then the final exit
};

// Whether an exit says the sample's class. REQUIRES: an observation of it.
bool is_right(const SampleTrace& sample, ExitId exit);

struct ExitTrace {
  std::string model;
  std::vector<SampleTrace> samples;
};

// Throws InputError on a missing, empty or truncated file, values out of range,
// a sample that lacks an exit, or exits other than those of `graph`.
ExitTrace load_exit_trace(const std::filesystem::path& file, const LayerGraph& graph);
void save_exit_trace(const ExitTrace& trace, const LayerGraph& graph, const std::filesystem::path& file);

}  // namespace twinfer
