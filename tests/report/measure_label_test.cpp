#include "report/measure_label.h"

#include <doctest/doctest.h>

namespace twinfer {
namespace {

void check_label(const std::string& name, const std::string& heading, const std::string& unit, double scale) {
  const MeasureLabel label = label_of_measure(name);
  CHECK(label.heading == heading);
  CHECK(label.unit == unit);
  CHECK(label.scale == scale);
}

TEST_CASE("a heading takes the unit out of a measure's name") {
  check_label("p95_latency_s", "P95 latency", "ms", 1e3);
  check_label("result_wait_s", "result wait", "ms", 1e3);
  check_label("throughput_hz", "throughput", "1/s", 1);
  check_label("sent_bytes_per_request", "sent", "kB/request", 1e-3);
  check_label("idle_energy_j", "idle energy", "J/request", 1);
  check_label("energy_j.pi", "energy of pi", "J/request", 1);
  check_label("accuracy", "accuracy", "%", 100);
  check_label("early_exit_share", "early exit share", "%", 100);
}

TEST_CASE("what has no unit in its name is a count of requests or stays as it is") {
  check_label("missed", "missed", "requests", 1);
  check_label("requests", "requests", "", 1);
  check_label("wall_s", "real time of the run", "s", 1);
  check_label("cost", "cost", "per 1000 requests", 1);
}

}  // namespace
}  // namespace twinfer
