// Thresholds that keep an accuracy and make requests as cheap as possible, one
// for each head.
//
// The trade is that of Edgent (Li et al., IEEE TWC 2020) and SPINN (Laskaridis et
// al., MobiCom 2020); the search is ours. A threshold need only part two confidences
// that the head has on the trace: it lies in the middle between them, so that a
// confidence that rounds otherwise elsewhere leaves or stays all the same. With none
// the head is not asked. The best threshold of one head, the others given, is found by one pass
// over the samples in the order of their confidence there. The search takes that
// pass for the last head under every combination of candidates of the others, and
// then improves head by head until nothing changes. Where all confidences of the
// others fit into the candidates the result is the optimum; else it is that of a
// grid, improved.
#pragma once

#include "core/scenario.h"
#include "policies/exit_outcome.h"

namespace twinfer {

struct ThresholdChoice {
  ExitSettings settings;  // max-softmax; heads that are not worth asking have none
  double accuracy = 0;
  double mean_price = 0;
};

// The cheapest thresholds with at least `min_accuracy`; of equally cheap ones the
// more accurate, and of those the first found. Throws InputError stating the best
// accuracy found if none reaches it, and unless `min_accuracy` is in [0, 1].
// REQUIRES: samples, with an observation of every exit that has a price.
ThresholdChoice choose_thresholds(const ExitTrace& trace, const ExitPrices& prices, double min_accuracy);

// The same, sought from `start` on, head by head only. REQUIRES: `start` keeps
// the accuracy.
ThresholdChoice improve_thresholds(const ExitTrace& trace, const ExitPrices& prices, double min_accuracy,
                                   const ExitSettings& start);

// Settings that keep the accuracy, of a grid of thresholds by head, for callers to
// whom prices depend on the thresholds: every sensible setting where there are few
// confidences. Empty if the grid has none.
std::vector<ExitSettings> accurate_settings(const ExitTrace& trace, std::size_t heads, double min_accuracy);

}  // namespace twinfer
