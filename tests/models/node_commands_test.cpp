// twinfer-node model and twinfer-node profile, run as programs.
#include <map>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/latency_profile.h"
#include "core/layer_graph.h"
#include "tests/models/node_world.h"

namespace twinfer {
namespace {

const std::string kModels = std::string(TWINFER_SOURCE_DIR) + "/models";

TEST_CASE("model list has a line for every network") {
  const Outcome outcome = NodeWorld().node({"model", "list", "--models", kModels, "--json"});
  REQUIRE(outcome.code == 0);
  const auto json = nlohmann::json::parse(outcome.out);
  std::map<std::string, nlohmann::json> by_name;
  for (const auto& network : json) by_name[network["model"]] = network;
  REQUIRE(by_name.size() == 11);
  CHECK(by_name["cifar10-branchy"]["exits"] == 4);
  CHECK(by_name["digits"]["exits"] == 4);
  CHECK(by_name["digits"]["trained"] == true);
  CHECK(by_name["inception-v3-cifar10"]["exits"] == 16);
  CHECK(by_name["vit-b-16"]["layers"] == 150);
  CHECK(by_name["vit-b-16"]["trained"] == false);
}

TEST_CASE("model show gives every layer with its sizes and its exit") {
  const Outcome outcome = NodeWorld().node({"model", "show", "digits", "--json"});
  REQUIRE(outcome.code == 0);
  const auto json = nlohmann::json::parse(outcome.out);
  REQUIRE(json["layers"].size() == 23);
  CHECK(json["layers"][6]["name"] == "block1.squeeze");
  CHECK(json["layers"][6]["output_bytes"] == 16384);
  CHECK(json["layers"][6]["exit"]["name"] == "exit1");
  CHECK(NodeWorld().node({"model", "show", "digits"}).out.find("block1.squeeze") != std::string::npos);
}

TEST_CASE("model graph writes the graph at another shape under that shape's name") {
  const NodeWorld world;
  std::filesystem::create_directories(world.folder.path() / "zoo");
  const Outcome outcome = world.node({"model", "graph", "resnet50", "--input", "1x3x64x64", "--models", "zoo"});
  CHECK(outcome.err.empty());
  REQUIRE(outcome.code == 0);
  const LayerGraph graph = load_layer_graph(world.folder.path() / "zoo/graphs/resnet50-1x3x64x64.csv");
  CHECK(graph.layer(1).output_shape == std::vector<long>{1, 64, 32, 32});
}

TEST_CASE("profile writes what it measured, message overhead included") {
  const NodeWorld world;
  const Outcome outcome =
      world.node({"profile", "digits", "--device", "d", "--repeat", "2", "--models", kModels, "--out", "new/p.csv"});
  CHECK(outcome.err.empty());
  REQUIRE(outcome.code == 0);
  const LatencyProfile profile = load_latency_profile(world.folder.path() / "new/p.csv");
  CHECK(profile.device == "d");
  CHECK(profile.layers.size() == 23);
  CHECK(profile.message_overhead > Seconds(0));
}

TEST_CASE("a wrong command line of model is refused in one line") {
  const NodeWorld world;
  CHECK(world.complaint({"model"}) == "missing ACTION; see `twinfer model --help`");
  CHECK(world.complaint({"model", "draw"}) ==
        "ACTION: `draw`: must be list, show, graph, import, train or trace; see `twinfer model --help`");
  CHECK(world.complaint({"model", "show"}) ==
        "missing NAME; `twinfer model list` shows the networks; see `twinfer model --help`");
  CHECK(
      world.complaint({"model", "show", "lenet"}) ==
      "model: `lenet`: must be one of alexnet, cifar10-branchy, digits, googlenet, inception-v3-cifar10, mobilenet-v2, "
      "resnet50, resnet50-cifar100, vgg16, vgg19, vit-b-16");
  CHECK(world.complaint({"model", "show", "alexnet", "--input", "3x"}) ==
        "--input: `3x`: must be sizes like 1x3x224x224, each 1 to 1000000");
  CHECK(world.complaint({"model", "show", "alexnet", "--input", "1x3x32x32"}) ==
        "alexnet: input shape: `1x3x32x32`: layer features.12 cannot take 1x256x1x1");
  CHECK(world.complaint({"model", "train", "alexnet"}) ==
        "model: `alexnet`: has no training recipe; only cifar10-branchy and digits have one");
  CHECK(world.complaint({"model", "train", "cifar10-branchy"}) ==
        "--data: missing; cifar10-branchy needs the folder that its images are in");
  CHECK(world.complaint({"model", "train", "digits", "--epochs", "0"}) == "--epochs: `0`: must be at least 1");
  CHECK(world.complaint({"model", "train", "digits", "--threads", "0"}) == "--threads: `0`: must be at least 1");
}

TEST_CASE("a wrong command line of profile is refused in one line, and no file is written") {
  const NodeWorld world;
  const auto refused = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"profile", "digits", "--models", kModels, "--out", "p.csv"});
    const std::string complaint = world.complaint(arguments);
    CHECK_FALSE(world.has("p.csv"));
    return complaint;
  };
  CHECK(world.complaint({"profile"}) == "missing MODEL; see `twinfer profile --help`");
  CHECK(world.complaint({"profile", "digits", "--derive"}) == "--derive takes no MODEL; see `twinfer profile --help`");
  CHECK(refused({}) == "missing --device NAME; see `twinfer profile --help`");
  CHECK(refused({"--device", "a/b"}) == "--device: `a/b`: must be a name without slash or comma");
  CHECK(refused({"--device", "d", "--threads", "0"}) == "--threads: `0`: must be at least 1");
  CHECK(refused({"--device", "d", "--batch", "0"}) == "--batch: `0`: must be at least 1");
  CHECK(refused({"--device", "d", "--repeat", "0"}) == "--repeat: `0`: must be at least 1");
}

TEST_CASE("training refuses a folder without the data") {
  const NodeWorld world;
  std::filesystem::create_directories(world.folder.path() / "zoo");
  CHECK(world.complaint({"model", "train", "digits", "--models", "zoo"}) == "zoo/data/digits.csv.gz: cannot be read");
  CHECK_FALSE(world.has("zoo/weights"));
  CHECK(world.complaint({"model", "train", "digits", "--data", "x"}) == "--data: `x`: digits has its own data");
  const std::string data = "data";
  CHECK(world.complaint({"model", "train", "cifar10-branchy", "--data", data, "--models", "zoo"}) ==
        data + ": is no folder");
  world.folder.write("data/train.bin", std::string(1, '\0') + std::string(1, '\x63') + std::string(3072, 'x'));
  CHECK(world.complaint({"model", "train", "cifar10-branchy", "--data", data, "--models", "zoo"}) ==
        data + ": classes: `100`: cifar10-branchy tells 10 apart");
  CHECK_FALSE(world.has("zoo/weights"));
}

}  // namespace
}  // namespace twinfer
