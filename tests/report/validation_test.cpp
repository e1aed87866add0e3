#include "report/validation.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/report/rows.h"

using namespace twinfer;
using doctest::Approx;

namespace {

// Three requests at 0 s; the slowest of `latencies_s` ends the run.
RunRows run_of(const std::vector<double>& latencies_s) {
  RunRows rows;
  for (std::uint64_t i = 0; i < latencies_s.size(); ++i) rows.results.push_back(returned_row(i, 0, latencies_s[i]));
  return rows;
}

}  // namespace

TEST_CASE("errors are relative to the reference, with its sign") {
  // P50 3 against 2; P95 3.9 against 3.8; throughput 3 / 4 against 3 / 4
  const Comparison c = compare_runs(run_of({1, 3, 4}), run_of({1, 2, 4}), 2);
  CHECK(*c.p50_error == Approx(0.5));
  CHECK(*c.p95_error == Approx(0.1 / 3.8));
  CHECK(*c.throughput_error == Approx(0));
  CHECK(*c.bytes_error == 0);
  CHECK(c.joined == 3);
  CHECK(c.unmatched == 0);
  CHECK(c.other_exits == 0);
  CHECK(*compare_runs(run_of({1, 2, 8}), run_of({1, 2, 4}), 2).throughput_error == Approx(-0.5));
}

TEST_CASE("runs are joined by request id, in whatever order they came back") {
  RunRows tested = run_of({1, 2, 3});
  std::swap(tested.results[0], tested.results[2]);
  RunRows reference = run_of({1, 2, 3, 4});
  reference.results[1].exit = 0;
  reference.results[2].status = Status::kFailed;
  const Comparison c = compare_runs(tested, reference, 2);
  CHECK(c.joined == 3);
  CHECK(c.unmatched == 1);
  CHECK(c.other_exits == 2);  // request 1 left elsewhere, request 2 did not return
}

TEST_CASE("differences of accuracy and of early exits are differences of shares") {
  RunRows tested = run_of({1, 1, 1, 1});
  RunRows reference = tested;
  tested.results[0].correct = false;
  reference.results[0].exit = 1;
  reference.results[1].exit = 0;
  const Comparison c = compare_runs(tested, reference, 2);
  CHECK(*c.accuracy_difference == Approx(-0.25));
  CHECK(*c.early_exit_difference == Approx(-0.5));
}

TEST_CASE("an error against zero is absent unless both are zero") {
  RunRows tested = run_of({1});
  RunRows reference = run_of({1});
  reference.results[0].bytes_sent = 0;
  CHECK_FALSE(compare_runs(tested, reference, 2).bytes_error);
  tested.results[0].bytes_sent = 0;
  CHECK(*compare_runs(tested, reference, 2).bytes_error == 0);
}

TEST_CASE("two runs of other samples cannot be compared") {
  RunRows other = run_of({1, 1});
  other.results[1].sample = 7;
  CHECK_THROWS_WITH_AS(compare_runs(run_of({1, 1}), other, 2), "request 1: `101`: the other run replays sample 7",
                       InputError);
}

TEST_CASE("components are compared by their means per request") {
  RunRows tested = run_of({1});
  tested.stages = {stage_row(0, 0, "pi", 0), stage_row(0, 1, "pc", 0)};
  RunRows reference = run_of({1});
  reference.stages = {stage_row(0, 0, "pi", 0)};
  const Comparison c = compare_runs(tested, reference, 2);
  REQUIRE(c.components.size() == kComponents.size());
  CHECK(c.components[6].name == "compute");
  CHECK(c.components[6].tested_s == Approx(0.064));
  CHECK(c.components[6].reference_s == Approx(0.032));
}
