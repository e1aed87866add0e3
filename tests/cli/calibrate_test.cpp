// `twinfer calibrate`, on workers that it starts, and what sim makes of its files.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/latency_profile.h"
#include "core/table_file.h"
#include "tests/cli/command_world.h"

namespace twinfer {
namespace {

using nlohmann::json;

const std::vector<std::string> kQuickly{"--messages", "5", "--seconds", "2", "--repeat", "2", "--pause", "4"};

std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// Models of the real network `digits`, and a scenario of it on a platform to come.
struct DigitsWorld : CommandWorld {
  DigitsWorld() {
    std::filesystem::create_directories(folder.path() / "models/data");
    for (const char* file : {"models/graphs/digits.csv", "models/data/digits.csv.gz"})
      std::filesystem::copy_file(std::filesystem::path(TWINFER_SOURCE_DIR) / file, folder.path() / file);
    set("model", "digits");
    set("platform", "lab.xml");
    set("chain", "[a, b]");
    set("policies", "['split:5']");
    set("requests", "4");
  }

  [[nodiscard]] Outcome calibrate(const std::vector<std::string>& arguments) const {
    return run(with(with({"calibrate"}, arguments), kQuickly));
  }
};

TEST_CASE("named workers become a platform and profiles that sim takes as they are") {
  const DigitsWorld world;
  const Outcome outcome = world.calibrate(
      {"--workers", "a=spawn,b=spawn", "--model", "digits", "--models", "models", "--out", "lab.xml", "--json"});
  REQUIRE(outcome.code == 0);
  const json report = json::parse(outcome.out);
  REQUIRE(report["ways"].size() == 2);
  CHECK(report["ways"][0]["from"] == "a");
  CHECK(report["ways"][0]["bandwidth_bytes_per_s"] > 1e6);
  CHECK(report["ways"][0]["overhead_s"] >= 0);  // a fit, and loopback costs next to nothing
  CHECK(report["ways"][0]["sizes"][0]["samples"] == 5);
  CHECK(report["devices"][1]["profile"] == "lab-b");
  CHECK(report["devices"][0]["machine"] == report["devices"][1]["machine"]);

  const LatencyProfile profile = load_latency_profile(world.folder.path() / "models/profiles/digits/lab-a.csv");
  CHECK(profile.device == "lab-a");
  CHECK(profile.message_overhead.si() == report["devices"][0]["message_overhead_s"]);
  CHECK(profile.hand_off.median() > Seconds(0));
  CHECK(profile.layers.at("block1.conv1").decode == Seconds(0));  // is in the messages' times
  const unsigned cores = report["devices"][0]["cores"];
  CHECK(report["devices"][0].contains("contention") == (cores > 1));
  CHECK(report["devices"][0].contains("message_cores_s_per_byte"));

  // What sim reads is what was measured, and the second run says the same.
  const Outcome sim = world.run({"sim", "s.yaml", "--json"});
  REQUIRE(sim.err.empty());
  CHECK(sim.code == 0);
  CHECK(json::parse(sim.out)["runs"][0]["measures"]["returned"] == 4);
}

TEST_CASE("a stated platform keeps its topology and properties, and gets what was measured") {
  const DigitsWorld world;
  world.folder.write("nominal.xml",
                     "<?xml version='1.0'?><!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">"
                     "<platform version=\"4.1\"><zone id=\"z\" routing=\"Full\">"
                     "<host id=\"a\" speed=\"7Gf\" core=\"3\"><prop id=\"wattage_per_state\" value=\"1:2\"/>"
                     "<prop id=\"endpoint\" value=\"spawn\"/></host>"
                     "<host id=\"b\" speed=\"1Gf\"><prop id=\"price_per_hour\" value=\"0.5\"/></host>"
                     "<host id=\"c\" speed=\"1Gf\"/>"
                     "<link id=\"lan\" bandwidth=\"1Bps\" latency=\"9s\" sharing_policy=\"FATPIPE\"/>"
                     "<link id=\"far\" bandwidth=\"5Bps\" latency=\"8s\"/>"
                     "<route src=\"a\" dst=\"b\"><link_ctn id=\"lan\"/></route>"
                     "<route src=\"a\" dst=\"c\"><link_ctn id=\"far\"/></route></zone></platform>");
  const Outcome outcome =
      world.calibrate({"--platform", "nominal.xml", "--workers", "a=spawn,b=spawn", "--out", "out/lab.xml"});
  REQUIRE(outcome.err == "");
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("a -> b") != std::string::npos);
  CHECK(outcome.out.ends_with("\nPlatform: out/lab.xml\n"));  // no model, no profiles

