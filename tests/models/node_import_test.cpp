// twinfer-node model import, and what commands do with what it imported.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/latency_profile.h"
#include "core/layer_graph.h"
#include "tests/models/node_world.h"

namespace twinfer {
namespace {

const std::string kCases = std::string(TWINFER_TORCHSCRIPT_DIR) + "/cases/";

struct ImportWorld : NodeWorld {
  [[nodiscard]] std::vector<std::string> import(const std::string& file, const std::string& name) const {
    return {"model", "import", file, "--input", "1x4x8x8", "--name", name, "--models", "zoo"};
  }
  [[nodiscard]] std::vector<std::string> names_in(const std::string& inner) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder / inner))
      names.push_back(entry.path().filename());
    return names;
  }
};

TEST_CASE("import makes the models folder that it leaves the module and its graph in, and other commands find them") {
  const ImportWorld world;
  const Outcome outcome = world.node(world.import(kCases + "ManyOutputs.pt", "many"));
  CHECK(outcome.err.empty());
  REQUIRE(outcome.code == 0);
  CHECK(outcome.out ==
        "many: 2 layers\nResult: the first of the 2 tensors that forward gives\n"
        "Module: zoo/imported/many.pt\nGraph: zoo/graphs/many.csv\n");
  CHECK(load_layer_graph(world.folder.path() / "zoo/graphs/many.csv").layer(2).name == "relu");

  const Outcome shown = world.node({"model", "show", "many", "--models", "zoo", "--json"});
  REQUIRE(shown.code == 0);
  CHECK(nlohmann::json::parse(shown.out)["layers"][1]["kind"] == "conv");

  REQUIRE(world.node({"model", "graph", "many", "--input", "1x4x6x6", "--models", "zoo"}).code == 0);
  CHECK(load_layer_graph(world.folder.path() / "zoo/graphs/many-1x4x6x6.csv").layer(1).output_shape ==
        std::vector<long>{1, 4, 6, 6});
}

TEST_CASE("a models folder that is not there is refused where nothing would be written to it") {
  const ImportWorld world;
  CHECK(world.complaint({"model", "list", "--models", "zoo"}) == "--models: `zoo`: no such folder");
  CHECK(world.complaint({"profile", "digits", "--device", "d", "--models", "zoo"}) ==
        "--models: `zoo`: no such folder");
  CHECK_FALSE(world.has("zoo"));
}

TEST_CASE("an imported network is profiled like any other, one input at a time") {
  const ImportWorld world;
  REQUIRE(world.node(world.import(kCases + "Skip.pt", "skip")).code == 0);
  REQUIRE(world.node({"profile", "skip", "--device", "d", "--repeat", "2", "--models", "zoo"}).code == 0);
  const LatencyProfile profile = load_latency_profile(world.folder.path() / "zoo/profiles/skip/d.csv");
  CHECK(profile.layers.size() == 6);
  CHECK(profile.layers.contains("conv_2"));
  CHECK(world.complaint({"profile", "skip", "--device", "d", "--batch", "2", "--models", "zoo"}) ==
        "skip: conv: input: `2x4x8x8 Float`: must be 1x4x8x8 Float, as when the network was imported");
}

TEST_CASE("a network imported again replaces the earlier one") {
  const ImportWorld world;
  REQUIRE(world.node(world.import(kCases + "Skip.pt", "mine")).code == 0);
  REQUIRE(world.node(world.import(kCases + "Concat.pt", "mine")).code == 0);
  CHECK(load_layer_graph(world.folder.path() / "zoo/graphs/mine.csv").last() == 4);
}

TEST_CASE("profiles outlive an import of the same graph, and are removed with a graph that another one replaces") {
  const ImportWorld world;
  REQUIRE(world.node(world.import(kCases + "Skip.pt", "mine")).code == 0);
  REQUIRE(world.node(world.import(kCases + "Skip.pt", "mine-2")).code == 0);
  REQUIRE(world.node({"model", "graph", "mine", "--input", "1x4x6x6", "--models", "zoo"}).code == 0);
  for (const char* file : {"mine/a.csv", "mine/b.csv", "mine-1x4x6x6/a.csv", "mine-2/a.csv", "mine/notes.txt"})
    world.folder.write(std::string("zoo/profiles/") + file, "x");
  const std::string placed = "mine: 4 layers\nModule: zoo/imported/mine.pt\nGraph: zoo/graphs/mine.csv\n";
  const std::string gone = "Removed, of the earlier network: zoo/";

  // Traced, the same graph.
  CHECK(world.node(world.import(kCases + "SkipTraced.pt", "mine")).out == replaced(placed, "4", "5"));
  // The same module at another shape: graphs at further shapes still hold.
  std::vector<std::string> smaller = world.import(kCases + "SkipTraced.pt", "mine");
  smaller[4] = "1x4x4x4";
  CHECK(world.node(smaller).out ==
        replaced(placed, "4", "5") + gone + "profiles/mine/a.csv\n" + gone + "profiles/mine/b.csv\n");
  CHECK(world.has("zoo/graphs/mine-1x4x6x6.csv"));
  CHECK(world.node(world.import(kCases + "Concat.pt", "mine")).out ==
        placed + gone + "graphs/mine-1x4x6x6.csv\n" + gone + "profiles/mine-1x4x6x6/a.csv\n");
  CHECK(world.has("zoo/profiles/mine-2/a.csv"));
  CHECK(world.has("zoo/profiles/mine/notes.txt"));
  CHECK(world.has("zoo/graphs/mine-2.csv"));
}

