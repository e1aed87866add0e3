#include "core/energy.h"

#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

// Inputs of 1024 B, tensors of 512 and 256 B, a head after layer 1, encoding 1/8 s
// and decoding 1/16 s a tensor. pi draws 2 W more with one core at work than at
// rest: 3 + (11 - 3) / 4 - 3; pc 10 W, of which 6 W with next to nothing to do. The
// wire draws 4 W more busy than idle.
struct PoweredWorld {
  PoweredWorld() {
    platform.devices[0].power = DevicePower{Watts(3), Watts(3), Watts(11)};
    platform.devices[1].power = DevicePower{Watts(20), Watts(26), Watts(42)};
    platform.links[0].power = LinkPower{Watts(1), Watts(5)};
  }
  [[nodiscard]] Joules of(const std::vector<Stage>& stages, const std::vector<ExitId>& heads = {}) const {
    const tiny::World world(graph, platform, {{0, 2, 3, 1}, {0, 0.25, 0.5, 0.125}}, {{0.375}, {0.0625}}, kCodec);
    return energy_of(world.platform, usage_of(world.cost, stages, 0, heads), 1);
  }

  static constexpr tiny::Codec kCodec{.encode_s = 0.125, .decode_s = 0.0625, .overhead_s = 64};
  LayerGraph graph = tiny::chain({1024, 512, 256, 4}, {1});
  Platform platform = tiny::mesh({"pi", "pc"}, 256, 0.5);
};

TEST_CASE_FIXTURE(PoweredWorld, "a device costs what it draws above rest while it computes") {
  // 2 W x (1/8 to encode the input + 1/16 to decode it + 2 + 3 + 1)
  CHECK(of({{0, 1, 3}}).si() == 12.375);
}

TEST_CASE_FIXTURE(PoweredWorld, "active heads are computing, too") {
  CHECK(of({{0, 1, 3}}, {0}).si() == 13.125);  // 2 W x 0.375 more
  // on pc: 10 W x (1/16 + 1/4 + 1/16 + 1/2 + 1/8) = 10, encoding on pi 2 x 1/8, the wire 4 x 1280 / 256
  CHECK(of({{1, 1, 3}}, {0}).si() == 10 + 0.25 + 20);
}

TEST_CASE_FIXTURE(PoweredWorld,
                  "a cut costs its sender's encoding, its receiver's decoding, its bytes and the result's") {
  // pi: 2 W x (1/8 + 1/16 + 2 + 1/8) = 4.625; pc: 10 W x (1/16 + 1/2 + 1/8) = 6.875;
  // the wire: 4 W x (512 + 256) / 256 = 12. Neither latency nor message overhead counts.
  CHECK(of({{0, 1, 1}, {1, 2, 3}}).si() == 4.625 + 6.875 + 12);
}

TEST_CASE_FIXTURE(PoweredWorld, "a tensor that is relayed is paid on every way") {
  platform = tiny::network({"pi", "pc", "tv"}, {{0, 1, 256}, {1, 2, 128}, {0, 2, 64}});
  for (Device& device : platform.devices) device.power = DevicePower{Watts(0), Watts(0), Watts(4)};
  for (Link& link : platform.links) link.power = LinkPower{Watts(1), Watts(3)};
  // Layer 3 reads layers 1 (512 B) and 2 (256 B).
  const tiny::World world(tiny::dag({{{}, 1024}, {{0}, 512}, {{1}, 256}, {{1, 2}, 4}}), platform,
                          {{0, 1, 1, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}});
  const Usage usage = usage_of(world.cost, {{0, 1, 1}, {1, 2, 2}, {2, 3, 3}}, 0, {});
  CHECK(usage.carried.at({0, 1}).si() == 512);
  CHECK(usage.carried.at({1, 2}).si() == 768);
  CHECK(usage.carried.at({2, 0}).si() == 256);
  // 1 W x 3 s; 2 W x (512 / 256 + 768 / 128 + 256 / 64)
  CHECK(energy_of(platform, usage, 1).si() == 3 + 24);
  // Both links of a route count, each by its own bandwidth.
  platform.routes[{0, 2}] = {0, 1};
  CHECK(route_energy(platform, Bytes(256), 0, 2).si() == 2 * (1 + 2));
}

TEST_CASE_FIXTURE(PoweredWorld, "replicas cost what they do in their turns, on average") {
  // On pi 12.375, on pc 10 W x (1/16 + 1/4 + 1/2 + 1/8), 2 W x 1/8 on pi and 4 W x 1280 / 256: 29.625.
  CHECK(of({{1, 1, 3}}).si() == 29.625);
  CHECK(of({{{0, 1}, 1, 3}}).si() == 21);
}

TEST_CASE_FIXTURE(PoweredWorld, "threads take cores to work, as many as there are") {
  CHECK(busy_power(platform, 0, 2).si() == 4);
  CHECK(busy_power(platform, 1, 1).si() == 10);
  CHECK(busy_power(platform, 1, 9).si() == 22);
}

TEST_CASE_FIXTURE(PoweredWorld, "a link that states no watts adds nothing") {
  platform.links[0].power.reset();
  CHECK(of({{0, 1, 1}, {1, 2, 3}}).si() == 4.625 + 6.875);
}

TEST_CASE_FIXTURE(PoweredWorld, "a device that states no watts is refused by host and property") {
  platform.devices[1].power.reset();
  CHECK(of({{0, 1, 3}}).si() == 12.375);
  const char* const line =
      "tiny.xml: host pc, wattage_per_state: is missing; energy needs it, as IDLE:ALLCORES in watts";
  CHECK_THROWS_WITH_AS(static_cast<void>(of({{1, 1, 3}})), line, InputError);
  CHECK_THROWS_WITH_AS(idle_power(platform, {0, 1}), line, InputError);
}

TEST_CASE_FIXTURE(PoweredWorld, "what devices draw at rest is stated apart") {
  CHECK(idle_power(platform, {0, 1}).si() == 23);
  CHECK(idle_power(platform, {}).si() == 0);
}

}  // namespace
}  // namespace twinfer
