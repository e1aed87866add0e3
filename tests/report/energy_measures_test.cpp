// Energy and cost of a run among its measures, by hand.
#include <doctest/doctest.h>

#include "report/measures.h"
#include "tests/support/tiny.h"

using namespace twinfer;

namespace {

doctest::Approx about(double value) { return doctest::Approx(value).epsilon(1e-9); }

// pi draws 3 W at rest and 2 W more with one of its 4 cores at work, pc 20 W and
// 4 W more, tv 1 W at rest. 256 B/s and 4 W between pi and pc.
struct PoweredScenario {
  PoweredScenario() {
    std::vector<Device>& devices = scenario.platform.devices;
    devices[0].power = DevicePower{Watts(3), Watts(3), Watts(11)};
    devices[1].power = DevicePower{Watts(20), Watts(20), Watts(36)};
    devices[2].power = DevicePower{Watts(1), Watts(1), Watts(5)};
    scenario.platform.links[0].power = LinkPower{Watts(1), Watts(5)};
  }
  // On pi for `pi_s`, then after 512 B on pc for `pc_s`, where that is not nothing.
  void add(double arrival_s, double latency_s, Status status, double pi_s, double pc_s = 0) {
    ResultRow& result = rows.results.emplace_back();
    result.request = rows.results.size() - 1;
    result.arrival_s = arrival_s;
    result.latency_s = latency_s;
    result.status = status;
    if (pi_s > 0) add_stage(0, "pi", arrival_s, pi_s, 1024);
    if (pc_s > 0) add_stage(1, "pc", arrival_s + pi_s, pc_s, 512);
  }
  void add_stage(std::uint64_t stage, const char* device, double start_s, double compute_s, double bytes) {
    StageRow& row = rows.stages.emplace_back();
    row.request = rows.results.back().request;
    row.stage = stage;
    row.device = device;
    row.hop_start_s = row.compute_start_s = start_s;
    row.compute_s = compute_s;
    row.hop_bytes = bytes;
  }
  [[nodiscard]] double of(const std::string& name) const { return measures_of(scenario, rows).at(name); }
  [[nodiscard]] bool has(const std::string& name) const { return measures_of(scenario, rows).contains(name); }

  tiny::World world{
      tiny::chain({1024, 512, 4}), tiny::mesh({"pi", "pc", "tv"}, 256), {{0, 1, 1}, {0, 1, 1}, {0, 1, 1}}};
  Scenario scenario = tiny::scenario(world);
  RunRows rows;
};

}  // namespace

TEST_CASE_FIXTURE(PoweredScenario, "energy is per returned request, by device and links, with rest apart") {
  add(1, 7, Status::kOk, 2, 3);
  add(2, 9, Status::kOk, 1, 1);
  // pi 2 W x 3 s, pc 4 W x 4 s, links 4 W x 2 x (512 + 256) / 256, over 2 requests;
  // at rest (3 + 20) W from 1 to 11.
  CHECK(of("energy_j.pi") == about(3));
  CHECK(of("energy_j.pc") == about(8));
  CHECK(of("energy_j.links") == about(12));
  CHECK(of("energy_j") == about(23));
  CHECK(of("idle_energy_j") == about(115));
  CHECK(of("total_energy_j") == about(138));
  CHECK_FALSE(has("energy_j.tv"));
}

TEST_CASE_FIXTURE(PoweredScenario, "between requests devices draw what they draw at rest, and only that") {
  add(0, 1, Status::kOk, 1);
  add(100, 1, Status::kOk, 1);
  // 3 W from 0 to 101, 2 W x 2 s
  CHECK(of("idle_energy_j") == about(303.0 / 2));
  CHECK(of("total_energy_j") == about(307.0 / 2));
}

TEST_CASE_FIXTURE(PoweredScenario, "rest ends with the last return, whatever was lost later") {
  add(0, 4, Status::kOk, 2);
  add(1, 30, Status::kFailed, 1);
  add(2, 30, Status::kDropped, 0);
  // 3 W from 0 to 4. What the lost request used is paid by the one that came back: 2 W x (2 + 1).
  CHECK(of("idle_energy_j") == about(12));
  CHECK(of("energy_j") == about(6));
}

TEST_CASE_FIXTURE(PoweredScenario, "a run from which nothing returned has no energy and no cost of a request") {
  scenario.platform.devices[0].price_per_hour = 1;
  add(0, 30, Status::kFailed, 2, 2);
  for (const auto& [name, value] : measures_of(scenario, rows)) {
    CHECK(name.find("energy") == std::string::npos);
    CHECK(name != "cost");
  }
}

TEST_CASE_FIXTURE(PoweredScenario,
                  "a device that takes part without watts takes the sum away, not the others' energy") {
  scenario.platform.devices[1].power.reset();
  add(0, 4, Status::kOk, 2);
  CHECK(of("energy_j") == about(4));  // pc took no part
  add(4, 8, Status::kOk, 2, 1);
  CHECK(of("energy_j.pi") == about(4));
  CHECK(of("energy_j.links") == about(6));
  for (const char* name : {"energy_j", "energy_j.pc", "idle_energy_j", "total_energy_j"}) CHECK_FALSE(has(name));
}

TEST_CASE_FIXTURE(PoweredScenario, "the source takes part although all computing is elsewhere") {
  scenario.source = 2;
  scenario.platform.links[1].power = scenario.platform.links[0].power;
  add(0, 10, Status::kOk, 2);
  // tv draws 1 W at rest, pi 3; pi 2 W x 2 s, the link 1 W x (1024 + 256) / 256
  CHECK(of("idle_energy_j") == about(40));
  CHECK(of("energy_j.tv") == 0);
  scenario.platform.devices[2].power.reset();
  CHECK_FALSE(has("energy_j"));
}

TEST_CASE_FIXTURE(PoweredScenario, "without watts of any link there is no energy of links") {
  scenario.platform.links[0].power.reset();
  add(0, 4, Status::kOk, 2, 1);
  CHECK_FALSE(has("energy_j.links"));
  CHECK(of("energy_j") == about(2 * 2 + 4));
}

TEST_CASE_FIXTURE(PoweredScenario, "threads take cores to work") {
  scenario.threads = 2;
  add(0, 4, Status::kOk, 2);
  CHECK(of("energy_j") == about(8));  // 4 W x 2 s
  CHECK(of("energy_j.pi") == about(8));
}

TEST_CASE_FIXTURE(PoweredScenario,
                  "cost is what the devices that take part are paid from first arrival to last return") {
  add(1, 7, Status::kOk, 2, 3);
  add(2, 9, Status::kOk, 1, 1);
  CHECK_FALSE(has("cost"));
  scenario.platform.devices[2].price_per_hour = 1000;
  CHECK(of("cost") == 0);  // tv takes no part
  // 0.72 an hour for 10 s, 1000 of 2 requests: 0.72 / 3600 x 10 / 2 x 1000
  scenario.platform.devices[1].price_per_hour = 0.72;
  CHECK(of("cost") == about(1));
  scenario.platform.devices[0].price_per_hour = 0.36;
  CHECK(of("cost") == about(1.5));
}
