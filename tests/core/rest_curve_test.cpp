#include "core/rest_curve.h"

#include <limits>

#include <doctest/doctest.h>

using namespace twinfer;

TEST_CASE("a curve is linear between its points and constant outside") {
  const RestCurve curve{{Seconds(1), 0.5}, {Seconds(3), 1}};
  CHECK(share_after(curve, Seconds(0)) == 0.5);
  CHECK(share_after(curve, Seconds(1)) == 0.5);
  CHECK(share_after(curve, Seconds(2)) == 0.75);
  CHECK(share_after(curve, Seconds(3)) == 1);
  CHECK(share_after(curve, Seconds(std::numeric_limits<double>::infinity())) == 1);
  CHECK(share_after({}, Seconds(2)) == 1);
}

TEST_CASE("a curve is read as it was written") {
  const RestCurve curve{{Seconds(0), 1.0 / 3}, {Seconds(0.1 + 0.2), 1e-5}, {Seconds(4), 1}};
  CHECK(parse_rest_curve(rest_curve_text(curve)) == curve);
}

TEST_CASE("what is no curve is not read as one") {
  for (const char* wrong :
       {"", " ", "1", "0:", "0:1,2", "-1:1", "0:nan", "0:0", "0:-1", "inf:1", "0:1 0:2", "1:1 0:2", "0:1 x", "0;1"})
    CHECK_MESSAGE(!parse_rest_curve(wrong), wrong);
}
