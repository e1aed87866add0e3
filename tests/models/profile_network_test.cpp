// Profiles, measured and derived.
#include "models/profile_network.h"

#include <filesystem>

#include "core/cost_model.h"
#include "models/zoo.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

Network digits() { return make_network("digits", default_input_shape("digits"), 1); }

ProfileSettings tiny() {
  ProfileSettings settings;
  settings.device = "test";
  settings.repeat = 3;
  settings.warm_up = 1;
  return settings;
}

TEST_CASE("a profile has every layer and head, and its whole key") {
  const Network network = digits();
  const LatencyProfile profile = profile_network(network, tiny());
  CHECK(profile.layers.size() == network.graph().size());
  for (const Layer& layer : network.graph().layers()) {
    CAPTURE(layer.name);
    REQUIRE(profile.layers.contains(layer.name));
    CHECK(profile.layers.at(layer.name).output_bytes == layer.output_bytes);
    CHECK(profile.layers.at(layer.name).source == "measured");
    CHECK(profile.layers.at(layer.name).encode > Seconds(0));
  }
  CHECK(profile.layers.at("input").compute.median() == Seconds(0));
  CHECK(profile.layers.at("block1.conv2").compute.samples == 3);
  CHECK(profile.exits.size() == 3);
  CHECK(profile.exits.at("exit2").samples == 3);
  CHECK(profile.model == "digits");
  CHECK(profile.input == "1x1x64x64");
  CHECK(profile.device == "test");
  CHECK(profile.precision == "fp32");
  CHECK(profile.runtime.starts_with("libtorch-"));
  CHECK(profile.threads == 1);
  CHECK(profile.batch == 1);
}

TEST_CASE("a profile survives its file and serves a cost model") {
  const TemporaryFolder folder;
  const Network network = digits();
  LatencyProfile profile = profile_network(network, tiny());
  profile.message_overhead = Seconds(1e-5);
  save_latency_profile(profile, folder / "test.csv");
  const LatencyProfile loaded = load_latency_profile(folder / "test.csv");
  CHECK(loaded.layers.at("block2.conv2").compute.median() == profile.layers.at("block2.conv2").compute.median());

  Platform platform;
  platform.devices = {{"here", 1e9, 1, {}, "test", ""}};
  const std::vector<std::optional<LatencyProfile>> profiles{loaded};
  const CostModel cost(network.graph(), platform, profiles);
  CHECK(cost.compute(9, 0) == loaded.layers.at("block2.conv2").compute.median());
}

TEST_CASE("a batch runs as a whole and leaves the graph's output bytes") {
  ProfileSettings settings = tiny();
  settings.batch = 4;
  const LatencyProfile profile = profile_network(digits(), settings);
  CHECK(profile.batch == 4);
  CHECK(profile.layers.at("block1.pool").output_bytes == Bytes(65536));
}

TEST_CASE("progress counts warm-up and measured runs") {
  std::vector<unsigned> seen;
  profile_network(digits(), tiny(), [&](unsigned done, unsigned all) {
    CHECK(all == 4);
    seen.push_back(done);
  });
  CHECK(seen == std::vector<unsigned>{1, 2, 3, 4});
}

TEST_CASE("settings without sense are refused") {
  const Network network = digits();
  const auto complaint = [&](const ProfileSettings& settings) {
    return refusal_of([&] { profile_network(network, settings); });
  };
  ProfileSettings settings = tiny();
  settings.threads = 0;
  CHECK(complaint(settings) == "threads: `0`: must be 1 to 1024");
  settings = tiny();
  settings.batch = 0;
  CHECK(complaint(settings) == "batch: `0`: must be at least 1");
  settings = tiny();
  settings.repeat = 0;
  CHECK(complaint(settings) == "repeat: `0`: must be at least 1");
  settings = tiny();
  settings.device = "";
  CHECK(complaint(settings) == "device: must have a name");
}

}  // namespace
}  // namespace twinfer
