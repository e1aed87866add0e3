#include <cstdint>

#include <doctest/doctest.h>

#include "core/error.h"
#include "sim/host_properties.h"
#include "tests/support/refusal.h"
#include "tests/support/simulated.h"

using namespace twinfer;

namespace {

std::string zone(const std::string& inside) {
  return std::string(tiny::kXmlHead) + "<zone id=\"z\" routing=\"Full\">\n" + inside + "\n</zone>\n</platform>\n";
}

std::string host(const std::string& name, const std::string& properties = {}) {
  return "<host id=\"" + name + "\" speed=\"1Gf\" core=\"2\">" + properties + "</host>";
}

std::string link(const std::string& name, const std::string& properties = {}, const std::string& policy = "SHARED") {
  return "<link id=\"" + name + "\" bandwidth=\"1MBps\" latency=\"0\" sharing_policy=\"" + policy + "\">" + properties +
         "</link>";
}

std::string prop(const std::string& name, const std::string& value) {
  return "<prop id=\"" + name + "\" value=\"" + value + "\"/>";
}

Platform read(const std::string& text) {
  const TemporaryFolder folder;
  return read_platform(tiny::write_file(folder / "p.xml", text));
}

// What is said of a file that holds `text`, without the file's name.
std::string complaint(const std::string& text) {
  const TemporaryFolder folder;
  const std::string file = (folder / "p.xml").string();
  try {
    read_platform(tiny::write_file(file, text));
  } catch (const InputError& error) {
    const std::string line = error.what();
    REQUIRE(line.starts_with(file + ": "));
    return line.substr(file.size() + 2);
  }
  return "no complaint";
}

}  // namespace

TEST_CASE("hosts come with their properties, sorted by name, links with theirs") {
  const Platform platform = read(
      zone(host("pi", prop("profile", "raspberry-pi-4") + prop("memory", "4GB") + prop("endpoint", "spawn")) +
           host("cloud", prop("profile", "gpu") + prop("endpoint", "10.0.0.7:9000")) + host("bare") +
           "<link id=\"up\" bandwidth=\"18.88Mbps\" latency=\"10ms\" sharing_policy=\"SPLITDUPLEX\"/>"
           "<link id=\"lan\" bandwidth=\"1Gbps\" latency=\"0\"/>"
           "<route src=\"pi\" dst=\"cloud\"><link_ctn id=\"lan\"/><link_ctn id=\"up\" direction=\"UP\"/></route>"));

  REQUIRE(platform.devices.size() == 3);
  CHECK(platform.devices[0].name == "bare");
  CHECK(platform.devices[0].profile.empty());
  CHECK(platform.devices[0].endpoint.empty());
  CHECK(platform.devices[0].memory == Bytes(0));
  CHECK(platform.devices[1].name == "cloud");
  CHECK(platform.devices[1].endpoint == "10.0.0.7:9000");
  CHECK(platform.devices[2].profile == "raspberry-pi-4");
  CHECK(platform.devices[2].memory == Bytes(4e9));
  CHECK(platform.devices[2].endpoint == "spawn");
  CHECK(platform.devices[2].cores == 2);
  CHECK(platform.devices[2].speed_flops == 1e9);

  CHECK(platform.routes.size() == 2);  // pi <-> cloud
  CHECK_FALSE(platform.has_route(0, 1));
  const std::vector<LinkId>& there = platform.routes.at({2, 1});
  REQUIRE(there.size() == 2);
  CHECK(platform.links[there[0]].name == "lan");
  CHECK(platform.links[there[0]].latency == Seconds(0));
  CHECK(platform.links[there[1]].name == "up_UP");
  CHECK(platform.links[there[1]].bandwidth.si() == doctest::Approx(2.36e6));
  CHECK(platform.links[there[1]].latency == Seconds(0.01));
  CHECK(platform.links[there[1]].sharing == LinkSharing::kShared);  // each direction of its own
  const std::vector<LinkId>& back = platform.routes.at({1, 2});
  CHECK(platform.links[back[0]].name == "up_DOWN");
}

TEST_CASE("a host has a route with itself where the file states one") {
  const Platform platform =
      read(zone(host("a") + host("b") + link("l") + link("inside", "", "FATPIPE") +
                "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route>"
                "<route src=\"a\" dst=\"a\" symmetrical=\"NO\"><link_ctn id=\"inside\"/></route>"));
  CHECK(platform.routes.size() == 3);
  REQUIRE(platform.route(0, 0).size() == 1);
  CHECK(platform.links[platform.route(0, 0).front()].name == "inside");
  CHECK(platform.route(1, 1).empty());
}

