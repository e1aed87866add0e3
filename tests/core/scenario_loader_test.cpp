// Scenarios changed as they are loaded: links stated anew, fields of a sweep; what a loader
// reads, and when two scenarios are the same.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/scenario.h"
#include "tests/support/refusal.h"
#include "tests/support/scenario_folder.h"

namespace twinfer {
namespace {

TEST_CASE_FIXTURE(ScenarioFolder, "links are stated anew, by their own name or that of a pair of directions") {
  platform.links[1].name = "air_UP";    // pi-bare
  platform.links[2].name = "air_DOWN";  // pc-bare
  set("links", "{pi-pc: {bandwidth_mbps: 8}, air: {bandwidth_mbps: 0.016, latency_ms: 2}}");
  const Scenario s = load();
  CHECK(s.platform.links[0].bandwidth.si() == 1e6);
  CHECK(s.platform.links[0].latency.si() == 0.5);  // as the platform has it
  for (const LinkId link : {1, 2}) {
    CHECK(s.platform.links[link].bandwidth.si() == 2000);
    CHECK(s.platform.links[link].latency.si() == 0.002);
  }
}

TEST_CASE_FIXTURE(ScenarioFolder, "links that cannot be stated anew are named") {
  set("links", "{wire: {bandwidth_mbps: 8}}");
  CHECK(error() == "s.yaml: links.wire: `(a map)`: is no link of platform.xml; known: pi-pc, pi-bare, pc-bare");
  set("links", "{pi-pc: {bandwidth_mbps: 0}}");
  CHECK(error() == "s.yaml: links.pi-pc.bandwidth_mbps: `0`: must be above 0");
  set("links", "{pi-pc: {speed: 1}}");
  CHECK(error() == "s.yaml: links.pi-pc.speed: is no field that is known here");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a change gives a field another value, and a field that is not there its first") {
  const std::filesystem::path file = folder.write("s.yaml", text());
  ScenarioLoader loader([this](const std::filesystem::path&) { return platform; });
  CHECK(loader.load(file, {{"requests", "7"}}).requests == 7);
  CHECK(loader.load(file, {{"arrivals.process", "poisson"}, {"arrivals.rate_hz", "3"}}).arrivals.rate_hz == 3);
  CHECK(loader.load(file, {{"arrivals", "{process: periodic, rate_hz: 2}"}}).arrivals.rate_hz == 2);
  CHECK(loader.load(file, {{"live.timeout_s", "4"}}).live.timeout.si() == 4);
  CHECK(loader.load(file, {{"policies", "[remote]"}}).policies == std::vector<std::string>{"remote"});
  CHECK(loader.load(file).requests == 10);  // none of it stays
}

TEST_CASE_FIXTURE(ScenarioFolder, "a wrong change is told as if it stood in the file") {
  const std::filesystem::path file = folder.write("s.yaml", text());
  ScenarioLoader loader([this](const std::filesystem::path&) { return platform; });
  const auto error = [&](const FieldChange& change) {
    return refusal_of(folder, [&] { static_cast<void>(loader.load(file, {change})); });
  };
  CHECK(error({"arrivals.rate", "3"}) == "s.yaml: arrivals.rate: is no field that is known here");
  CHECK(error({"requests", "many"}) == "s.yaml: requests: `many`: must be a finite number");
  CHECK(error({"requests.first", "1"}) == "s.yaml: requests: `10`: must be a map of fields to have `requests.first`");
  CHECK(error({"requests", "["}) == "s.yaml: requests: `[`: is no valid YAML: end of sequence flow not found");
}

TEST_CASE_FIXTURE(ScenarioFolder, "a loader reads each file once") {
  int platforms_read = 0;
  const std::filesystem::path file = folder.write("s.yaml", text());
  ScenarioLoader loader([&](const std::filesystem::path&) { return ++platforms_read, platform; });
  static_cast<void>(loader.load(file));
  for (const char* gone : {"models/graphs/tiny.csv", "models/profiles/tiny/pi.csv", "models/exits/tiny.csv"})
    folder.write(gone, "overwritten");
  CHECK(loader.load(file, {{"seed", "2"}}).profiles[0]->device == "pi");
  CHECK(platforms_read == 1);
}

TEST_CASE_FIXTURE(ScenarioFolder, "a fingerprint holds for equal content anywhere, and for no other") {
  const auto fingerprint = [](const ScenarioFolder& place, const std::vector<FieldChange>& changes = {}) {
    ScenarioLoader loader([&place](const std::filesystem::path&) { return place.platform; });
    return loader.fingerprint(loader.load(place.folder.write("s.yaml", place.text()), changes));
  };
  const ScenarioFolder elsewhere;
  const std::string first = fingerprint(*this);
  CHECK(first.size() == 64);
  CHECK(fingerprint(elsewhere) == first);
  CHECK(fingerprint(*this, {{"seed", "2"}}) != first);

  // Each file's content counts: the SimGrid file for what a Platform does not hold.
  folder.write("platform.xml", "<!-- other -->");
  const std::string other_platform = fingerprint(*this);
  CHECK(other_platform != first);
  save_profile(tiny::profile(graph, "pc", {0, 0.25, 0.5, 0.25}, {0.125}));
  const std::string other_profile = fingerprint(*this);
  CHECK(other_profile != other_platform);
  save_exit_trace(tiny::trace(graph, {{0.5, 0.75}, {1, 0.5}}), graph, folder.path() / "models/exits/tiny.csv");
  CHECK(fingerprint(*this) != other_profile);
}

}  // namespace
}  // namespace twinfer
