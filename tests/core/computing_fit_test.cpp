// Computing made from known factors and curves, and what a fit finds of them.
#include "core/computing_fit.h"

#include <algorithm>
#include <limits>

#include <doctest/doctest.h>

#include "core/random.h"

using namespace twinfer;
using doctest::Approx;

namespace {

// In [-1, 1).
double scatter(std::uint64_t id) { return 2 * uniform(1, RandomStream::kCompute, id) - 1; }

ComputingSample sample(double sometimes_s, double measured_s, double rest_s = 1) {
  return {Seconds(2), Seconds(sometimes_s), Seconds(rest_s), Seconds(measured_s)};
}

}  // namespace

TEST_CASE("requests that all run the same tell one factor, and their spread about it") {
  std::vector<ComputingSample> samples;
  for (const double ratio : {0.9, 1.0, 1.5, 1.2, 1.1}) samples.push_back(sample(1, 3 * 2 * ratio));
  const ComputingFit fit = fit_computing(samples, {}, true);
  CHECK(fit.always == Approx(2.2));
  CHECK(fit.sometimes == Approx(2.2));
  CHECK(fit.rested.empty());
  CHECK(fit.ratio.median().si() == Approx(2.2));
  CHECK(fit.spread.median().si() == Approx(1));
  CHECK(fit.spread.at(1).si() == Approx(1.5 / 1.1));
}

TEST_CASE("requests that leave early and late tell two factors within 1 %") {
  std::vector<ComputingSample> samples;
  for (std::uint64_t id = 0; id < 300; ++id) {
    const double sometimes_s = id % 3 == 0 ? 4 : id % 3 == 1 ? 1 : 0;
    samples.push_back(sample(sometimes_s, (1.5 * 2 + 0.8 * sometimes_s) * (1 + 0.02 * scatter(id))));
  }
  const ComputingFit fit = fit_computing(samples, {}, true);
  CHECK(fit.always == Approx(1.5).epsilon(0.01));
  CHECK(fit.sometimes == Approx(0.8).epsilon(0.01));
}

TEST_CASE("a few late requests that took oddly long tell no factor of their own") {
  std::vector<ComputingSample> samples;
  for (int i = 0; i < 20; ++i) samples.push_back(sample(0, 2));
  for (int i = 0; i < 4; ++i) samples.push_back(sample(1, 60));
  CHECK(fit_computing(samples, {}, true).always == Approx(1));
  CHECK(fit_computing(samples, {}, true).sometimes == Approx(1));
  samples.push_back(sample(1, 60));  // five do
  CHECK(fit_computing(samples, {}, true).sometimes == Approx(58));
  // Less than nothing for what only some run: one factor for all.
  for (int i = 0; i < 9; ++i) samples.push_back(sample(1, 1));
  CHECK(fit_computing(samples, {}, true).sometimes == fit_computing(samples, {}, true).always);
}

TEST_CASE("jobs that followed at once are one group, however many") {
  std::vector<ComputingSample> samples;
  for (int i = 0; i < 60; ++i) samples.push_back(sample(0, i < 20 ? 9 : 1, 0));
  for (int i = 0; i < 40; ++i) samples.push_back(sample(0, 2, 1 + i));
  const ComputingFit fit = fit_computing(samples, {}, true);
  REQUIRE(fit.rested.size() >= 2);
  CHECK(fit.rested[0].rest == Seconds(0));
  CHECK(fit.rested[0].share / fit.rested.back().share == Approx(0.5));
  CHECK(fit.rested[1].rest > Seconds(0));
}

TEST_CASE("rests are told by the medians of their groups, whichever factors go with them") {
  // Twice as long from 4 s of rest on as without, linear between; late requests come after any rest.
  std::vector<ComputingSample> samples;
  for (std::uint64_t id = 0; id < 960; ++id) {
    const double rest_s = 8 * uniform(2, RandomStream::kArrival, id);
    const double sometimes_s = id % 5 == 0 ? 2 : 0;
    const double share = 0.5 + 0.125 * std::min(4.0, rest_s);
    samples.push_back(sample(sometimes_s, share * (3 * 2 + 1 * sometimes_s) * (1 + 0.01 * scatter(id)), rest_s));
  }
  samples.push_back(sample(0, 99, std::numeric_limits<double>::infinity()));  // nothing was before
  const ComputingFit fit = fit_computing(samples, {}, true);
  REQUIRE(fit.rested.size() == 8);
  for (const double rest_s : {1.0, 2.0, 3.0, 5.0, 7.0}) {
    const double share = share_after(fit.rested, Seconds(rest_s));
    CHECK(share * fit.always == Approx(3 * (0.5 + 0.125 * std::min(4.0, rest_s))).epsilon(0.02));
    CHECK(fit.sometimes / fit.always == Approx(1.0 / 3).epsilon(0.05));
  }
  CHECK(fit.spread.quantiles[5].si() < 1.03);  // at 95 %: the rests are no spread
}

TEST_CASE("emulated computing knows no rests, and too few samples leave what was known") {
  const RestCurve known{{Seconds(0), 0.5}, {Seconds(2), 1}};
  std::vector<ComputingSample> samples;
  for (int i = 0; i < 23; ++i) samples.push_back(sample(0, 3, 1));
  const ComputingFit few = fit_computing(samples, known, true);
  CHECK(few.rested == known);
  CHECK(few.always == Approx(1.5 / 0.75));
  for (int i = 0; i < 40; ++i) samples.push_back(sample(0, 3, 2 + i));
  CHECK(fit_computing(samples, known, false).rested.empty());
  CHECK(fit_computing(samples, known, false).always == Approx(1.5));
}
