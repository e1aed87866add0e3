// Recorded exits drawn at random, and all thresholds that there are for them.
#pragma once

#include <algorithm>
#include <optional>

#include "core/random.h"
#include "policies/exit_outcome.h"

namespace twinfer::tiny {

// Confidences in tenths, so that ties occur; the later the exit, the more often right.
inline ExitTrace random_trace(std::uint64_t seed, std::size_t samples, std::size_t heads) {
  std::uint64_t drawn = 0;
  const auto draw = [&] { return uniform(seed, RandomStream::kSample, drawn++); };
  ExitTrace trace{"tiny", {}};
  for (std::size_t s = 0; s < samples; ++s) {
    SampleTrace sample{s, 0, {}};
    for (ExitId exit = 0; exit <= heads; ++exit) {
      const double confidence = static_cast<double>(1 + static_cast<int>(draw() * 10)) / 10;
      const bool right = draw() < 0.5 + 0.4 * static_cast<double>(exit) / static_cast<double>(heads);
      sample.exits.push_back({confidence, 0, right ? 0 : 1});
    }
    trace.samples.push_back(sample);
  }
  return trace;
}

// Every choice of one of the samples' confidences, or none, for heads `head` on.
inline void try_all_thresholds(const ExitTrace& trace, const ExitPrices& prices, double min_accuracy,
                               ExitSettings& settings, ExitId head, std::optional<double>& cheapest) {
  if (head == prices.heads.size()) {
    const auto policy = make_exit_policy(settings);
    const ExitOutcome outcome = evaluate_exits(trace, *policy);
    if (outcome.accuracy < min_accuracy - 1e-9) return;
    const double price = mean_price(prices, policy->active_heads(), outcome.shares);
    cheapest = std::min(cheapest.value_or(price), price);
    return;
  }
  try_all_thresholds(trace, prices, min_accuracy, settings, head + 1, cheapest);
  for (const SampleTrace& sample : trace.samples) {
    settings.thresholds[head] = sample.exits[head].confidence;
    try_all_thresholds(trace, prices, min_accuracy, settings, head + 1, cheapest);
  }
  settings.thresholds.erase(head);
}

// The lowest mean price with that accuracy; nothing if no thresholds have it.
inline std::optional<double> cheapest_price(const ExitTrace& trace, const ExitPrices& prices, double min_accuracy) {
  ExitSettings settings{ExitRule::kMaxSoftmax, {}};
  std::optional<double> cheapest;
  try_all_thresholds(trace, prices, min_accuracy, settings, 0, cheapest);
  return cheapest;
}

}  // namespace twinfer::tiny
