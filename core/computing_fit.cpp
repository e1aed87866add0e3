#include "core/computing_fit.h"

#include <cmath>
#include <map>

namespace twinfer {
namespace {

constexpr std::size_t kLeastInLine = 5;  // samples that ran the same, for a factor to go by them

double median(std::vector<double> values) { return summarise(std::move(values)).median().si(); }

// Samples that ran the same.
struct Group {
  double always_s = 0, sometimes_s = 0;
  double median_s = 0;
};

std::vector<Group> groups_of(const std::vector<ComputingSample>& samples) {
  std::map<double, std::vector<double>> times;  // by `sometimes`
  for (const ComputingSample& sample : samples) times[sample.sometimes.si()].push_back(sample.measured.si());
  std::vector<Group> groups;
  for (auto& [sometimes_s, of_group] : times)
    if (of_group.size() >= kLeastInLine)
      groups.push_back({samples.front().always.si(), sometimes_s, median(std::move(of_group))});
  return groups;
}

double deviation(const std::vector<ComputingSample>& samples, const ComputingFit& fit) {
  double sum = 0;
  for (const ComputingSample& sample : samples) sum += std::abs(sample.measured.si() - expected(sample, fit).si());
  return sum;
}

// A line of least absolute deviations goes through two of the groups' medians, or is one factor for all.
void fit_factors(const std::vector<ComputingSample>& samples, ComputingFit& fit) {
  const std::vector<Group> groups = groups_of(samples);
  fit.always = fit.sometimes = fit.ratio.median().si();
  double least = deviation(samples, fit);
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (std::size_t j = i + 1; j < groups.size(); ++j) {
      if (groups[i].always_s <= 0) continue;
      ComputingFit line = fit;
      line.sometimes = (groups[j].median_s - groups[i].median_s) / (groups[j].sometimes_s - groups[i].sometimes_s);
      line.always = (groups[i].median_s - line.sometimes * groups[i].sometimes_s) / groups[i].always_s;
      if (line.always <= 0 || line.sometimes <= 0) continue;
      const double off = deviation(samples, line);
      if (off < least) least = off, fit = line;
    }
}

}  // namespace

Seconds expected(const ComputingSample& sample, const ComputingFit& fit) {
  return fit.always * sample.always + fit.sometimes * sample.sometimes;
}

ComputingFit fit_computing(const std::vector<ComputingSample>& samples) {
  ComputingFit fit;
  std::vector<double> ratios, spread;
  for (const ComputingSample& sample : samples) ratios.push_back(sample.measured / (sample.always + sample.sometimes));
  fit.ratio = summarise(std::move(ratios));
  fit_factors(samples, fit);
  for (const ComputingSample& sample : samples) spread.push_back(sample.measured / expected(sample, fit));
  fit.spread = summarise(std::move(spread));
  return fit;
}

}  // namespace twinfer
