// The small values of core/: quantities, errors, platforms, statuses, stage work
// and random draws.
#include <cmath>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "core/platform.h"
#include "core/random.h"
#include "core/result.h"
#include "core/stage_work.h"
#include "core/units.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

TEST_CASE("quantities of one kind add, scale and compare, and bytes over bandwidth are seconds") {
  CHECK((Seconds(1) + Seconds(2) - Seconds(0.5)).si() == 2.5);
  CHECK((2 * Seconds(3)).si() == 6);
  CHECK((Seconds(3) * 2).si() == 6);
  CHECK((Seconds(3) / 2).si() == 1.5);
  CHECK(Seconds(3) / Seconds(2) == 1.5);
  CHECK(Seconds(1) < Seconds(2));
  CHECK((Bytes(100) / BytesPerSecond(50)).si() == 2);
  CHECK(Seconds{}.si() == 0);
}

TEST_CASE("an input error is one line of file, field, value and what is allowed") {
  CHECK(std::string(InputError("f", "x", "1", "must be 2").what()) == "f: x: `1`: must be 2");
  CHECK(std::string(InputError("", "x", "", "is missing").what()) == "x: is missing");
  CHECK(std::string(InputError("f", "", "a\nb\r", "is bad").what()) == "f: `a b `: is bad");
}

TEST_CASE("a device is found by name, and an unknown one is refused with the known ones") {
  const Platform platform = tiny::network({"pi", "pc"}, {});
  CHECK(platform.device_named("pc", "s.yaml", "target") == 1);
  CHECK_THROWS_WITH_AS(static_cast<void>(platform.device_named("tpu", "s.yaml", "target")),
                       "s.yaml: target: `tpu`: is no device of tiny.xml; known: pi, pc", InputError);
}

TEST_CASE("a device always has a route to itself, to others only a stated one") {
  Platform platform = tiny::network({"a", "b", "c"}, {{0, 1, 1}});
  CHECK(platform.has_route(0, 0));
  CHECK(platform.has_route(2, 2));
  CHECK(platform.has_route(0, 1));
  CHECK(platform.has_route(1, 0));
  CHECK_FALSE(platform.has_route(0, 2));
  platform.routes.erase({1, 0});
  CHECK_FALSE(platform.has_route(1, 0));
}

TEST_CASE("modes and statuses have the names of docs/formats.md") {
  CHECK(to_string(Mode::kSim) == "sim");
  CHECK(to_string(Mode::kLive) == "live");
  CHECK(to_string(Status::kOk) == "ok");
  CHECK(to_string(Status::kExited) == "exited");
  CHECK(to_string(Status::kMissed) == "missed");
  CHECK(to_string(Status::kDropped) == "dropped");
  CHECK(to_string(Status::kFailed) == "failed");
}

struct ThreeHeads {
  // Heads 0, 1, 2 after layers 1, 3, 4 of six.
  LayerGraph graph = tiny::chain({4, 4, 4, 4, 4, 4, 4}, {1, 3, 4});

  void check(const StageWork& work, const std::vector<LayerId>& layers, const std::vector<ExitId>& heads) const {
    CHECK(work.layers == layers);
    CHECK(work.heads == heads);
  }
};

TEST_CASE_FIXTURE(ThreeHeads, "a request that goes on runs the whole stage and its active heads") {
  check(stage_work(graph, {0, 1, 3}, {0, 1, 2}, std::nullopt), {1, 2, 3}, {0, 1});
  check(stage_work(graph, {0, 4, 6}, {0, 1, 2}, std::nullopt), {4, 5, 6}, {2});
  check(stage_work(graph, {0, 1, 6}, {1}, std::nullopt), {1, 2, 3, 4, 5, 6}, {1});
  check(stage_work(graph, {0, 1, 6}, {}, std::nullopt), {1, 2, 3, 4, 5, 6}, {});
}

TEST_CASE_FIXTURE(ThreeHeads, "a request that leaves runs up to the head's layer and the head itself") {
  check(stage_work(graph, {0, 1, 6}, {0, 1, 2}, ExitId{1}), {1, 2, 3}, {0, 1});
  check(stage_work(graph, {0, 1, 3}, {0, 1, 2}, ExitId{0}), {1}, {0});
  check(stage_work(graph, {0, 1, 3}, {0, 1, 2}, ExitId{2}), {1, 2, 3}, {0, 1});
}

TEST_CASE_FIXTURE(ThreeHeads, "a stage of scattered layers runs its own, up to the head's layer") {
  check(stage_work(graph, {0, {1, 3, 6}}, {0, 1, 2}, std::nullopt), {1, 3, 6}, {0, 1});
  check(stage_work(graph, {0, {1, 3, 6}}, {0, 1, 2}, ExitId{1}), {1, 3}, {0, 1});
}

TEST_CASE("a draw is a function of seed, stream, index and sub-index") {
  CHECK(random_bits(1, RandomStream::kArrival, 2, 3) == random_bits(1, RandomStream::kArrival, 2, 3));
  const std::set<std::uint64_t> all{
      random_bits(1, RandomStream::kArrival, 2, 3), random_bits(2, RandomStream::kArrival, 2, 3),
      random_bits(1, RandomStream::kSample, 2, 3), random_bits(1, RandomStream::kArrival, 3, 3),
      random_bits(1, RandomStream::kArrival, 2, 4)};
  CHECK(all.size() == 5);
}

TEST_CASE("uniform draws are from 0 to below 1 with mean 1/2 and variance 1/12") {
  // Of 100,000 draws the mean's standard error is 0.0009; 0.005 is over five of them.
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 100'000;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double u = uniform(42, RandomStream::kCompute, i);
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    squares += u * u;
  }
  CHECK(std::abs(sum / kDraws - 0.5) < 0.005);
  CHECK(std::abs(squares / kDraws - 1.0 / 3) < 0.005);
}

}  // namespace
}  // namespace twinfer
