// Profiles scaled to published totals.
#include "models/derived_profiles.h"

#include <algorithm>
#include <fstream>

#include "core/error.h"
#include "core/layer_graph.h"
#include "models/zoo.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

const std::filesystem::path kProfiles = std::filesystem::path(TWINFER_SOURCE_DIR) / "models" / "profiles";

// Layers of 2 and 3 s, a head of 1 s, codec 10 ms both ways, overhead 1 ms.
LatencyProfile measured() {
  LatencyProfile profile;
  profile.model = "tiny";
  profile.input = "1x1";
  profile.device = "reference";
  profile.host = "here";
  profile.runtime = "none";
  profile.precision = "fp32";
  profile.date = "2026-01-01T00:00:00Z";
  profile.message_overhead = Seconds(0.001);
  const auto layer = [](double time_s) {
    return LayerLatency{constant_latency(Seconds(time_s)), Bytes(4), Seconds(0.01), Seconds(0.01), "measured"};
  };
  profile.layers = {{"input", layer(0)}, {"a.1", layer(2)}, {"b.1", layer(3)}};
  profile.exits = {{"exit1", constant_latency(Seconds(1))}};
  profile.file = "tiny/reference.csv";
  return profile;
}

std::string table(const std::string& row) {
  return "# rows: 1\nmodel,device,published_s,anchor,layers,source\n" + row + "\n";
}

TEST_CASE("a total counts the layers whose names start with the prefix") {
  CHECK(total_compute(measured(), "") == Seconds(5));
  CHECK(total_compute(measured(), "b.") == Seconds(3));
  CHECK_THROWS_WITH_AS(total_compute(measured(), "c."),
                       "tiny/reference.csv: layers: `c.`: no layer whose name starts so takes time", InputError);
}

TEST_CASE("a slower device computes, encodes and sends more slowly by one factor") {
  const LatencyProfile slow = scale_profile(measured(), "slow", 4, "a figure");
  CHECK(slow.device == "slow");
  CHECK(slow.layers.at("a.1").compute.median() == Seconds(8));
  CHECK(slow.exits.at("exit1").median() == Seconds(4));
  CHECK(slow.layers.at("a.1").encode == Seconds(0.04));
  CHECK(slow.message_overhead == Seconds(0.004));
  CHECK(slow.layers.at("a.1").source == "reference x 4: a figure");
}

TEST_CASE("a faster device computes faster but handles messages as before") {
  const LatencyProfile fast = scale_profile(measured(), "fast", 0.5, "a figure");
  CHECK(fast.layers.at("b.1").compute.median() == Seconds(1.5));
  CHECK(fast.layers.at("b.1").decode == Seconds(0.01));
  CHECK(fast.message_overhead == Seconds(0.001));
}

TEST_CASE("a derived profile meets the published total of its anchor") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "tiny");
  save_latency_profile(measured(), folder / "tiny/reference.csv");
  // b.* takes 3 s here and is published with 6 s: everything times 2
  std::ofstream(folder / "derived.csv") << table("tiny,slow,6,tiny/reference,b.,a figure");
  const auto written = derive_profiles(folder.path());
  REQUIRE(written.size() == 1);
  CHECK(written[0] == folder / "tiny/slow.csv");
  CHECK(total_compute(load_latency_profile(written[0]), "") == Seconds(10));
}

TEST_CASE("derivations that are malformed are refused") {
  const TemporaryFolder folder;
  const std::string file = (folder / "derived.csv").string();
  std::ofstream(file) << table("tiny,slow,0,tiny/reference,,a figure");
  CHECK_THROWS_WITH_AS(load_derivations(file), (file + ": row 1, published_s: `0`: must be above 0").c_str(),
                       InputError);
  std::ofstream(file) << table("tiny,slow,6,tiny/reference,,a figure");
  CHECK_THROWS_WITH_AS(derive_profiles(folder.path()),
                       ((folder / "tiny/reference.csv").string() + ": cannot be read").c_str(), InputError);
}

// A network may come without profiles until it has been measured on a quiet
// machine; one that has some must have all.
TEST_CASE("every measured network has a profile of every device, which fits its graph") {
  std::vector<std::string> measured_models;
  for (const std::string& model : zoo_names()) {
    if (!std::filesystem::exists(kProfiles / model)) continue;
    measured_models.push_back(model);
    const LayerGraph graph = load_layer_graph(kProfiles / ".." / "graphs" / (model + ".csv"));
    for (const std::string device : {"reference", "raspberry-pi-4", "jetson-nano", "pc", "cloud-gpu"}) {
      CAPTURE(model + " on " + device);
      const LatencyProfile profile = load_latency_profile(kProfiles / model / (device + ".csv"));
      CHECK(profile.device == device);
      CHECK(profile.message_overhead > Seconds(0));
      CHECK(profile.layers.size() == graph.size());
      CHECK(profile.exits.size() == graph.exit_heads().size());
      for (const Layer& layer : graph.layers()) CHECK(profile.layers.at(layer.name).output_bytes == layer.output_bytes);
    }
  }
  for (const std::string model : {"alexnet", "digits", "resnet50", "vgg16"}) {
    CAPTURE(model);
    CHECK(std::ranges::find(measured_models, model) != measured_models.end());
  }
}

TEST_CASE("committed profiles meet the published totals") {
  const auto total_s = [](const std::string& name) {
    return total_compute(load_latency_profile(kProfiles / (name + ".csv")), "").si();
  };
  CHECK(total_s("vgg16/raspberry-pi-4") == doctest::Approx(2.111));
  CHECK(total_s("vgg16/pc") == doctest::Approx(0.1135));
  CHECK(total_s("vgg16/cloud-gpu") == doctest::Approx(0.0074));
  CHECK(total_s("resnet50/raspberry-pi-4") == doctest::Approx(0.961));
  CHECK(total_s("resnet50/pc") == doctest::Approx(0.0815));
  CHECK(total_s("resnet50/cloud-gpu") == doctest::Approx(0.0345));
  // faas-sim: 1.10 s on a Nano where a Pi 4 takes 3.11 s
  CHECK(total_s("resnet50/jetson-nano") == doctest::Approx(0.961 * 1.10 / 3.11).epsilon(0.001));
}

}  // namespace
}  // namespace twinfer
