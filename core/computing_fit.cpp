#include "core/computing_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace twinfer {
namespace {

constexpr std::size_t kMostGroups = 8;
constexpr std::size_t kLeastInGroup = 12;
constexpr std::size_t kLeastInLine = 5;  // samples that ran the same, for a factor to go by them
constexpr unsigned kRounds = 3;          // in which factors and curve follow each other; they settle in two

double median(std::vector<double> values) { return summarise(std::move(values)).median().si(); }

// Of each sample against the profile, as if after no rest.
std::vector<double> ratios_of(const std::vector<ComputingSample>& samples, const RestCurve& rested) {
  std::vector<double> ratios;
  for (const ComputingSample& sample : samples)
    ratios.push_back(sample.measured.si() / share_after(rested, sample.rest) / (sample.always + sample.sometimes).si());
  return ratios;
}

// Samples that ran the same.
struct Group {
  double always_s = 0, sometimes_s = 0;
  double median_s = 0;  // as if after no rest
};

std::vector<Group> groups_of(const std::vector<ComputingSample>& samples, const RestCurve& rested) {
  std::map<double, std::vector<double>> times;  // by `sometimes`
  for (const ComputingSample& sample : samples)
    times[sample.sometimes.si()].push_back(sample.measured.si() / share_after(rested, sample.rest));
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
  const std::vector<Group> groups = groups_of(samples, fit.rested);
  fit.always = fit.sometimes = median(ratios_of(samples, fit.rested));
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

// Neighbours by their rest, equally many but for equal rests, which stay together.
std::vector<std::vector<ComputingSample>> by_rest(std::vector<ComputingSample> samples) {
  std::erase_if(samples, [](const ComputingSample& sample) { return !std::isfinite(sample.rest.si()); });
  std::ranges::stable_sort(samples, {}, &ComputingSample::rest);
  const std::size_t count = std::min(kMostGroups, samples.size() / kLeastInGroup);
  std::vector<std::vector<ComputingSample>> groups;
  for (std::size_t i = 0; i < samples.size() && count > 0; ++i) {
    const bool begins = i == 0 || i * count / samples.size() > (i - 1) * count / samples.size();
    const bool is_full = groups.empty() || (begins && groups.back().back().rest < samples[i].rest);
    if (is_full) groups.emplace_back();
    groups.back().push_back(samples[i]);
  }
  return groups;
}

// Nothing of fewer than two groups.
RestCurve fit_rests(const std::vector<ComputingSample>& samples, const ComputingFit& fit) {
  ComputingFit unrested = fit;
  unrested.rested.clear();
  RestCurve curve;
  for (const std::vector<ComputingSample>& group : by_rest(samples)) {
    std::vector<double> rests, shares;
    for (const ComputingSample& sample : group) {
      rests.push_back(sample.rest.si());
      shares.push_back(sample.measured.si() / expected(sample, unrested).si());
    }
    curve.push_back({Seconds(median(std::move(rests))), median(std::move(shares))});
  }
  return curve.size() < 2 ? RestCurve{} : curve;
}

}  // namespace

Seconds expected(const ComputingSample& sample, const ComputingFit& fit) {
  return share_after(fit.rested, sample.rest) * (fit.always * sample.always + fit.sometimes * sample.sometimes);
}

ComputingFit fit_computing(const std::vector<ComputingSample>& samples, const RestCurve& known, bool rests) {
  ComputingFit fit;
  if (rests) fit.rested = known;
  for (unsigned round = 0; round < kRounds; ++round) {
    fit_factors(samples, fit);
    RestCurve told = rests ? fit_rests(samples, fit) : RestCurve{};
    if (told.empty()) break;  // as known
    fit.rested = std::move(told);
  }
  std::vector<double> spread;
  for (const ComputingSample& sample : samples) spread.push_back(sample.measured.si() / expected(sample, fit).si());
  fit.ratio = summarise(ratios_of(samples, fit.rested));
  fit.spread = summarise(std::move(spread));
  return fit;
}

}  // namespace twinfer
