// The platform files that come with Twinfer.
#include <algorithm>
#include <filesystem>

#include <doctest/doctest.h>
#include <simgrid/s4u.hpp>

#include "sim/isolated.h"
#include "sim/simulate.h"

using namespace twinfer;

namespace {

std::vector<std::filesystem::path> platform_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(TWINFER_SOURCE_DIR "/platforms"))
    if (entry.path().extension() == ".xml") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

Platform edge_cloud(const std::string& variant) {
  return read_platform(TWINFER_SOURCE_DIR "/platforms/edge-cloud" + variant + ".xml");
}

const Link& uplink(const Platform& platform, const std::string& from, const std::string& to) {
  const auto id = [&platform](const std::string& name) { return platform.device_named(name, "", ""); };
  for (const LinkId link : platform.routes.at({id(from), id(to)}))
    if (platform.links[link].name.starts_with("uplink")) return platform.links[link];
  throw std::runtime_error("no uplink");
}

}  // namespace

TEST_CASE("stock SimGrid loads every platform file") {
  REQUIRE(platform_files().size() >= 4);
  for (const auto& file : platform_files()) {
    const IsolatedOutcome outcome = run_isolated([&file] {
      const simgrid::s4u::Engine engine("stock");
      engine.load_platform(file.string());
      engine.seal_platform();
      return std::to_string(engine.get_host_count());
    });
    CHECK_MESSAGE(outcome.ok, file, ": ", outcome.error);
    CHECK(std::stoi(outcome.output) >= 2);
  }
}

TEST_CASE("every platform file joins every pair of devices and names profile and endpoint") {
  for (const auto& file : platform_files()) {
    CAPTURE(file);
    const Platform platform = read_platform(file);
    for (DeviceId from = 0; from < platform.devices.size(); ++from) {
      CHECK_FALSE(platform.devices[from].profile.empty());
      CHECK(platform.devices[from].endpoint == "spawn");
      for (DeviceId to = 0; to < platform.devices.size(); ++to) CHECK(platform.has_route(from, to));
    }
  }
}

TEST_CASE("the edge-cloud files differ in the published uplink only") {
  const Platform wifi = edge_cloud("");
  const Platform lte = edge_cloud("-4g");
  const Platform umts = edge_cloud("-3g");
  // Mb/s / 8 = MB/s
  CHECK(uplink(wifi, "pi", "cloud").bandwidth.si() == doctest::Approx(18.88e6 / 8));
  CHECK(uplink(lte, "cloud", "jetson").bandwidth.si() == doctest::Approx(5.85e6 / 8));
  CHECK(uplink(umts, "pc", "cloud").bandwidth.si() == doctest::Approx(1.1e6 / 8));
  CHECK(uplink(wifi, "pi", "cloud").latency.si() == doctest::Approx(0.01));
  CHECK(uplink(umts, "pi", "cloud").latency.si() == doctest::Approx(0.03335));
  for (const Platform* other : {&lte, &umts}) {
    REQUIRE(other->devices.size() == wifi.devices.size());
    CHECK(other->routes.size() == wifi.routes.size());
    for (DeviceId device = 0; device < wifi.devices.size(); ++device) {
      CHECK(other->devices[device].name == wifi.devices[device].name);
      CHECK(other->devices[device].profile == wifi.devices[device].profile);
      CHECK(other->devices[device].memory == wifi.devices[device].memory);
      CHECK(other->devices[device].power == wifi.devices[device].power);
      CHECK(other->devices[device].price_per_hour == wifi.devices[device].price_per_hour);
    }
  }
}
