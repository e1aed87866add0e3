#include "report/statistics.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <doctest/doctest.h>

namespace twinfer {
namespace {

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-6); }

TEST_CASE("the interval of a mean is Student's") {
  // 1, 2, 3: variance 1, standard error 1 / sqrt 3, t(0.975; 2) = 4.302653
  const Estimate three = estimate_mean({1, 2, 3});
  CHECK(three.mean == 2);
  CHECK(three.count == 3);
  CHECK(three.half_width.value() == about(4.302653 / std::sqrt(3.0)));
  CHECK_FALSE(estimate_mean({5}).half_width.has_value());
  CHECK(estimate_mean({4, 4}).half_width == 0);
}

TEST_CASE("the interval holds the true mean in 95 of 100 cases") {
  std::mt19937_64 random(1);
  std::normal_distribution<double> draw(3, 2);
  int held = 0;
  for (int experiment = 0; experiment < 4000; ++experiment) {
    std::vector<double> values;
    for (int i = 0; i < 5; ++i) values.push_back(draw(random));
    const Estimate estimate = estimate_mean(values);
    held += std::abs(estimate.mean - 3) <= *estimate.half_width ? 1 : 0;
  }
  CHECK(held > 3745);  // 3800 expected, standard deviation 14
  CHECK(held < 3855);
}

TEST_CASE("the signed-rank test counts sign patterns") {
  // Five of one sign: 2 of 32 patterns are as far out.
  CHECK(signed_rank_p({1, 2, 3, 4, 5}) == about(2.0 / 32));
  CHECK(signed_rank_p({-1, -2, -3, -4, -5}) == about(2.0 / 32));
  // Sum 14 of 15: 15, 14, 1 and 0 are as far out, one pattern each.
  CHECK(signed_rank_p({-1, 2, 3, 4, 5}) == about(4.0 / 32));
  CHECK(signed_rank_p({0, 0, 0}) == 1);
  CHECK(signed_rank_p({}) == 1);
  CHECK(signed_rank_p({0, 7}) == 1);  // one difference: both patterns
}

TEST_CASE("equal differences share their rank") {
  // Ranks 1.5, 1.5, 3. The sums are 0 1.5 1.5 3 3 4.5 4.5 6 around 3; at 6 - 1.5 = 4.5 six of eight are as far.
  CHECK(signed_rank_p({-1, 1, 2}) == about(6.0 / 8));
}

TEST_CASE("beyond 25 differences the normal approximation goes on where the exact count ends") {
  // 26 differences 1 to 26 with -1 ... -6 negative: W = 351 - 21 = 330, mean 175.5, variance
  // 26 * 27 * 53 / 24 = 1550.25, z = 154.5 / 39.3732 = 3.92399, p = 8.71e-5.
  std::vector<double> differences;
  for (int i = 1; i <= 26; ++i) differences.push_back(i <= 6 ? -i : i);
  CHECK(signed_rank_p(differences) == doctest::Approx(8.71e-5).epsilon(0.005));
}

TEST_CASE("Holm's correction grows with what is left and never falls") {
  // 0.01 * 3, 0.02 * 2 and 0.03 * 1 below that: 0.03, 0.04, 0.04.
  CHECK(holm_corrected({0.03, 0.01, 0.02}) == std::vector<double>{0.04, 0.03, 0.04});
  CHECK(holm_corrected({0.6, 0.9}) == std::vector<double>{1, 1});
  CHECK(holm_corrected({}).empty());
}

}  // namespace
}  // namespace twinfer