TEST_CASE("a platform survives being written and read") {
  const TemporaryFolder folder;
  const Platform original = tiny::written(tiny::mesh({"a", "b", "c"}, 12345.678, 0.0123), folder / "p.xml");
  const Platform read = read_platform(original.file);
  CHECK(read.file == original.file);
  REQUIRE(read.devices.size() == 3);
  REQUIRE(read.routes.size() == 6);
  for (const auto& [ends, links] : original.routes) {
    REQUIRE(read.routes.at(ends).size() == 1);
    const Link& link = read.links[read.routes.at(ends)[0]];
    CHECK(link.name == original.links[links[0]].name);
    CHECK(link.bandwidth == original.links[links[0]].bandwidth);
    CHECK(link.latency == original.links[links[0]].latency);
  }
}

TEST_CASE("a file that is none is named") {
  const TemporaryFolder folder;
  const std::string missing = (folder / "none.xml").string();
  CHECK_THROWS_WITH_AS(read_platform(missing), (missing + ": no such file").c_str(), InputError);
  const std::string directory = folder.path().string();
  CHECK_THROWS_WITH_AS(read_platform(directory), (directory + ": is a folder, not a platform file").c_str(),
                       InputError);
}

TEST_CASE("malformed XML is reported with SimGrid's line") {
  CHECK(complaint("") == "line 1: Invalid XML (XML input line 1, state 1): EOF in prolog.");
  CHECK(complaint("hello") == "line 1: Invalid XML (XML input line 1, state 1): Unexpected character `h' in prolog.");
  CHECK(complaint(zone("<host id=\"a\" speed=\"1Gf\">")) ==
        "line 6: Invalid XML (XML input line 6, state 75): Unexpected end-tag `</zone>': `</host>' expected.");
  CHECK(complaint(zone("<host id=\"a\" speed=\"fast\"/>")) == "line 5: cannot parse number:fast");
  CHECK(complaint(zone("<host id=\"a\"/>")).find("speed") != std::string::npos);
}

TEST_CASE("a platform of another version is refused") {
  std::string old = zone(host("a"));
  old.replace(old.find("4.1"), 3, "3");
  CHECK(complaint(old) == "line 3: ******* THIS FILE IS TOO OLD (v:3.0) *********");
}

TEST_CASE("what SimGrid rejects without a line is passed on") {
  CHECK(complaint(zone(host("a") + host("a"))) == "Refusing to create a second host named 'a'.");
  CHECK(complaint(zone(host("a") + host("b") + "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route>")) ==
        "Link not found: l");
}

TEST_CASE("what SimGrid aborts on becomes one line, and the caller lives on") {
  std::string nonsense = zone("");
  nonsense.replace(nonsense.find("Full"), 4, "None at all");
  CHECK(complaint(nonsense) == "SimGrid cannot read it: Not a valid model!");
  CHECK(complaint(zone("<host id=\"a\" speed=\"1Gf\" core=\"0\"/>")) ==
        "SimGrid cannot read it: Host a must have at least one core, not 0.");
  // The zone itself as a host: SimGrid 3.32 crashes.
  CHECK(complaint(zone(host("a") + "<link id=\"l\" bandwidth=\"1Bps\" latency=\"0\"/>" +
                       "<route src=\"a\" dst=\"z\"><link_ctn id=\"l\"/></route>"))
            .starts_with("SimGrid cannot read it: "));
}

TEST_CASE("a route to a host that does not exist is refused") {
  CHECK(complaint(zone(host("a") + host("b") + "<link id=\"l\" bandwidth=\"1Bps\" latency=\"0\"/>\n" +
                       "<route src=\"a\" dst=\"c\"><link_ctn id=\"l\"/></route>")) ==
        "line 6: Route dst='c' does name a node. Existing netpoints: 'a','b'");
}

TEST_CASE("numbers that mean nothing are refused, also where SimGrid takes them") {
  const auto link = [](const std::string& bandwidth, const std::string& latency) {
    return zone(host("a") + host("b") + "<link id=\"l\" bandwidth=\"" + bandwidth + "\" latency=\"" + latency +
                "\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route>");
  };
  CHECK(complaint(link("0Bps", "0")) == "link l, bandwidth: `0.000000`: more than 0 bytes/s");
  CHECK(complaint(link("nan", "0")) == "link l, bandwidth: `nan`: more than 0 bytes/s");
  CHECK(complaint(link("1Bps", "-1s")) == "link l, latency: `-1.000000`: 0 s or more");
  CHECK(complaint(zone("<host id=\"a\" speed=\"-1f\"/>")) == "host a, speed: `-1.000000`: more than 0 flop/s");
  CHECK(complaint(zone("")) == "has no host");
}

