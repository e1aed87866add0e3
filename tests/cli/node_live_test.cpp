// `twinfer-node live`, the program itself, on workers that it starts.
#include <doctest/doctest.h>

#include "core/latency_profile.h"
#include "report/result_store.h"
#include "tests/cli/command_world.h"

namespace twinfer {
namespace {

// Emulated without dilation: the server with its GPU is faster than any machine that
// runs this, and a snail is slower, however busy that machine is.
constexpr const char* kUndilated = R"(
model: digits
models: MODELS
platform:
  file: by-hand.xml
  devices:
    - {name: pi, speed_flops: 1e9, cores: 4, memory_bytes: 4e9, profile: snail, endpoint: spawn}
    - {name: cloud, speed_flops: 1e12, cores: 4, memory_bytes: 4e9, profile: cloud-gpu, endpoint: spawn}
  links: [{name: wire, bandwidth_bytes_per_s: 1e9, latency_s: 0}]
  routes: [{from: pi, to: cloud, links: [wire]}, {from: cloud, to: pi, links: [wire]}]
chain: [pi, cloud]
policies: [remote, local]
requests: 2
live: {emulate: true}
)";

// A Raspberry Pi, eight times as slow.
void save_snail(const std::filesystem::path& profiles) {
  LatencyProfile profile = load_latency_profile(profiles / "raspberry-pi-4.csv");
  const auto slow_down = [](LatencyDistribution& time) {
    for (Seconds& quantile : time.quantiles) quantile *= 8;
    time.mean *= 8;
  };
  for (auto& [name, layer] : profile.layers) slow_down(layer.compute);
  for (auto& [name, head] : profile.exits) slow_down(head);
  profile.device = "snail";
  save_latency_profile(profile, profiles / "snail.csv");
}

std::filesystem::path make_models(const TemporaryFolder& folder) {
  const std::filesystem::path own = folder / "models";
  const std::filesystem::path shipped = std::filesystem::path(TWINFER_SOURCE_DIR) / "models";
  for (const char* part : {"graphs", "exits", "weights", "data", "profiles/digits"}) {
    std::filesystem::create_directories(own / part);
    std::filesystem::copy(shipped / part, own / part);
  }
  save_snail(own / "profiles/digits");
  return own;
}

TEST_CASE("a policy that is refused is named, and the others run") {
  const CommandWorld world;
  world.folder.write("resolved.yaml", replaced(kUndilated, "MODELS", make_models(world.folder).string()));
  const Outcome outcome = world.run_program(std::filesystem::path(TWINFER_BIN_DIR) / "twinfer-node",
                                            {"live", "resolved.yaml", "--store", "r.sqlite"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("live.dilation: `1`: stage 1 on cloud takes ") != std::string::npos);

  const ResultStore store(world.folder.path() / "r.sqlite", StoreAccess::kRead);
  const std::vector<RunInfo> runs = store.runs();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].policy == "remote");
  CHECK(runs[0].status == "failed");
  CHECK(store.rows(runs[0].id).results.empty());
  // Whether this machine was in time for `local` is another matter: it has run.
  CHECK(runs[1].policy == "local");
  CHECK(store.rows(runs[1].id).results.size() == 2);
}

}  // namespace
}  // namespace twinfer
