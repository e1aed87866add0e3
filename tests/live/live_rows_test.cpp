// Rows from what workers with other clocks, and slowed ones, sent back.
#include "live/live_rows.h"

#include <array>

#include <doctest/doctest.h>

#include "tests/support/tiny.h"

namespace twinfer {
namespace {

constexpr std::int64_t kMs = 1'000'000;  // nanoseconds

SteadyTime at_ms(std::int64_t time) { return SteadyTime(std::chrono::milliseconds(time)); }

// A worker whose clock is so much ahead of the coordinator's.
ClockAlignment ahead_by_ms(std::int64_t offset) {
  ClockAlignment clock;
  clock.add_round({{0, offset * kMs, 0}});
  return clock;
}

// One request over two workers, dilated by 2. On the coordinator's clock:
//   run starts 5, arrival 10, admission 12
//   stage 0  ready 12, hop 13, encoded 14 | received 16, start 17, decoded 18, end 20
//   stage 1  ready 20, hop 21, encoded 23 | received 26, start 28, decoded 30, end 35
//   result taken up 36, back 40
// pi's clock is 1000 ms ahead, pc's 5000 ms.
struct TwoClocks {
  Scenario scenario;
  CostModel cost{scenario.graph, scenario.platform, scenario.profiles};
  Plan plan;
  std::map<DeviceId, ClockAlignment> clocks{{0, ahead_by_ms(1000)}, {1, ahead_by_ms(5000)}};
  EndedRequest ended{{}, at_ms(10), at_ms(12), at_ms(40), wire::Result(), ""};

  TwoClocks() : scenario(tiny::scenario(world())) {
    plan.stages = {{0, 1, 1}, {1, 2, 2}};
    ended.result->set_exit(0);
    ended.result->set_start_ns(5036 * kMs);
    add_stage({12, 13, 14, 1016, 1017, 1018, 1020}, 1024);
    add_stage({1020, 1021, 1023, 5026, 5028, 5030, 5035}, 512);
  }

  static tiny::World world() {
    return {tiny::chain({1024, 512, 4}), tiny::mesh({"pi", "pc"}, 1e9), {{0, 1, 1}, {0, 1, 1}}};
  }
  void add_stage(const std::array<std::int64_t, 7>& times_ms, std::uint64_t bytes) {
    wire::StageTimes& times = *ended.result->add_stages();
    times.set_ready_ns(times_ms[0] * kMs);
    times.set_hop_start_ns(times_ms[1] * kMs);
    times.set_encoded_ns(times_ms[2] * kMs);
    times.set_received_ns(times_ms[3] * kMs);
    times.set_start_ns(times_ms[4] * kMs);
    times.set_decoded_ns(times_ms[5] * kMs);
    times.set_end_ns(times_ms[6] * kMs);
    times.set_tensor_bytes(bytes);
  }
  [[nodiscard]] RowContext context() const { return {scenario, plan, cost, clocks, at_ms(5), 2}; }
};

void check_stage(const StageRow& row, const StageRow& expected) {
  CHECK(row.stage == expected.stage);
  CHECK(row.device == expected.device);
  CHECK(row.hop_start_s == doctest::Approx(expected.hop_start_s));
  CHECK(row.hop_wait_s == doctest::Approx(expected.hop_wait_s));
  CHECK(row.encode_s == doctest::Approx(expected.encode_s));
  CHECK(row.transfer_s == doctest::Approx(expected.transfer_s));
  CHECK(row.queue_s == doctest::Approx(expected.queue_s));
  CHECK(row.compute_start_s == doctest::Approx(expected.compute_start_s));
  CHECK(row.decode_s == doctest::Approx(expected.decode_s));
  CHECK(row.compute_s == doctest::Approx(expected.compute_s));
  CHECK(row.hop_bytes == expected.hop_bytes);
}

TEST_CASE_FIXTURE(TwoClocks, "a stage's times are read on the clocks of its sender and its receiver, and scaled back") {
  const std::vector<StageRow> rows = make_stage_rows(context(), ended);
  REQUIRE(rows.size() == 2);
  // Halves of the differences above, hop and compute since the run's start.
  check_stage(rows[0], {0, 0, "pi", 0.004, 0.0005, 0.0005, 0.001, 0.0005, 0.006, 0.0005, 0.001, 1024});
  check_stage(rows[1], {0, 1, "pc", 0.008, 0.0005, 0.001, 0.0015, 0.001, 0.0115, 0.001, 0.0025, 512});
}

TEST_CASE_FIXTURE(TwoClocks, "a message whose bytes waited for those before them is taken up when the wire is free") {
  // The link has no latency, messages no overhead: the one before reached pc at 24 on the
  // coordinator's clock, so this one, encoded for 2, was taken up at 22 instead of 21.
  ended.result->mutable_stages(1)->set_behind_ns(5024 * kMs);
  check_stage(make_stage_rows(context(), ended)[1],
              {0, 1, "pc", 0.0085, 0.001, 0.001, 0.001, 0.001, 0.0115, 0.001, 0.0025, 512});
  // One that came long before changes nothing.
  ended.result->mutable_stages(1)->set_behind_ns(5010 * kMs);
  CHECK(make_stage_rows(context(), ended)[1].hop_start_s == doctest::Approx(0.008));
}

TEST_CASE_FIXTURE(TwoClocks, "a latency lies behind a message's bytes, and does not keep the next one waiting") {
  // 1 ms of it, dilated to 2: what came at 24 had left at 22, when this one was encoded already for 1.
  scenario.platform.links[0].latency = Seconds(0.001);
  ended.result->mutable_stages(1)->set_behind_ns(5024 * kMs);
  CHECK(make_stage_rows(context(), ended)[1].hop_start_s == doctest::Approx(0.008));
  ended.result->mutable_stages(1)->set_behind_ns(5026 * kMs);
  CHECK(make_stage_rows(context(), ended)[1].hop_start_s == doctest::Approx(0.0085));
}

TEST_CASE_FIXTURE(TwoClocks, "a result's wait and return are read on the clock of who computed it") {
  const ResultRow row = make_result_row(context(), ended);
  CHECK(row.status == Status::kOk);
  CHECK(row.arrival_s == doctest::Approx(0.0025));
  CHECK(row.admission_s == doctest::Approx(0.001));
  CHECK(row.latency_s == doctest::Approx(0.015));
  CHECK(row.result_wait_s == doctest::Approx(0.0005));
  CHECK(row.result_return_s == doctest::Approx(0.002));
  CHECK(row.bytes_sent == 512 + kResultBytes.si());  // the input stays on pi
}

TEST_CASE_FIXTURE(TwoClocks, "a failed request has its reason and no stages") {
  ended.error = "lost";
  CHECK(make_stage_rows(context(), ended).empty());
  const ResultRow row = make_result_row(context(), ended);
  CHECK(row.status == Status::kFailed);
  CHECK(row.error == "lost");
  CHECK(row.latency_s == doctest::Approx(0.015));
}

}  // namespace
}  // namespace twinfer