TEST_CASE("a property that cannot be read is refused") {
  CHECK(complaint(zone(host("a", prop("memory", "much")))) ==
        "host a, memory: `much`: bytes, or a number with kB, MB, GB, TB, KiB, MiB or GiB");
  CHECK(complaint(zone(host("a", prop("endpoint", "somewhere")))) ==
        "host a, endpoint: `somewhere`: `spawn` or HOST:PORT");
}

TEST_CASE("power is read as SimGrid's energy plugins read it, on both directions of a split-duplex link") {
  const Platform platform = read(zone(
      host("a", prop("wattage_per_state", "2.7:6.4")) + host("b", prop("wattage_per_state", "1:2.5:6")) + host("bare") +
      "<host id=\"c\" speed=\"2Gf,1Gf\" core=\"2\" pstate=\"1\">" +
      prop("wattage_per_state", "95:120:200, 90:110:150") + "</host>" +
      link("radio", prop("wattage_range", "0.02:1"), "SPLITDUPLEX") + link("wire_UP", prop("wattage_range", "3:3")) +
      "<route src=\"a\" dst=\"b\"><link_ctn id=\"radio\" direction=\"UP\"/><link_ctn id=\"wire_UP\"/></route>"));
  CHECK(platform.devices[0].power == DevicePower{Watts(2.7), Watts(2.7), Watts(6.4)});
  CHECK(platform.devices[1].power == DevicePower{Watts(1), Watts(2.5), Watts(6)});
  CHECK_FALSE(platform.devices[2].power.has_value());
  CHECK(platform.devices[3].power == DevicePower{Watts(90), Watts(110), Watts(150)});
  CHECK(platform.devices[3].speed_flops == 1e9);
  for (const auto& there : {std::pair<DeviceId, DeviceId>{0, 1}, {1, 0}})
    for (const LinkId id : platform.routes.at(there)) {
      const bool radio = platform.links[id].name.starts_with("radio");
      CHECK(platform.links[id].power == (radio ? LinkPower{Watts(0.02), Watts(1)} : LinkPower{Watts(3), Watts(3)}));
    }
}

TEST_CASE("hosts may be processes of one machine") {
  const Platform platform =
      read(zone(host("a") + host("b", prop("machine", "laptop")) + host("c", prop("machine", "laptop"))));
  CHECK(platform.devices[0].machine.empty());
  CHECK(platform.devices[2].machine == "laptop");
  CHECK(platform.machine_of(0) == 0);
  CHECK(platform.machine_of(1) == 1);
  CHECK(platform.machine_of(2) == 1);
}

TEST_CASE("what a byte takes of cores is 0 seconds or more") {
  CHECK(read(zone(host("a", prop("message_cores", "1.6e-8")) + host("b"))).devices[0].message_cores == 1.6e-8);
  CHECK(read(zone(host("a") + host("b"))).devices[0].message_cores == 0);
  for (const std::string wrong : {"-1e-9", "16ns", "inf"})
    CHECK(complaint(zone(host("a", prop("message_cores", wrong)) + host("b"))) ==
          "host a, message_cores: `" + wrong + "`: seconds of a core for each byte, 0 or more");
}

TEST_CASE("contention is a factor of 1 or more") {
  CHECK(read(zone(host("a", prop("contention", "1.6")) + host("b"))).devices[0].contention == 1.6);
  CHECK(read(zone(host("a") + host("b"))).devices[0].contention == 1);
  for (const std::string wrong : {"0.9", "x", "inf", "1.5 x"})
    CHECK(complaint(zone(host("a", prop("contention", wrong)) + host("b"))) ==
          "host a, contention: `" + wrong + "`: a factor, 1 or more");
}

TEST_CASE("a price per hour is read as a number, in whatever currency") {
  const Platform platform =
      read(zone(host("a", prop("price_per_hour", "0.526")) + host("bare") + host("c", prop("price_per_hour", "0"))));
  CHECK(platform.devices[0].price_per_hour == 0.526);
  CHECK_FALSE(platform.devices[1].price_per_hour.has_value());
  CHECK(platform.devices[2].price_per_hour == 0.0);
  for (const char* bad : {"-1", "$1", "1 EUR", "free", "nan", "inf", "0,5"})
    CHECK(complaint(zone(host("a", prop("price_per_hour", bad)))) ==
          "host a, price_per_hour: `" + std::string(bad) + "`: a number, 0 or more, without a currency");
}

