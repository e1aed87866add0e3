#include "models/exit_summary.h"

#include <algorithm>
#include <cassert>

namespace twinfer {
namespace {

std::vector<double> shares_of(const std::vector<std::size_t>& counts, std::size_t all) {
  std::vector<double> shares;
  for (const std::size_t count : counts) shares.push_back(static_cast<double>(count) / static_cast<double>(all));
  return shares;
}

}  // namespace

std::vector<double> exit_accuracy(const ExitTrace& trace) {
  assert(!trace.samples.empty());
  std::vector<std::size_t> right(trace.samples.front().exits.size());
  for (const SampleTrace& sample : trace.samples)
    for (ExitId exit = 0; exit < sample.exits.size(); ++exit)
      if (sample.exits[exit].predicted == sample.true_class) ++right[exit];
  return shares_of(right, trace.samples.size());
}

CascadeSummary summarise_cascade(const ExitTrace& trace, double threshold) {
  assert(!trace.samples.empty());
  std::vector<std::size_t> taken(trace.samples.front().exits.size());
  std::size_t right = 0;
  for (const SampleTrace& sample : trace.samples) {
    ExitId exit = 0;
    while (exit + 1 < sample.exits.size() && sample.exits[exit].confidence < threshold) ++exit;
    ++taken[exit];
    if (sample.exits[exit].predicted == sample.true_class) ++right;
  }
  return {shares_of(taken, trace.samples.size()),
          static_cast<double>(right) / static_cast<double>(trace.samples.size())};
}

}  // namespace twinfer