  const Outcome shown = world.run({"platform", "out/lab.xml", "--json"});
  REQUIRE(shown.code == 0);
  const json platform = json::parse(shown.out);
  CHECK(platform["devices"][0]["name"] == "a");
  const std::string xml = world.folder.read("out/lab.xml");
  CHECK(xml.find("<prop id=\"wattage_per_state\" value=\"1:1:2\"/>") != std::string::npos);
  CHECK(xml.find("<prop id=\"price_per_hour\" value=\"0.5\"/>") != std::string::npos);
  CHECK(platform["devices"][1]["endpoint"] == "spawn");
  for (const json& link : platform["links"]) {
    CHECK((link["name"] == "lan" || link["bandwidth_bytes_per_s"] == 5));
    CHECK((link["name"] == "far" || link["bandwidth_bytes_per_s"] > 1e6));
    CHECK((link["name"] == "far" || link["latency_s"] < 1));
  }
}

TEST_CASE("with links only, profiles keep their computing and take the measured overhead") {
  const DigitsWorld world;
  REQUIRE(
      world.calibrate({"--workers", "a=spawn,b=spawn", "--model", "digits", "--models", "models", "--out", "first.xml"})
          .code == 0);
  if (const std::string first = world.folder.read("first.xml"); first.find("message_cores") == std::string::npos)
    world.folder.write("first.xml", replaced(first, "</host>", R"(<prop id="message_cores" value="1e-9"/></host>)"));
  const Outcome outcome = world.calibrate(
      {"--platform", "first.xml", "--model", "digits", "--models", "models", "--links-only", "--out", "lab.xml"});
  REQUIRE(outcome.err == "");
  const auto profiles = world.folder.path() / "models/profiles/digits";
  const LatencyProfile before = load_latency_profile(profiles / "first-a.csv");
  const LatencyProfile after = load_latency_profile(profiles / "lab-a.csv");
  CHECK(after.layers.at("block1.conv1").compute.median() == before.layers.at("block1.conv1").compute.median());
  CHECK(after.message_overhead != before.message_overhead);
  CHECK(world.folder.read("lab.xml").find("machine") == std::string::npos);  // emulated devices share no cores
  CHECK(world.folder.read("lab.xml").find("message_cores") == std::string::npos);
}

TEST_CASE("with profiles only, links and overheads stay, and computing is measured") {
  const DigitsWorld world;
  const std::vector<std::string> digits{"--model", "digits", "--models", "models"};
  REQUIRE(world.calibrate(with({"--workers", "a=spawn,b=spawn", "--out", "first.xml"}, digits)).code == 0);
  const Outcome outcome =
      world.calibrate(with({"--platform", "first.xml", "--profiles-only", "--out", "lab.xml"}, digits));
  REQUIRE(outcome.err == "");
  CHECK(outcome.out.find("Way") == std::string::npos);
  const auto profiles = world.folder.path() / "models/profiles/digits";
  const LatencyProfile before = load_latency_profile(profiles / "first-a.csv");
  const LatencyProfile after = load_latency_profile(profiles / "lab-a.csv");
  CHECK(after.message_overhead == before.message_overhead);
  CHECK(after.layers.at("block1.conv1").compute.mean != before.layers.at("block1.conv1").compute.mean);
  const auto links = [&](const std::string& file) {
    return json::parse(world.run({"platform", file, "--json"}).out)["links"];
  };
  CHECK(links("lab.xml") == links("first.xml"));
  CHECK(outcome.out.find("Cores of 1 MB") != std::string::npos);
}

TEST_CASE("a live run refits platform and profiles") {
  DigitsWorld world;
  REQUIRE(
      world.calibrate({"--workers", "a=spawn,b=spawn", "--model", "digits", "--models", "models", "--out", "lab.xml"})
          .code == 0);
  REQUIRE(world.run({"live", "s.yaml", "--store", "r.sqlite"}).code == 0);
  const Outcome outcome =
      world.run({"calibrate", "--from", "1", "--store", "r.sqlite", "--out", "refit.xml", "--json"});
  REQUIRE(outcome.err == "");
  CHECK(outcome.code == 0);
  const json report = json::parse(outcome.out);
  REQUIRE(report["ways"].size() == 2);
  CHECK(report["ways"][0]["messages"] == 4);
  REQUIRE(report["stages"].size() == 2);
  CHECK(report["stages"][1]["requests"] == 4);
  const LatencyProfile profile = load_latency_profile(world.folder.path() / "models/profiles/digits/refit-b.csv");
  CHECK(profile.layers.at("block1.conv1").source == "refitted to a run");

  world.set("platform", "refit.xml");
  CHECK(world.run({"sim", "s.yaml"}).code == 0);

  const auto error = [&](const std::string& run) {
    return world.run({"calibrate", "--from", run, "--store", "r.sqlite", "--out", "other.xml"}).err;
  };
  CHECK(error("7") == "twinfer: r.sqlite: --from: `7`: is no run of this store\n");
  REQUIRE(world.run({"sim", "s.yaml", "--store", "r.sqlite"}).code == 0);
  CHECK(error("2") == "twinfer: r.sqlite: --from: `2`: is no live run\n");
  CHECK(!world.has("other.xml"));
}

TEST_CASE("a calibration that cannot be is refused in one line, and writes nothing") {
  const DigitsWorld world;
  const auto error = [&](const std::vector<std::string>& arguments) {
    const Outcome outcome = world.run(with({"calibrate"}, arguments));
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(error({"--workers", "a=spawn"}) == "twinfer: missing --out PLATFORM.xml; see `twinfer calibrate --help`\n");
  CHECK(error({"--out", "lab.xml"}) ==
        "twinfer: missing SCENARIO, --platform or --workers; see `twinfer calibrate --help`\n");
  CHECK(error({"--workers", "a=spawn", "--out", "lab.txt"}) == "twinfer: --out: `lab.txt`: must end in .xml\n");
  CHECK(error({"--workers", "a=spawn", "--out", "lab.xml"}) ==
        "twinfer: has no two devices with workers and a route between them\n");
  CHECK(error({"--workers", "a=spawn,b", "--out", "lab.xml"}) ==
        "twinfer: --workers: `b`: must be DEVICE=HOST:PORT or DEVICE=spawn\n");
  CHECK(error({"--workers", "a=spawn,a=spawn", "--out", "lab.xml"}) ==
        "twinfer: --workers: `a=spawn`: names a device that is named before\n");
  CHECK(error({"--workers", "a=spawn,b=spawn", "--seconds", "0", "--out", "lab.xml"}) ==
        "twinfer: --seconds: `0`: must be above 0 and at most 600\n");
  CHECK(error({"--workers", "a=spawn,b=spawn", "--messages", "201", "--out", "lab.xml"}) ==
        "twinfer: --messages: `201`: must be at most 200\n");
  CHECK(error({"--workers", "a=spawn,b=spawn", "--pause", "1001", "--out", "lab.xml"}) ==
        "twinfer: --pause: `1001`: must be 0 to 1000 milliseconds\n");
  CHECK(error({"--platform", "platform.xml", "--links-only", "--profiles-only", "--out", "lab.xml"}) ==
        "twinfer: --links-only and --profiles-only contradict each other\n");
  CHECK(error({"--platform", "platform.xml", "--workers", "pi=spawn,pc=spawn", "--profiles-only", "--out",
               "lab.xml"}) == "twinfer: --profiles-only needs SCENARIO or --model\n");
  CHECK(error({"--workers", "pi=spawn,pc=spawn", "--profiles-only", "--out", "lab.xml"}) ==
        "twinfer: --profiles-only needs SCENARIO or --platform\n");
  CHECK(error({"--platform", "platform.xml", "--workers", "nobody=spawn", "--out", "lab.xml"})
            .starts_with("twinfer: --workers: `nobody`: is no device of "));
  CHECK(error({"--platform", "platform.xml", "--workers", "pi=127.0.0.1:1,pc=spawn", "--out", "lab.xml"}) ==
        "twinfer-node: 127.0.0.1:1: Connection refused\n");
  CHECK(error({"--from", "1", "--model", "digits", "--out", "lab.xml"}) ==
        "twinfer: --from takes no model; see `twinfer calibrate --help`\n");
  CHECK(!world.has("lab.xml"));
}

}  // namespace
}  // namespace twinfer