TEST_CASE("power that cannot be read is refused") {
  const auto of_host = [](const std::string& watts) {
    return complaint(zone(host("a", prop("wattage_per_state", watts))));
  };
  for (const char* bad :
       {"3", "1:2:3:4", "a:2", "1:b", "1:", ":2", "-1:2", "3:2", "1:3:2", "1:2W", "1:nan", "1:inf", "1:2,1:2", "1 :2"})
    CHECK(of_host(bad) == "host a, wattage_per_state: `" + std::string(bad) +
                              "`: IDLE:ALLCORES or IDLE:EPSILON:ALLCORES in watts, each 0 or more and none below the "
                              "one before, once for each pstate, of which there are 1");
  const auto of_link = [](const std::string& watts) {
    return complaint(zone(host("a") + host("b") + link("l", prop("wattage_range", watts)) +
                          "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route>"));
  };
  for (const char* bad : {"3", "1:2:3", "a:2", "-1:2", "3:2", "1:2,1:2"})
    CHECK(of_link(bad) ==
          "link l, wattage_range: `" + std::string(bad) + "`: IDLE:BUSY in watts, 0 or more, IDLE not above BUSY");
}

namespace {

// A split-duplex link with a profile of that text beside the platform.
std::string profiled(const TemporaryFolder& folder, const std::string& profile) {
  tiny::write_file(folder / "drop.txt", profile);
  return tiny::write_file(folder / "p.xml",
                          zone(host("a") + host("b") +
                               "<link id=\"up\" bandwidth=\"1MBps\" latency=\"0\" sharing_policy=\"SPLITDUPLEX\" "
                               "bandwidth_file=\"drop.txt\"/>"
                               "<route src=\"a\" dst=\"b\"><link_ctn id=\"up\" direction=\"UP\"/></route>"))
      .string();
}

}  // namespace

TEST_CASE("a bandwidth profile is read as changes, and what it says of the start as the bandwidth") {
  const TemporaryFolder folder;
  const Platform platform = read_platform(profiled(folder, "# seconds, bytes per second\n0 2e6\n10 1e5\n\n20.5 1e6\n"));
  REQUIRE(platform.links.size() == 2);
  for (const Link& link : platform.links) {
    CAPTURE(link.name);
    CHECK(link.bandwidth == BytesPerSecond(2e6));
    CHECK(link.changes ==
          std::vector<BandwidthChange>{{Seconds(10), BytesPerSecond(1e5)}, {Seconds(20.5), BytesPerSecond(1e6)}});
  }
}

TEST_CASE("a bandwidth profile that repeats itself, or is none, is refused with its line") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& profile) {
    return refusal_of(folder, [&] { read_platform(profiled(folder, profile)); });
  };
  CHECK(error("0 1e6\n5 1e5\nLOOPAFTER 5\n") ==
        "drop.txt: line 3: `LOOPAFTER 5`: SECONDS BYTES_PER_SECOND, without repetition");
  CHECK(error("5 1e5\n5 1e6\n") == "drop.txt: line 2: `5 1e6`: times must ascend");
  CHECK(error("5 0\n") == "drop.txt: line 1: `5 0`: SECONDS BYTES_PER_SECOND, without repetition");
}

TEST_CASE("memory is bytes, decimal or binary units") {
  CHECK(parse_memory("4GB") == Bytes(4e9));
  CHECK(parse_memory("1.5GiB") == Bytes(1.5 * 1024 * 1024 * 1024));
  CHECK(parse_memory("512MB") == Bytes(512e6));
  CHECK(parse_memory("16kB") == Bytes(16000));
  CHECK(parse_memory("4096") == Bytes(4096));
  for (const char* bad : {"", "GB", "4gb", "-4GB", "0", "nan", "inf", "4GB more", " 4GB"})
    CHECK_MESSAGE(!parse_memory(bad).has_value(), bad);
}

TEST_CASE("an endpoint is spawn or a host with a port") {
  for (const char* good : {"spawn", "localhost:1", "10.0.0.1:65535", "[::1]:8080"})
    CHECK_MESSAGE(is_endpoint(good), good);
  for (const char* bad : {"", "host", ":80", "host:", "host:0", "host:65536", "host:8x", "host:-1"})
    CHECK_MESSAGE(!is_endpoint(bad), bad);
}
