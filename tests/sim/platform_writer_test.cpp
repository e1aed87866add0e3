// What is written is what SimGrid reads.
#include "sim/platform_writer.h"

#include <doctest/doctest.h>

#include "tests/support/simulated.h"

namespace twinfer {
namespace {

Platform written_and_read(const Platform& platform, const PlatformNotes& notes = {}) {
  const TemporaryFolder folder;
  return read_platform(tiny::write_file(folder / "p.xml", platform_xml(platform, notes)));
}

TEST_CASE("a platform survives being written, to the last digit") {
  Platform platform;
  platform.devices.push_back({"a&b", 1.1e9, 3, Bytes(4e9), "pi \"4\"", "127.0.0.1:9000"});
  platform.devices.push_back({"pc", 2e9, 4, Bytes(0), "", ""});
  platform.devices[0].power = DevicePower{Watts(2.7), Watts(3.1), Watts(6.4)};
  platform.devices[0].price_per_hour = 0.1;
  platform.links.push_back({"up", BytesPerSecond(1e6 / 3), Seconds(1e-5 / 3), LinkPower{Watts(0.02), Watts(1)}});
  platform.links.push_back({"down", BytesPerSecond(7), Seconds(0), std::nullopt, LinkSharing::kFatpipe});
  platform.links[0].added_latency = Seconds(1e-6);
  platform.routes[{0, 1}] = {0, 1};
  platform.routes[{1, 0}] = {1};

  const Platform read = written_and_read(platform);
  REQUIRE(read.devices.size() == 2);
  CHECK(read.devices[0].name == "a&b");
  CHECK(read.devices[0].speed_flops == 1.1e9);
  CHECK(read.devices[0].cores == 3);
  CHECK(read.devices[0].memory == Bytes(4e9));
  CHECK(read.devices[0].profile == "pi \"4\"");
  CHECK(read.devices[0].endpoint == "127.0.0.1:9000");
  CHECK(read.devices[0].power == platform.devices[0].power);
  CHECK(read.devices[0].price_per_hour == 0.1);
  CHECK(read.devices[1].memory == Bytes(0));
  CHECK(!read.devices[1].power);
  REQUIRE(read.links.size() == 2);
  CHECK(read.links[0].name == "up");
  CHECK(read.links[0].bandwidth == platform.links[0].bandwidth);
  CHECK(read.links[0].latency == platform.links[0].latency);
  CHECK(read.links[0].added_latency == Seconds(1e-6));
  CHECK(read.links[0].power == platform.links[0].power);
  CHECK(read.links[0].sharing == LinkSharing::kShared);
  CHECK(read.links[1].sharing == LinkSharing::kFatpipe);
  CHECK(read.routes == platform.routes);
}

TEST_CASE("a link that changes cannot be written as one bandwidth") {
  Platform platform = tiny::mesh({"a", "b"}, 1);
  platform.links[0].changes = {{Seconds(1), BytesPerSecond(2)}};
  CHECK_THROWS_WITH_AS(platform_xml(platform, {}),
                       "link a-b: `bandwidth_file`: cannot be kept where one bandwidth is measured", InputError);
}

TEST_CASE("a shipped platform survives being written") {
  const Platform before = read_platform(std::string(TWINFER_SOURCE_DIR) + "/platforms/edge-cloud.xml");
  const Platform after = written_and_read(before);
  CHECK(after.routes.size() == before.routes.size());
  for (const auto& [ends, links] : before.routes) {
    REQUIRE(after.routes.contains(ends));
    const std::vector<LinkId>& now = after.routes.at(ends);
    REQUIRE(now.size() == links.size());
    for (std::size_t i = 0; i < links.size(); ++i) CHECK(after.links[now[i]].name == before.links[links[i]].name);
  }
}

TEST_CASE("notes end no comment, and machines are properties") {
  Platform platform = tiny::mesh({"a", "b"}, 1);
  platform.devices[1].machine = "host-1a2b";
  platform.devices[1].contention = 1.0 + 1.0 / 3;
  platform.devices[1].message_cores = 1e-8 / 3;
  const PlatformNotes notes{{"--> <evil/> ---"}, {{0, "-a--b-"}}};
  const std::string text = platform_xml(platform, notes);
  CHECK(text.find("<!-- - -> <evil/> - - - -->") != std::string::npos);
  CHECK(text.find("<!-- -a- -b- -->") != std::string::npos);
  CHECK(text.find("<prop id=\"machine\" value=\"host-1a2b\"/>") != std::string::npos);
  const Platform read = written_and_read(platform, notes);
  CHECK(read.devices.at(1).machine == "host-1a2b");
  CHECK(read.devices.at(1).contention == 1.0 + 1.0 / 3);
  CHECK(read.devices.at(1).message_cores == 1e-8 / 3);
  CHECK(read.devices.at(0).contention == 1);
}

}  // namespace
}  // namespace twinfer
