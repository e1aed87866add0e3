// What the rows of a run used, and what that costs, by hand.
//
// All numbers are sums of powers of two unless a case says otherwise, so they are met
// exactly.
#include "core/run_usage.h"

#include <vector>

#include <doctest/doctest.h>

#include "tests/support/tiny.h"

using namespace twinfer;

namespace {

using Times = std::map<unsigned, Seconds>;

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-9); }

// pi and pc have 4 cores. Above rest pi draws 2 W with one at work, 4 W with two:
// (11 - 3) / 4 a core. pc draws 26 - 20 + (42 - 26) / 4 = 10 W with one, 14 W with two,
// 22 W with all. pi and pc are joined by 256 B/s and 4 W, pc and tv by 128 B/s and 2 W.
struct PoweredRun {
  PoweredRun() {
    platform.devices[0].power = DevicePower{Watts(3), Watts(3), Watts(11)};
    platform.devices[1].power = DevicePower{Watts(20), Watts(26), Watts(42)};
    platform.devices[2].power = DevicePower{Watts(1), Watts(1), Watts(5)};
    platform.links[0].power = LinkPower{Watts(1), Watts(5)};
    platform.links[1].power = LinkPower{Watts(0), Watts(2)};
  }
  // A request that arrived at 0 and has a row for each stage that it reached.
  void add(Status status, const std::vector<StageRow>& stages) {
    ResultRow& result = rows.results.emplace_back();
    result.request = rows.results.size() - 1;
    result.status = status;
    for (StageRow row : stages) {
      row.request = result.request;
      rows.stages.push_back(row);
    }
  }
  [[nodiscard]] Usage usage() const { return usage_of(rows, platform, 0); }
  [[nodiscard]] double energy_j(unsigned threads = 1) const { return energy_of(platform, usage(), threads).si(); }

  Platform platform = tiny::network({"pi", "pc", "tv"}, {{0, 1, 256}, {1, 2, 128}, {0, 2, 64}});
  RunRows rows;
};

// Encodes from `hop_start_s` on, computes from `compute_start_s` on.
StageRow stage(std::uint64_t number, const char* device, double hop_start_s, double encode_s, double compute_start_s,
               double decode_s, double compute_s, double hop_bytes) {
  StageRow row;
  row.stage = number;
  row.device = device;
  row.hop_start_s = hop_start_s;
  row.encode_s = encode_s;
  row.compute_start_s = compute_start_s;
  row.decode_s = decode_s;
  row.compute_s = compute_s;
  row.hop_bytes = hop_bytes;
  return row;
}

}  // namespace

TEST_CASE_FIXTURE(PoweredRun,
                  "a request that never left the queue uses nothing, and the source takes part all the same") {
  add(Status::kDropped, {});
  add(Status::kFailed, {});
  CHECK(usage().computing == std::map<DeviceId, Times>{{0, {}}});
  CHECK(usage().carried.empty());
  CHECK(energy_j() == 0);
}

TEST_CASE_FIXTURE(PoweredRun,
                  "a busy device costs its watts above rest, not while a request waits, and no link on one device") {
  // Encoding 0 to 1/8 and computing 4 to 6 1/4, both on pi: 2 W x (1/8 + 1/4 + 2). The
  // tensor's 1024 B and the result stay on pi.
  add(Status::kOk, {stage(0, "pi", 0, 0.125, 4, 0.25, 2, 1024)});
  CHECK(usage().computing == std::map<DeviceId, Times>{{0, {{1, Seconds(2.375)}}}});
  CHECK(usage().carried.empty());
  CHECK(energy_j() == 4.75);
}

TEST_CASE_FIXTURE(PoweredRun,
                  "a transfer costs the sender's encoding, the receiver's decoding and every link by its bytes") {
  // pi: 2 W x (1/8 + 1/16 + 2 + 1/8) = 4.625; pc: 10 W x (1/16 + 1/2 + 1/8) = 6.875, the last of it
  // encoding for tv; tv: 1 W x (1/16 + 1) = 1.0625; 4 W x 512 / 256 = 8, 2 W x 768 / 128 = 12;
  // the result, 256 B from tv to pi over a link that states no watts: 0.
  add(Status::kOk, {stage(0, "pi", 0, 0.125, 1, 0.0625, 2, 1024), stage(1, "pc", 4, 0.125, 8, 0.0625, 0.5, 512),
                    stage(2, "tv", 10, 0.125, 20, 0.0625, 1, 768)});
  CHECK(usage().carried == std::map<std::pair<DeviceId, DeviceId>, Bytes>{
                               {{0, 1}, Bytes(512)}, {{1, 2}, Bytes(768)}, {{2, 0}, Bytes(256)}});
  CHECK(energy_j() == 4.625 + 6.875 + 1.0625 + 8 + 12);
  CHECK(device_energy(platform, usage(), 1, 1).si() == 6.875);
  CHECK(links_energy(platform, usage()).si() == 20);
}

