#include "report/summary.h"

#include <doctest/doctest.h>

#include "tests/report/rows.h"

using namespace twinfer;
using doctest::Approx;

TEST_CASE("a quantile lies on the line between its neighbours, as pandas has it") {
  // numpy.quantile([1, 2, 4, 8], [0, .5, .95, 1]) = 1, 3, 7.4, 8:
  // position .5 * 3 = 1.5 -> 2 + .5 * 2; position .95 * 3 = 2.85 -> 4 + .85 * 4
  const std::vector<double> samples{8, 1, 4, 2};
  CHECK(quantile(samples, 0) == 1);
  CHECK(quantile(samples, 0.5) == Approx(3));
  CHECK(quantile(samples, 0.95) == Approx(7.4));
  CHECK(quantile(samples, 1) == 8);
  CHECK(quantile({5}, 0.95) == 5);
}

TEST_CASE("a summary counts each status and takes latencies of returned requests only") {
  ResultRow missed = returned_row(2, 2, 6, 0, false);
  missed.status = Status::kMissed;
  ResultRow dropped = failed_row(4, 4);
  dropped.status = Status::kDropped;
  const std::vector<ResultRow> rows{returned_row(0, 0.5, 1), returned_row(1, 1, 3, 1), missed, failed_row(3, 3),
                                    dropped};
  const Summary summary = summarise(rows, 2);

  CHECK(summary.requests == 5);
  CHECK(summary.ok == 1);
  CHECK(summary.exited == 1);
  CHECK(summary.missed == 1);
  CHECK(summary.failed == 1);
  CHECK(summary.dropped == 1);
  CHECK(summary.returned == 3);
  // latencies 1, 3, 6
  CHECK(*summary.p50_s == Approx(3));
  CHECK(*summary.p95_s == Approx(5.7));
  CHECK(*summary.p99_s == Approx(5.94));
  CHECK(*summary.mean_s == Approx(10.0 / 3));
  // 3 returned between 0.5 and 2 + 6
  CHECK(*summary.throughput_hz == Approx(3 / 7.5));
  CHECK(*summary.accuracy == Approx(2.0 / 3));
  // exits 2 (final), 1 and 0: a late early exit is still an early exit
  CHECK(*summary.early_exit_share == Approx(2.0 / 3));
  CHECK(*summary.bytes_per_request == 1000);
  CHECK(summary.bytes_total == 3000);
}

TEST_CASE("throughput starts at the first arrival, also of a request that failed") {
  // 1 returned between 0 and 4 + 1
  const Summary summary = summarise({failed_row(0, 0), returned_row(1, 4, 1)}, 2);
  CHECK(*summary.throughput_hz == Approx(1.0 / 5));
}

TEST_CASE("a summary of nothing returned has no latency, throughput or accuracy") {
  const Summary summary = summarise({failed_row(0, 0)}, 2);
  CHECK(summary.failed == 1);
  CHECK_FALSE(summary.p50_s);
  CHECK_FALSE(summary.throughput_hz);
  CHECK_FALSE(summary.accuracy);
  CHECK_FALSE(summary.early_exit_share);
  CHECK_FALSE(summary.bytes_per_request);
}

TEST_CASE("accuracy is over the requests whose class is known") {
  // one right of two known
  const Summary summary =
      summarise({returned_row(0, 0, 1), returned_row(1, 0, 1, 2, false), returned_row(2, 0, 1, 2, std::nullopt)}, 2);
  CHECK(*summary.accuracy == Approx(0.5));
}

TEST_CASE("the mean components of a request add up to its mean latency") {
  // Request 0 runs two stages, request 1 one, request 2 fails on its way:
  // (3 stages of 1 + 2 + 4 + 8 + 16 + 32 ms) / 2 requests
  RunRows rows;
  rows.results = {returned_row(0, 0, 0.126 + 0.1), returned_row(1, 0, 0.063 + 0.2), failed_row(2, 0)};
  rows.results[0].admission_s = 0.1;
  rows.results[1].result_wait_s = 0.15;
  rows.results[1].result_return_s = 0.05;
  rows.stages = {stage_row(0, 0, "pi", 0), stage_row(0, 1, "pc", 0), stage_row(1, 0, "pi", 0),
                 stage_row(2, 0, "pi", 0)};
  const Components mean = mean_components(rows);

  CHECK(mean.admission_s == Approx(0.05));
  CHECK(mean.hop_wait_s == Approx(0.0015));
  CHECK(mean.encode_s == Approx(0.003));
  CHECK(mean.transfer_s == Approx(0.006));
  CHECK(mean.queue_s == Approx(0.012));
  CHECK(mean.decode_s == Approx(0.024));
  CHECK(mean.compute_s == Approx(0.048));
  CHECK(mean.result_wait_s == Approx(0.075));
  CHECK(mean.result_return_s == Approx(0.025));

  double total = 0;
  for (const auto& [name, member] : kComponents) total += mean.*member;
  CHECK(total == Approx(*summarise(rows.results, 2).mean_s));
}

TEST_CASE("components about a percentile are those of the requests around it, and add up to its latency") {
  // 100 requests: the i-th waits i ms, and computes 1 ms if it is one of the last ten.
  RunRows rows;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const double compute_s = i >= 90 ? 0.001 : 0;
    rows.results.push_back(returned_row(i, 0, static_cast<double>(i) * 0.001 + compute_s));
    StageRow& stage = rows.stages.emplace_back();
    stage.request = i;
    stage.queue_s = static_cast<double>(i) * 0.001;
    stage.compute_s = compute_s;
  }
  // Ranks 45 to 54, 90 to 99, and 98 to 99
  CHECK(components_about(rows, 50).queue_s == Approx(0.0495));
  CHECK(components_about(rows, 50).compute_s == 0);
  CHECK(components_about(rows, 95).queue_s == Approx(0.0945));
  CHECK(components_about(rows, 95).compute_s == Approx(0.001));
  CHECK(components_about(rows, 99).queue_s == Approx(0.0985));
  CHECK(components_about({}, 50).queue_s == 0);
}
