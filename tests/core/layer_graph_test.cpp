#include "core/layer_graph.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

Layer layer(const std::string& name, const std::vector<LayerId>& inputs) {
  return {name, "conv", inputs, {1, 1}, Bytes(4), Flops(1), Bytes(0)};
}

std::string error(const std::vector<Layer>& layers, const std::vector<ExitHead>& heads = {}) {
  return refusal_of([&] { const LayerGraph graph("net", layers, heads); });
}

TEST_CASE("a graph knows its last readers, layers and exits") {
  const LayerGraph graph = tiny::dag({{{}, 100}, {{0}, 40}, {{0, 1}, 8}, {{1, 2}, 4}}, {1, 2});
  CHECK(graph.model() == "tiny");
  CHECK(graph.size() == 4);
  CHECK(graph.last() == 3);
  CHECK(graph.last_reader(0) == 2);
  CHECK(graph.last_reader(1) == 3);
  CHECK(graph.last_reader(2) == 3);
  CHECK(graph.last_reader(3) == 3);
  CHECK(graph.find_layer("l2") == LayerId{2});
  CHECK(graph.find_layer("l9") == std::nullopt);
  CHECK(graph.find_exit("exit2") == ExitId{1});
  CHECK(graph.find_exit("final") == std::nullopt);
  CHECK(graph.exit_name(0) == "exit1");
  CHECK(graph.exit_name(1) == "exit2");
  CHECK(graph.exit_name(2) == "final");
}

TEST_CASE("a graph that is none is refused") {
  CHECK(error({layer("in", {})}) == "net: layers: `1`: must be an input and at least one layer");
  CHECK(error({layer("in", {0}), layer("a", {0})}) == "net: in: the input layer can have no inputs");
  CHECK(error({layer("in", {}), layer("a", {})}) == "net: a: has no inputs");
  CHECK(error({layer("in", {}), layer("a", {1})}) == "net: a: `1`: inputs must precede the layer");
  CHECK(error({layer("in", {}), layer("a", {0}), layer("b", {0})}) == "net: a: is read by no layer");
  CHECK(error({layer("in", {}), layer("a", {0}), layer("a", {1})}) == "net: name: `a`: is used twice");
  CHECK(error({layer("in", {}), layer("final", {0})}) == "net: name: `final`: is used twice");
}

TEST_CASE("heads hang on ascending inner layers under names of their own") {
  const std::vector<Layer> chain{layer("in", {}), layer("a", {0}), layer("b", {1}), layer("c", {2})};
  const auto head = [](const std::string& name, LayerId on) { return ExitHead{name, on, Flops(1), Bytes(0)}; };
  CHECK(error(chain, {head("e", 1), head("f", 2)}) == "no error");
  CHECK(error(chain, {head("e", 0)}) == "net: e: `0`: heads must hang on ascending inner layers");
  CHECK(error(chain, {head("e", 3)}) == "net: e: `3`: heads must hang on ascending inner layers");
  CHECK(error(chain, {head("e", 2), head("f", 1)}) == "net: f: `1`: heads must hang on ascending inner layers");
  CHECK(error(chain, {head("e", 1), head("f", 1)}) == "net: f: `1`: heads must hang on ascending inner layers");
  CHECK(error(chain, {head("a", 1)}) == "net: name: `a`: is used twice");
}

TEST_CASE("shapes are written as they are read") {
  CHECK(format_shape({1, 3, 224, 224}) == "1x3x224x224");
  CHECK(parse_shape("1x3x224x224", "f", "shape") == std::vector<long>{1, 3, 224, 224});
  CHECK(parse_shape("7", "f", "shape") == std::vector<long>{7});
}

TEST_CASE("a text that is no shape is refused") {
  for (const std::string text : {"1x", "x1", "1xx2", "0x3", "-1x3", "1x3.5", "1 x3", "a", "1x1000001", "1x99999999999"})
    CHECK_THROWS_WITH_AS(parse_shape(text, "f", "shape"),
                         ("f: shape: `" + text + "`: must be sizes like 1x3x224x224, each 1 to 1000000").c_str(),
                         InputError);
  CHECK_THROWS_WITH_AS(parse_shape("", "f", "shape"),
                       "f: shape: `(empty)`: must be sizes like 1x3x224x224, each 1 to 1000000", InputError);
}

struct GraphFile {
  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "tiny.csv";
  LayerGraph graph = tiny::dag({{{}, 100}, {{0}, 40, 12}, {{0, 1}, 8}, {{1, 2}, 4}}, {1, 2});

  GraphFile() { save_layer_graph(graph, file); }

  std::string error(const std::string& from, const std::string& to) const {
    folder.write("bad.csv", replaced(folder.read("tiny.csv"), from, to));
    return refusal_of(folder, [&] { load_layer_graph(folder.path() / "bad.csv"); });
  }
};