TEST_CASE_FIXTURE(PoweredRun, "two devices at work at the same time cost as much as one after the other") {
  // Request 0 on pc from 2 to 4, request 1 on pi from 2 to 4: 10 W x 2 + 2 W x 2, and 2 W x 2 for
  // request 0 on pi before; the links 4 W x (128 + 256) / 256.
  add(Status::kOk, {stage(0, "pi", 0, 0, 0, 0, 2, 0), stage(1, "pc", 2, 0, 2, 0, 2, 128)});
  add(Status::kOk, {stage(0, "pi", 0, 0, 2, 0, 2, 0)});
  CHECK(energy_j() == 20 + 8 + 6);
}

TEST_CASE_FIXTURE(PoweredRun, "jobs at once on one device draw by its busy cores, and the first step to work once") {
  // pc computes from 0 to 4, encodes its next message from 2 to 3 and computes for another request from
  // 2 to 6: one job for 2 + 2 s, two for 1 s, three for 1 s. 10 W x 4 + 14 W x 1 + 18 W x 1.
  platform.links[0].power.reset();
  add(Status::kFailed, {stage(0, "pc", 0, 0, 0, 0, 4, 0), stage(1, "pc", 2, 1, 9, 0, 0, 0)});
  add(Status::kFailed, {stage(0, "pc", 0, 0, 2, 1, 3, 0)});
  CHECK(usage().computing.at(1) == Times{{1, Seconds(4)}, {2, Seconds(1)}, {3, Seconds(1)}});
  CHECK(energy_j() == 10 * 4 + 14 + 18);
  // With 3 threads a job, 2 jobs already want 6 of 4 cores: 18 W x 4 + 22 W x 2.
  CHECK(energy_j(3) == 18 * 4 + 22 * 2);
}

TEST_CASE_FIXTURE(PoweredRun, "jobs that follow one another without a gap are never two at once") {
  add(Status::kFailed, {stage(0, "pi", 0, 0, 0, 0, 0.1, 0)});
  add(Status::kFailed, {stage(0, "pi", 0, 0, 0.1, 0, 0.2, 0)});
  CHECK(usage().computing.at(0).size() == 1);
  CHECK(energy_j() == about(2 * 0.3));
}

TEST_CASE_FIXTURE(PoweredRun, "a job too short to move the clock is none") {
  // Doubles near 100000 lie 1.5e-11 apart: 1e-12 later is the same time. Only the 2 s after it count.
  REQUIRE(1e5 + 1e-12 == 1e5);
  add(Status::kFailed, {stage(0, "pi", 0, 0, 1e5, 0, 1e-12, 0)});
  CHECK(usage().computing == std::map<DeviceId, Times>{{0, {}}});
  add(Status::kFailed, {stage(0, "pi", 0, 0, 1e5, 0, 2, 0)});
  CHECK(usage().computing == std::map<DeviceId, Times>{{0, {{1, Seconds(2)}}}});
}

TEST_CASE_FIXTURE(PoweredRun, "replicas cost what they did in their turns, each on its own way") {
  // Turns of pi and pc. Twice on pi: 2 x 2 W x (1/8 + 1). Once on pc: encoding 2 W x 1/8 on pi,
  // 10 W x 1/2 there, 4 W x (1024 + 256) / 256.
  add(Status::kOk, {stage(0, "pi", 0, 0.125, 1, 0, 1, 1024)});
  add(Status::kOk, {stage(0, "pc", 1, 0.125, 8, 0, 0.5, 1024)});
  add(Status::kOk, {stage(0, "pi", 9, 0.125, 16, 0, 1, 1024)});
  CHECK(energy_j() == 4.5 + 0.25 + 5 + 20);
}

TEST_CASE_FIXTURE(PoweredRun, "an early exit costs nothing behind it, its result comes from where it left") {
  // On pi 2 W x 2, then pc 10 W x 1/2 and the cut 4 W x 512 / 256; back from pc 4 W x 256 / 256. tv
  // never saw it and takes no part.
  add(Status::kExited, {stage(0, "pi", 0, 0, 0, 0, 2, 1024), stage(1, "pc", 2, 0, 4, 0, 0.5, 512)});
  CHECK_FALSE(usage().computing.contains(2));
  CHECK(energy_j() == 4 + 5 + 8 + 4);
}

TEST_CASE_FIXTURE(PoweredRun, "a request lost to a failing device costs what it used until then, and no result") {
  // 2 W x 2 on pi, 4 W x 512 / 256 to pc, 10 W x 1/4 of decoding there before pc was gone.
  add(Status::kFailed, {stage(0, "pi", 0, 0, 0, 0, 2, 1024), stage(1, "pc", 2, 0, 4, 0.25, 0, 512)});
  // A late result still travelled: 2 W x 1 and 10 W x 1, 4 W x (128 + 256) / 256.
  add(Status::kMissed, {stage(0, "pi", 0, 0, 2, 0, 1, 1024), stage(1, "pc", 3, 0, 5, 0, 1, 128)});
  CHECK(energy_j() == (4 + 8 + 2.5) + (2 + 10 + 6));
}
