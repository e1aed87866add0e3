#include "live/pacer.h"

#include <doctest/doctest.h>

namespace twinfer {
namespace {

using std::chrono::milliseconds;

const SteadyTime kStart = SteadyTime{} + std::chrono::hours(1);

TEST_CASE("work on an idle resource begins when it is ready") {
  Pacer pacer;
  CHECK(pacer.begin(kStart) == kStart);
  CHECK(pacer.book(kStart, Seconds(0.010)) == kStart + milliseconds(10));
  CHECK(pacer.begin(kStart + milliseconds(25)) == kStart + milliseconds(25));
}

TEST_CASE("work that waited begins at the planned end of the work before it") {
  Pacer pacer;
  pacer.book(kStart, Seconds(0.010));
  CHECK(pacer.begin(kStart + milliseconds(4)) == kStart + milliseconds(10));
}

TEST_CASE("a pad is late beyond a tenth of its cost, if that is more than is forgiven") {
  PadCounts counts;
  const SteadyTime planned = kStart;
  // 100 ms: 10 ms are allowed. 1 ms: a tenth is 0.1 ms, 0.5 ms are forgiven.
  Pacer::count(counts, Seconds(0.1), planned, planned + milliseconds(9));
  Pacer::count(counts, Seconds(0.001), planned, planned + std::chrono::microseconds(400));
  CHECK(counts.late == 0);
  Pacer::count(counts, Seconds(0.1), planned, planned + milliseconds(11));
  Pacer::count(counts, Seconds(0.001), planned, planned + std::chrono::microseconds(600));
  CHECK(counts.pads == 4);
  CHECK(counts.late == 2);
}

}  // namespace
}  // namespace twinfer
