#include "core/computing_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace twinfer {
namespace {

constexpr std::size_t kMostGroups = 8;
constexpr std::size_t kLeastInGroup = 12;
constexpr unsigned kRounds = 3;  // in which factors and curve follow each other; they settle in two

double median(std::vector<double> values) { return summarise(std::move(values)).median().si(); }

double expected_s(const ComputingSample& sample, const ComputingFit& fit) {
  return value_after(fit.rested, sample.rest, 1) * (fit.always * sample.always + fit.sometimes * sample.sometimes).si();
}

// Samples that ran the same.
struct Group {
  double always_s = 0, sometimes_s = 0;
  double median_s = 0;  // as if after no rest
};

std::vector<Group> groups_of(const std::vector<ComputingSample>& samples, const RestCurve& rested) {
  std::map<double, std::vector<double>> times;  // by `sometimes`
  for (const ComputingSample& sample : samples)
    times[sample.sometimes.si()].push_back(sample.measured.si() / value_after(rested, sample.rest, 1));
  std::vector<Group> groups;
  for (auto& [sometimes_s, of_group] : times)
    groups.push_back({samples.front().always.si(), sometimes_s, median(std::move(of_group))});
  return groups;
}

double deviation(const std::vector<ComputingSample>& samples, const ComputingFit& fit) {
  double sum = 0;
  for (const ComputingSample& sample : samples) sum += std::abs(sample.measured.si() - expected_s(sample, fit));
  return sum;
}

// A line of least absolute deviations goes through two of the groups' medians, or is one factor for all.
void fit_factors(const std::vector<ComputingSample>& samples, ComputingFit& fit) {
  const std::vector<Group> groups = groups_of(samples, fit.rested);
  std::vector<double> ratios;
  for (const ComputingSample& sample : samples)
    ratios.push_back(sample.measured.si() / value_after(fit.rested, sample.rest, 1) /
                     (sample.always + sample.sometimes).si());
  fit.always = fit.sometimes = median(std::move(ratios));
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

// None of the samples' too few.
RestCurve fit_rests(std::vector<ComputingSample> samples, const ComputingFit& fit) {
  std::erase_if(samples, [](const ComputingSample& sample) { return !std::isfinite(sample.rest.si()); });
  const std::size_t groups = std::min(kMostGroups, samples.size() / kLeastInGroup);
  if (groups < 2) return {};
  std::ranges::stable_sort(samples, {}, &ComputingSample::rest);
  ComputingFit unrested = fit;
  unrested.rested.clear();
  RestCurve curve;
  for (std::size_t group = 0; group < groups; ++group) {
    std::vector<double> rests, shares;
    for (std::size_t i = samples.size() * group / groups; i < samples.size() * (group + 1) / groups; ++i) {
      rests.push_back(samples[i].rest.si());
      shares.push_back(samples[i].measured.si() / expected_s(samples[i], unrested));
    }
    const Seconds rest(median(std::move(rests)));
    const double share = median(std::move(shares));
    if (curve.empty() || rest > curve.back().rest) curve.push_back({rest, share});
  }
  return curve;
}

}  // namespace

ComputingFit fit_computing(const std::vector<ComputingSample>& samples, const RestCurve& known, bool rests) {
  ComputingFit fit;
  if (rests) fit.rested = known;
  for (unsigned round = 0; round < kRounds; ++round) {
    fit_factors(samples, fit);
    RestCurve told = rests ? fit_rests(samples, fit) : RestCurve{};
    if (told.empty()) break;  // as known
    fit.rested = std::move(told);
  }
  std::vector<double> ratios, spread;
  for (const ComputingSample& sample : samples) {
    ratios.push_back(sample.measured.si() / value_after(fit.rested, sample.rest, 1) /
                     (sample.always + sample.sometimes).si());
    spread.push_back(sample.measured.si() / expected_s(sample, fit));
  }
  fit.ratio = summarise(std::move(ratios));
  fit.spread = summarise(std::move(spread));
  return fit;
}

}  // namespace twinfer
