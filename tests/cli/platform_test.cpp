#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/command_world.h"

using namespace twinfer;

namespace {

// A shared link, a split-duplex one and a fat pipe; 8 Mbit/s are 1e6 bytes/s.
constexpr const char* kThreeLinks = R"(<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="z" routing="Full">
    <host id="pi" speed="12Gf" core="4">
      <prop id="profile" value="raspberry-pi-4"/><prop id="memory" value="4GB"/><prop id="endpoint" value="spawn"/>
    </host>
    <host id="pc" speed="32Gf"/>
    <link id="lan" bandwidth="1Gbps" latency="0.0001"/>
    <link id="up" bandwidth="8Mbps" latency="10ms" sharing_policy="SPLITDUPLEX"/>
    <link id="backbone" bandwidth="10Gbps" latency="0" sharing_policy="FATPIPE"/>
    <route src="pi" dst="pc"><link_ctn id="lan"/><link_ctn id="up" direction="UP"/><link_ctn id="backbone"/></route>
  </zone>
</platform>
)";

}  // namespace

TEST_CASE("a platform is shown as tables of devices, links and routes") {
  const CommandWorld world;
  world.folder.write("three.xml", kThreeLinks);
  const Outcome outcome = world.run({"platform", "three.xml"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out ==
        "device  cores  Gflop/s   memory  profile         endpoint\n"
        "pc          1     32.0        -  -               -\n"
        "pi          4     12.0  4.00 GB  raspberry-pi-4  spawn\n"
        "\n"
        "link      Mbit/s  latency  sharing\n"
        "backbone   10000      0 s  fatpipe\n"
        "up_DOWN     8.00  10.0 ms  shared\n"
        "lan         1000   100 us  shared\n"
        "up_UP       8.00  10.0 ms  shared\n"
        "\n"
        "from  to  links\n"
        "pc    pi  backbone, up_DOWN, lan\n"
        "pi    pc  lan, up_UP, backbone\n");
}

TEST_CASE("a platform as JSON states SI units, null where the file is silent, and every direction") {
  const CommandWorld world;
  world.folder.write("three.xml", kThreeLinks);
  const Outcome outcome = world.run({"platform", "three.xml", "--json"});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(nlohmann::json::parse(outcome.out) == nlohmann::json::parse(R"({
    "file": "three.xml",
    "devices": [
      {"name": "pc", "cores": 1, "speed_flops": 32e9, "memory_bytes": null, "profile": null, "endpoint": null},
      {"name": "pi", "cores": 4, "speed_flops": 12e9, "memory_bytes": 4e9, "profile": "raspberry-pi-4",
       "endpoint": "spawn"}],
    "links": [
      {"name": "backbone", "bandwidth_bytes_per_s": 1.25e9, "latency_s": 0.0, "sharing": "fatpipe"},
      {"name": "up_DOWN", "bandwidth_bytes_per_s": 1e6, "latency_s": 0.01, "sharing": "shared"},
      {"name": "lan", "bandwidth_bytes_per_s": 1.25e8, "latency_s": 1e-4, "sharing": "shared"},
      {"name": "up_UP", "bandwidth_bytes_per_s": 1e6, "latency_s": 0.01, "sharing": "shared"}],
    "routes": [
      {"from": "pc", "to": "pi", "links": ["backbone", "up_DOWN", "lan"]},
      {"from": "pi", "to": "pc", "links": ["lan", "up_UP", "backbone"]}]
  })"));
}

TEST_CASE("a platform as JSON states what a link's bandwidth changes to") {
  const CommandWorld world;
  std::string three = kThreeLinks;
  const std::string lan = "<link id=\"lan\"";
  REQUIRE(three.find(lan) != std::string::npos);
  world.folder.write("three.xml", three.replace(three.find(lan), lan.size(), lan + " bandwidth_file=\"lan.txt\""));
  world.folder.write("lan.txt", "2.5 1000\n");
  const auto links = nlohmann::json::parse(world.run({"platform", "three.xml", "--json"}).out)["links"];
  for (const auto& link : links) {
    CAPTURE(link.dump());
    CHECK(link.contains("bandwidth_changes") == (link["name"] == "lan"));
    if (link["name"] == "lan")
      CHECK(link["bandwidth_changes"] == nlohmann::json::parse(R"([{"at_s": 2.5, "bytes_per_s": 1000.0}])"));
  }
}

TEST_CASE("a platform that cannot be read is refused in one line") {
  const CommandWorld world;
  const Outcome missing = world.run({"platform", "nowhere.xml"});
  CHECK(missing.code == 2);
  CHECK(missing.out.empty());
  CHECK(missing.err == "twinfer: nowhere.xml: no such file\n");
  CHECK(world.run({"platform"}).err == "twinfer: missing PLATFORM; see `twinfer platform --help`\n");
}
