#include "report/fidelity.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/report/worlds.h"

using namespace twinfer;
using doctest::Approx;

TEST_CASE("an error is relative to the mean of the live runs, noise is their distance") {
  // Means: 4.5 ms of waiting and 10, 11 or 13 ms of computing
  const Fidelity f = compare_worlds({world_of(40, 0.010)}, {world_of(40, 0.011), world_of(40, 0.013)}, kQuestion);
  const MeasureError& mean = f.of("mean_latency_s");
  CHECK(*mean.simulated == Approx(0.0145));
  CHECK(*mean.live == Approx(0.0165));
  CHECK(*mean.error == Approx(0.0145 / 0.0165 - 1));
  CHECK(*mean.noise == Approx(0.002 / 0.0165));
  CHECK(*mean.in_noise() == Approx(1));  // 2 ms against 2 ms
  CHECK(*f.of("accuracy").error == 0);
  CHECK(f.joined == 80);
  CHECK(f.other_exits == 0);
}

TEST_CASE("of three live runs the noise is the mean over their pairs") {
  // Distances 1, 2 and 3 ms
  const Fidelity f =
      compare_worlds({world_of(40, 0.010)}, {world_of(40, 0.010), world_of(40, 0.011), world_of(40, 0.013)}, kQuestion);
  CHECK(*f.of("mean_latency_s").noise == Approx(0.002 / (0.0045 + 0.034 / 3)));
}

TEST_CASE("of several simulations the mean is the prediction") {
  // 14.5 and 18.5 ms against 16.5 ms
  const Fidelity f = compare_worlds({world_of(40, 0.010), world_of(40, 0.014)}, {world_of(40, 0.012)}, kQuestion);
  CHECK(*f.of("mean_latency_s").simulated == Approx(0.0165));
  CHECK(*f.of("mean_latency_s").error == Approx(0));
  CHECK(f.mean.error_s() == Approx(0));
  CHECK(f.joined == 40);
  CHECK(f.requests == 40);
  REQUIRE(f.of("mean_latency_s").interval);
  CHECK(f.of("mean_latency_s").interval->low == Approx(0));
  // One that lost a request bears no P50 any more, and so the prediction.
  RunRows lost = world_of(20, 0.010);
  lost.results[0].status = Status::kFailed;
  const Fidelity less = compare_worlds({world_of(20, 0.010), lost}, {world_of(20, 0.010)}, kQuestion);
  CHECK_FALSE(less.of("p50_latency_s").simulated);
  CHECK(less.failed_simulated == 1);
  CHECK(less.least_returned == 19);
}

TEST_CASE("one live run has no noise floor") {
  const Fidelity f = compare_worlds({world_of(40, 0.010)}, {world_of(40, 0.010)}, kQuestion);
  CHECK(*f.of("p50_latency_s").error == 0);
  CHECK_FALSE(f.of("p50_latency_s").noise);
  CHECK_FALSE(f.of("p50_latency_s").in_noise());
}

TEST_CASE("a percentile is absent where a run returned too few requests for it") {
  RunRows live = world_of(20, 0.010);
  CHECK(compare_worlds({world_of(20, 0.010)}, {live}, kQuestion).of("p50_latency_s").error);
  live.results[0].status = Status::kFailed;
  const Fidelity f = compare_worlds({world_of(20, 0.010)}, {live}, kQuestion);
  CHECK(f.of("p50_latency_s").simulated);
  CHECK_FALSE(f.of("p50_latency_s").live);
  CHECK_FALSE(f.of("p50_latency_s").error);
  CHECK(f.least_returned == 19);
  CHECK(f.failed_measured == 1);
  const Fidelity many = compare_worlds({world_of(200, 0.010)}, {world_of(200, 0.010)}, kQuestion);
  CHECK(many.of("p95_latency_s").error);
  CHECK_FALSE(many.of("p99_latency_s").error);
}

TEST_CASE("deadline attainment counts requests that returned in time, of all") {
  RunRows live = world_of(20, 0.010);
  live.results[0].status = Status::kMissed;
  live.results[1].status = Status::kDropped;
  const FidelityQuestion deadline{2, true, 1};
  const Fidelity f = compare_worlds({world_of(20, 0.010)}, {live}, deadline);
  CHECK(*f.of("deadline_attainment").live == Approx(0.9));
  CHECK(*f.of("deadline_attainment").error == Approx(0.1));  // of shares
  CHECK_FALSE(compare_worlds({world_of(20, 0.010)}, {live}, kQuestion).of("deadline_attainment").error);
}

TEST_CASE("the interval of an error knows that both worlds met the same requests") {
  // Every request takes 10 % longer live, so every resample has the same error
  RunRows live = world_of(100, 0.010);
  for (ResultRow& row : live.results) row.latency_s *= 1.1;
  const Fidelity f = compare_worlds({world_of(100, 0.010)}, {live}, kQuestion);
  for (const char* measure : {"mean_latency_s", "p50_latency_s", "p90_latency_s"}) {
    REQUIRE(f.of(measure).interval);
    CHECK(f.of(measure).interval->low == Approx(1 / 1.1 - 1));
    CHECK(f.of(measure).interval->high == Approx(1 / 1.1 - 1));
  }
  CHECK_FALSE(f.of("p95_latency_s").interval);
  CHECK_FALSE(f.of("throughput_hz").interval);
}

TEST_CASE("the interval of an error holds it where requests differ") {
  RunRows live = world_of(200, 0.010);
  for (ResultRow& row : live.results) row.latency_s += static_cast<double>(row.request % 7) * 1e-3;
  const MeasureError mean = compare_worlds({world_of(200, 0.010)}, {live}, kQuestion).of("mean_latency_s");
  CHECK(mean.interval->low < *mean.error);
  CHECK(mean.interval->high > *mean.error);
  CHECK(mean.interval->high - mean.interval->low < 0.05);
}

TEST_CASE("the culprit of an error is the component that is off by most, at the percentile in question") {
  // Waiting is twice as long: 2 x 4.5 instead of 4.5 ms on average; about the P95, ranks 90 to 100 of
  // each run, 9 ms. Computing is 1 ms less.
  const Fidelity f = compare_worlds({world_of(200, 0.009, 2)}, {world_of(200, 0.010)}, kQuestion);
  CHECK(culprit_text(f, 0) == "queue +4.50 ms of +3.50 ms");
  CHECK(kValidated[3].words == std::string("P95"));
  CHECK(culprit_text(f, 3) == "queue +9.00 ms of +8.00 ms");
  CHECK(f.mean.worst().name == "queue");
  CHECK(f.mean.error_s() == Approx(0.0035));
}

TEST_CASE("worlds that replay other samples cannot be compared") {
  RunRows live = world_of(20, 0.010);
  live.results[3].sample = 7;
  CHECK_THROWS_WITH_AS(compare_worlds({world_of(20, 0.010)}, {live}, kQuestion),
                       "request 3: `103`: the other run replays sample 7", InputError);
}