TEST_CASE("an import whose graph cannot be written leaves the earlier network as it was") {
  const ImportWorld world;
  REQUIRE(world.node(world.import(kCases + "Skip.pt", "mine")).code == 0);
  const std::string module = world.folder.read("zoo/imported/mine.pt");
  world.folder.write("zoo/profiles/mine/a.csv", "x");
  std::filesystem::remove(world.folder / "zoo/graphs/mine.csv");
  std::filesystem::create_directory(world.folder / "zoo/graphs/mine.csv");
  CHECK(world.complaint(world.import(kCases + "Concat.pt", "mine")) ==
        "zoo/graphs/mine.csv: cannot be written (Is a directory)");
  CHECK(world.folder.read("zoo/imported/mine.pt") == module);
  CHECK(world.has("zoo/profiles/mine/a.csv"));
  CHECK(world.names_in("zoo/imported") == std::vector<std::string>{"mine.pt"});
}

TEST_CASE("an import whose module cannot be written leaves the earlier network as it was") {
  const ImportWorld world;
  REQUIRE(world.node(world.import(kCases + "Skip.pt", "mine")).code == 0);
  const std::string graph = world.folder.read("zoo/graphs/mine.csv");
  const std::string module = world.folder.read("zoo/imported/mine.pt");
  // A limit on file sizes that the graph keeps and the module does not.
  const std::string limited = "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"";
  std::vector<std::string> arguments = world.import(kCases + "Concat.pt", "mine");
  arguments.insert(arguments.begin(), {"-c", limited, std::string(TWINFER_BIN_DIR) + "/twinfer-node"});
  const Outcome outcome = world.run_program("/bin/sh", arguments);
  CHECK(outcome.code == 2);
  CHECK(outcome.err == "twinfer-node: zoo/imported/mine.pt: cannot be written (File too large)\n");
  CHECK(world.folder.read("zoo/graphs/mine.csv") == graph);
  CHECK(world.folder.read("zoo/imported/mine.pt") == module);
  CHECK(world.names_in("zoo/imported") == std::vector<std::string>{"mine.pt"});
  CHECK(world.names_in("zoo/graphs") == std::vector<std::string>{"mine.csv"});
}

TEST_CASE("a wrong command line of import is refused in one line, and nothing is written") {
  const ImportWorld world;
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const std::string complaint = world.complaint(arguments);
    CHECK_FALSE(world.has("zoo"));
    return complaint;
  };
  CHECK(refused({"model", "import"}) == "missing FILE; see `twinfer model --help`");
  CHECK(refused({"model", "import", "x.pt"}) == "missing --name NAME; see `twinfer model --help`");
  CHECK(refused({"model", "import", "x.pt", "--name", "x"}) == "missing --input SHAPE; see `twinfer model --help`");
  CHECK(refused(world.import("x.pt", "x")) == "x.pt: cannot be read");
  CHECK(refused(world.import("x.pt", "a/b")) == "--name: `a/b`: must be 1 to 64 of a-z, 0-9, dash, underscore and dot");
  CHECK(refused(world.import("x.pt", "alexnet")) == "--name: `alexnet`: is the name of another network");
  CHECK(refused(world.import(kCases + "DataBranch.pt", "x")) ==
        kCases +
            "DataBranch.pt: node: `aten::Bool`: reads what a tensor holds into a number: control flow that depends "
            "on data cannot be imported");
  CHECK(refused({"model", "import", kCases + "Skip.pt", "--input", "1x3x8x8", "--name", "x", "--models", "zoo"}) ==
        kCases +
            "Skip.pt: node: `conv (aten::conv2d)`: Given groups=1, weight of size [4, 4, 3, 3], expected input[1, 3, "
            "8, 8] to have 4 channels, but got 3 channels instead");
  CHECK(refused(world.import(kCases + "CustomClass.pt", "x")) ==
        kCases +
            "CustomClass.pt: node: `prim::CreateObject`: makes an object of class `Scale`: custom classes cannot be "
            "imported");
  world.folder.write("text.pt", "no archive");
  CHECK(refused(world.import("text.pt", "x")) == "text.pt: is no TorchScript archive, or a truncated one");
}

}  // namespace
}  // namespace twinfer
