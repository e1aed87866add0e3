// Computing made from known factors, and what a fit finds of them.
#include "core/computing_fit.h"

#include <doctest/doctest.h>

#include "core/random.h"

using namespace twinfer;
using doctest::Approx;

namespace {

// In [-1, 1).
double scatter(std::uint64_t id) { return 2 * uniform(1, RandomStream::kCompute, id) - 1; }

ComputingSample sample(double sometimes_s, double measured_s) {
  return {Seconds(2), Seconds(sometimes_s), Seconds(measured_s)};
}

}  // namespace

TEST_CASE("requests that all run the same tell one factor, and their spread about it") {
  std::vector<ComputingSample> samples;
  for (const double ratio : {0.9, 1.0, 1.5, 1.2, 1.1}) samples.push_back(sample(1, 3 * 2 * ratio));
  const ComputingFit fit = fit_computing(samples);
  CHECK(fit.always == Approx(2.2));
  CHECK(fit.sometimes == Approx(2.2));
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
  const ComputingFit fit = fit_computing(samples);
  CHECK(fit.always == Approx(1.5).epsilon(0.01));
  CHECK(fit.sometimes == Approx(0.8).epsilon(0.01));
}

TEST_CASE("a few late requests that took oddly long tell no factor of their own") {
  std::vector<ComputingSample> samples;
  for (int i = 0; i < 20; ++i) samples.push_back(sample(0, 2));
  for (int i = 0; i < 4; ++i) samples.push_back(sample(1, 60));
  CHECK(fit_computing(samples).always == Approx(1));
  CHECK(fit_computing(samples).sometimes == Approx(1));
  samples.push_back(sample(1, 60));  // five do
  CHECK(fit_computing(samples).sometimes == Approx(58));
  // Less than nothing for what only some run: one factor for all.
  for (int i = 0; i < 9; ++i) samples.push_back(sample(1, 1));
  CHECK(fit_computing(samples).sometimes == fit_computing(samples).always);
}
