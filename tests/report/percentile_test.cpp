#include "report/percentile.h"

#include <doctest/doctest.h>

using namespace twinfer;

TEST_CASE("ten requests must lie beyond a percentile") {
  CHECK(requests_needed(50) == 20);
  CHECK(requests_needed(90) == 100);
  CHECK(requests_needed(95) == 200);
  CHECK(requests_needed(97) == 334);  // 1000 / 3 = 333.3
  CHECK(requests_needed(99) == 1000);
}

TEST_CASE("a percentile of too few requests is no number") {
  std::vector<double> samples(19, 1.0);
  CHECK_FALSE(borne_percentile(samples, 50));
  CHECK_FALSE(borne_percentile({}, 50));
  samples.push_back(2.0);
  CHECK(borne_percentile(samples, 50) == 1.0);
  samples.assign(999, 1.0);
  CHECK_FALSE(borne_percentile(samples, 99));
  CHECK(borne_percentile(samples, 95) == 1.0);
}