TEST_CASE_FIXTURE(GraphFile, "a graph survives being written and read") {
  const LayerGraph read = load_layer_graph(file);
  CHECK(read.model() == graph.model());
  REQUIRE(read.size() == graph.size());
  for (LayerId id = 0; id < graph.size(); ++id) {
    CHECK(read.layer(id).name == graph.layer(id).name);
    CHECK(read.layer(id).kind == graph.layer(id).kind);
    CHECK(read.layer(id).inputs == graph.layer(id).inputs);
    CHECK(read.layer(id).output_shape == graph.layer(id).output_shape);
    CHECK(read.layer(id).output_bytes == graph.layer(id).output_bytes);
    CHECK(read.layer(id).flops == graph.layer(id).flops);
    CHECK(read.layer(id).parameter_bytes == graph.layer(id).parameter_bytes);
  }
  REQUIRE(read.exit_heads().size() == 2);
  for (ExitId id = 0; id < 2; ++id) {
    CHECK(read.exit_heads()[id].name == graph.exit_heads()[id].name);
    CHECK(read.exit_heads()[id].layer == graph.exit_heads()[id].layer);
    CHECK(read.exit_heads()[id].flops == graph.exit_heads()[id].flops);
    CHECK(read.exit_heads()[id].parameter_bytes == graph.exit_heads()[id].parameter_bytes);
  }
  save_layer_graph(read, folder.path() / "again.csv");
  CHECK(folder.read("again.csv") == folder.read("tiny.csv"));
}

TEST_CASE_FIXTURE(GraphFile, "a graph file with a bad field is refused") {
  CHECK(error("2,layer,l2,conv,0 1,1x2,8,", "2,layer,l2,conv,0 1,1x2,-8,") ==
        "bad.csv: row 3, output_bytes: `-8`: must be at least 0");
  CHECK(error("2,layer,l2,conv,0 1,1x2,8,1000,", "2,layer,l2,conv,0 1,1x2,8,nan,") ==
        "bad.csv: row 3, flops: `nan`: must be a finite number");
  CHECK(error("2,layer,l2,conv,0 1,1x2,", "2,layer,l2,conv,0 1,1y2,") ==
        "bad.csv: row 3, output_shape: `1y2`: must be sizes like 1x3x224x224, each 1 to 1000000");
  CHECK(error("2,layer,l2,conv,0 1,", "2,layer,l2,conv,0 x,") ==
        "bad.csv: row 3, inputs: `x`: must be a finite number");
  CHECK(error("2,layer,l2,conv,0 1,", "2,layer,l2,conv,0 -1,") == "bad.csv: row 3, inputs: `0 -1`: must be layer ids");
  CHECK(error("2,layer,l2,conv,0 1,", "2,layer,l2,conv,0 0.5,") ==
        "bad.csv: row 3, inputs: `0 0.5`: must be layer ids");
  CHECK(error("2,layer,l2,", "7,layer,l2,") == "bad.csv: row 3, id: `7`: ids must count up from 0");
  CHECK(error("2,layer,l2,", "2,lair,l2,") ==
        "bad.csv: row 3, role: `lair`: must be `layer`, or `exit` with one input");
  CHECK(error("exit,exit2,exit,2,", "exit,exit2,exit,1 2,") ==
        "bad.csv: row 6, role: `exit`: must be `layer`, or `exit` with one input");
}

TEST_CASE_FIXTURE(GraphFile, "a graph file that holds no graph is refused under its name") {
  CHECK(error("2,layer,l2,conv,0 1,", "2,layer,l2,conv,0 2,") ==
        "bad.csv: tiny: l2: `2`: inputs must precede the layer");
  CHECK(error("3,layer,l3,conv,1 2,", "3,layer,l3,conv,1,") == "bad.csv: tiny: l2: is read by no layer");
}

TEST_CASE_FIXTURE(GraphFile, "a graph file that is truncated or of another kind is refused") {
  CHECK(error("# model: tiny\n", "") == "bad.csv: model: missing; a line `# model: ...` is required");
  CHECK(error("# rows: 6\n", "") == "bad.csv: rows: missing; the file is truncated");
  CHECK(error("# rows: 6\n", "# rows: 7\n") == "bad.csv: rows: `6`: the file states 7 rows; it is truncated");
  CHECK(error("id,role,", "role,id,") ==
        "bad.csv: header: `role,id,name,kind,inputs,output_shape,output_bytes,flops,parameter_bytes`: must be "
        "`id,role,name,kind,inputs,output_shape,output_bytes,flops,parameter_bytes`");
}

}  // namespace
}  // namespace twinfer
