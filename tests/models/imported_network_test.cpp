// Small TorchScript modules, each with one difficulty.
#include "models/imported_network.h"

#include <fstream>
#include <random>

#include "core/error.h"
#include "models/threads.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/models/imported_runs.h"
#include "tests/support/temporary_folder.h"

// LibTorch's reader loses what it had made when it gives an archive up half-way.
extern "C" const char* __lsan_default_suppressions() { return "leak:libtorch_cpu"; }

namespace twinfer {
namespace {

const std::filesystem::path kCases = std::filesystem::path(TWINFER_TORCHSCRIPT_DIR) / "cases";
const std::vector<long> kShape{1, 4, 8, 8};

std::filesystem::path file_of(const std::string& name) { return kCases / (name + ".pt"); }

std::string show(const Layer& layer) {
  std::string text = layer.name + " " + format_shape(layer.output_shape) + " of";
  for (const LayerId input : layer.inputs) text += " " + std::to_string(input);
  return text;
}

// Imports a case and cuts it after every layer, and after all of them at once.
// Gives the layers as "name shape of inputs".
std::vector<std::string> check_case(const std::string& name) {
  CAPTURE(name);
  use_threads(1);
  const Network network = import_and_check(file_of(name), name, kShape).network;
  const LayerGraph& graph = network.graph();
  for (const std::uint64_t seed : {3, 4}) {
    const at::Tensor input = random_input(kShape, seed);
    const at::Tensor original = run_original(file_of(name), input);
    CHECK(relative_difference(network.forward(input), original) <= 1e-6);
    CHECK(relative_difference(run_scattered(network, input), original) <= 1e-6);
    for (LayerId after = 0; after < graph.last(); ++after)
      CHECK(relative_difference(run_cut(network, after, input), original) <= 1e-6);
  }
  std::vector<std::string> layers;
  for (LayerId id = 1; id < graph.size(); ++id) layers.push_back(show(graph.layer(id)));
  return layers;
}

using Layers = std::vector<std::string>;

// Without the path of the file, which every message begins with.
std::string refusal(const std::filesystem::path& file, const std::vector<long>& shape = kShape) {
  try {
    import_network(file, "x", shape);
  } catch (const InputError& error) {
    const std::string line = error.what();
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.size() < 400);
    REQUIRE(line.starts_with(file.string() + ": "));
    return line.substr(file.string().size() + 2);
  }
  return "(imported)";
}

TEST_CASE("a skip connection is a second reader, and a module used twice is two layers") {
  const Layers layers{"conv 1x4x8x8 of 0", "relu 1x4x8x8 of 1", "conv_2 1x4x8x8 of 2", "add 1x4x8x8 of 1 3",
                      "add_2 1x4x8x8 of 0 4"};
  CHECK(check_case("Skip") == layers);
  CHECK(check_case("SkipTraced") == layers);
  CHECK(check_case("SkipFrozen").size() == 5);  // its attributes, and so the paths, are gone
}

TEST_CASE("a list of tensors that grows in a loop is read by the concatenation") {
  const Layers layers{"conv 1x4x8x8 of 0", "sigmoid 1x4x8x8 of 1", "sigmoid_2 1x4x8x8 of 2",
                      "concat 1x16x8x8 of 0 1 2 3"};
  CHECK(check_case("Concat") == layers);
  CHECK(check_case("ConcatTraced") == layers);
}

TEST_CASE("a tensor with four readers is made once") {
  CHECK(check_case("SharedTensor") == Layers{"conv 1x4x8x8 of 0", "tanh 1x4x8x8 of 1", "sigmoid 1x4x8x8 of 1",
                                             "mul 1x4x8x8 of 2 3", "conv_2 1x4x8x8 of 1", "add 1x4x8x8 of 4 5",
                                             "sub 1x4x8x8 of 1 6"});
}

TEST_CASE("an in-place change is seen by every view of the memory and by no earlier reader") {
  // y reads the convolution before it is changed; z, a part of it, sees each change
  const Layers layers{"conv 1x4x8x8 of 0",  "mul 1x4x8x8 of 1",     "add 1x4x8x8 of 1",     "relu 1x4x8x8 of 3",
                      "mul_2 1x4x8x8 of 4", "add_2 1x4x8x8 of 2 5", "add_3 1x4x8x8 of 5 6", "concat 1x14x8x8 of 2 6 7"};
  CHECK(check_case("InPlace") == layers);
  CHECK(check_case("InPlaceTraced") == layers);
  CHECK(check_case("InPlaceSelf").size() == 3);
}

TEST_CASE("a module that changes its input in place leaves the request as it was") {
  CHECK(check_case("InPlaceInput") ==
        Layers{"relu 1x4x8x8 of 0", "mul 1x4x8x8 of 0", "mul_2 1x4x8x8 of 2", "add 1x4x8x8 of 1 3"});
  const Network network = import_network(file_of("InPlaceInput"), "x", kShape).network;
  const at::Tensor input = random_input(kShape, 5);
  const at::Tensor before = input.clone();
  CHECK(network.forward(input).defined());
  CHECK(relative_difference(input, before) == 0);
}

TEST_CASE("a mask of what an in-place change left behind is computed of what was there before") {
  CHECK(check_case("MaskThenChange") == Layers{"conv 1x4x8x8 of 0", "mul 1x4x8x8 of 1", "where 1x4x8x8 of 0 1 2"});
}

TEST_CASE("a constant tensor that is filled part by part, or changed once it was read, is right") {
  CHECK(check_case("ChangedConstant").size() == 4);
  CHECK(check_case("Filled").size() == 4);
  CHECK(check_case("FilledTraced").size() == 4);
}

TEST_CASE("of several outputs the first is the result, and what only the others need is left out") {
  CHECK(check_case("ManyOutputs") == Layers{"conv 1x4x8x8 of 0", "relu 1x4x8x8 of 1"});
  CHECK(import_network(file_of("ManyOutputs"), "x", kShape).results == 2);
  CHECK(import_network(file_of("Skip"), "x", kShape).results == 1);
}

TEST_CASE("views and copies are no layers") {
  const Layers layers{"conv 1x4x8x8 of 0", "add 1x8x8x4 of 1", "stack 1x2x2x8x8 of 2", "relu 1x4x8x8 of 3",
                      "mean 1x4 of 4"};
  CHECK(check_case("Views") == layers);
  CHECK(check_case("ViewsTraced") == layers);
}

TEST_CASE("results of one operator travel as one tensor, and indices are computed where they are read") {
  // std_mean hands out both its results, 4 values each; topk's indices are made anew by gather
  const Layers layers{"conv 1x4x8x8 of 0", "max 1x4 of 1",        "topk 1x4x3 of 0",
                      "std_mean 1x8 of 0", "gather 1x4x3 of 0 3", "concat 1x28 of 1 2 4 5"};
  CHECK(check_case("SeveralResults") == layers);
  CHECK(check_case("SeveralResultsTraced") == layers);
}

TEST_CASE("a mask is computed by each layer that reads it") {
  CHECK(check_case("Mask") ==
        Layers{"conv 1x4x8x8 of 0", "where 1x4x8x8 of 0 1", "masked_fill 1x4x8x8 of 0 1 2", "mul 1x4x8x8 of 0 1 3"});
}

TEST_CASE("a layer of which only a part is read hands out that part") {
  CHECK(check_case("Class") == Layers{"conv 1x4x8x8 of 0", "relu 1x4 of 1", "sigmoid 1x4 of 2"});
}

TEST_CASE("a single number travels as a tensor of one") {
  CHECK(check_case("Scalar") == Layers{"conv 1x4x8x8 of 0", "mean 1x1 of 1", "mul 1x4x8x8 of 0 2", "sum 1x1 of 3"});
}

TEST_CASE("branches and loops over sizes are followed for the shape that was asked for") {
  const Layers twice{"conv 1x4x8x8 of 0", "mul 1x4x8x8 of 1", "conv_2 1x4x8x8 of 2", "mul_2 1x4x8x8 of 3"};
  CHECK(check_case("Branch") == twice);
  CHECK(import_network(file_of("Branch"), "x", {1, 4, 12, 8}).network.graph().last() == 6);
}

TEST_CASE("a module saved in training mode is imported in evaluation mode") {
  CHECK(check_case("BatchNorm") == Layers{"batchnorm 1x4x8x8 of 0"});
}

TEST_CASE("dropout that drops nothing is no layer") {
  CHECK(check_case("Dropouts") == Layers{"conv 1x4x8x8 of 0", "sigmoid 1x4x8x8 of 1"});
}

TEST_CASE("work is counted from the shapes, and parameters by layer") {
  const LayerGraph graph = import_network(file_of("Skip"), "skip", kShape).network.graph();
  CHECK(graph.model() == "skip");
  // 8x8 places, 4 channels out, 4 x 3 x 3 multiply-adds each
  CHECK(graph.layer(1).flops == Flops(2.0 * 64 * 4 * 36));
  CHECK(graph.layer(2).flops == Flops(256));
  CHECK(graph.layer(1).parameter_bytes == Bytes(4.0 * (4 * 36 + 4)));
  CHECK(graph.layer(2).parameter_bytes == Bytes(0));
}

TEST_CASE("control flow that depends on data is refused at the node that asks for the data") {
  const std::string why =
      "reads what a tensor holds into a number: control flow that depends on data cannot be imported";
  CHECK(refusal(file_of("DataBranch")) == "node: `aten::Bool`: " + why);
  CHECK(refusal(file_of("DataShape")) ==
        "node: `aten::index`: gives a tensor whose shape depends on what another one holds");
  CHECK(refusal(file_of("DataLoop")) == "node: `aten::item`: " + why);
}

TEST_CASE("custom classes and modules that change themselves are refused") {
  CHECK(refusal(file_of("CustomClass")) ==
        "node: `prim::CreateObject`: makes an object of class `Scale`: custom classes cannot be imported");
  CHECK(refusal(file_of("Quantized")) ==
        "class: `quantized`: is a custom class; only tensors, numbers, strings and containers of "
        "them can be imported");
  CHECK(refusal(file_of("SetState")) ==
        "method: `__setstate__`: would run while the file is read; such modules are refused");
  CHECK(refusal(file_of("Counter")) == "node: `prim::SetAttr`: changes the module's attribute `seen`");
  CHECK(refusal(file_of("Collector")) == "node: `aten::append`: changes a list or dictionary of the module");
  CHECK(refusal(file_of("ChangesWeight")) == "node: `aten::add_`: changes a tensor of the module in place");
}

TEST_CASE("a module that turns gradients off is taken as if it did not") {
  const Layers layers{"conv 1x4x8x8 of 0", "relu 1x4x8x8 of 1"};
  CHECK(check_case("NoGrad") == layers);
  CHECK(check_case("NoGradFrozen") == layers);
}

TEST_CASE("a module whose own output is not finite is told so") {
  const std::string file = file_of("NotFinite").string();
  CHECK_THROWS_WITH_AS(
      import_and_check(file, "x", kShape),
      (file + ": result: the module's own output is not finite, so that nothing can be compared").c_str(), InputError);
}

TEST_CASE("a network has a bounded number of layers") {
  CHECK(refusal(file_of("TooManyLayers")) == "layers: `50001`: must be at most 50000");
}

TEST_CASE("operators with other effects, and random ones, are refused by name") {
  const std::string not_allowed = "is not among the operators that an imported network may use";
  CHECK(refusal(file_of("Writes")) == "node: `aten::save`: " + not_allowed);
  CHECK(refusal(file_of("ReadsBeyond")) == "node: `aten::_reshape_alias`: " + not_allowed);
  CHECK(refusal(file_of("GradientKernel")) == "node: `aten::max_pool2d_with_indices_backward`: " + not_allowed);
  CHECK(refusal(file_of("Prints")) == "node: `prim::Print`: " + not_allowed);
  CHECK(refusal(file_of("DropsAlways")) ==
        "node: `aten::dropout`: is random: a network must be a function of its input");
  CHECK(refusal(file_of("Random")) == "node: `aten::rand_like`: is random: a network must be a function of its input");
  CHECK(refusal(file_of("Unwritten")) ==
        "node: `aten::empty_like`: gives memory that nobody has written: a network must be a function of its input");
  CHECK_FALSE(std::filesystem::exists("written-by-a-model.pt"));
}

TEST_CASE("an input of the wrong shape or type is refused by the node that cannot take it") {
  CHECK(
      refusal(file_of("Skip"), {1, 3, 8, 8}) ==
      "node: `conv (aten::conv2d)`: Given groups=1, weight of size [4, 4, 3, 3], expected input[1, 3, 8, 8] to have 4 "
      "channels, but got 3 channels instead");
  CHECK(refusal(file_of("Strict"), {1, 4, 9, 8}) ==
        "node: `prim::RaiseException`: the module refuses this input: height must be 8");
  CHECK(
      refusal(file_of("Embedding")) ==
      "node: `table (aten::embedding)`: Expected tensor for argument #1 'indices' to have one of the following scalar "
      "types: Long, Int; but got CPUFloatType instead (while checking arguments for embedding)");
  CHECK(refusal(file_of("Skip"), {2, 4, 8, 8}) == "input shape: `2x4x8x8`: must begin with 1: a request is one input");
}

TEST_CASE("a layer given another shape than it was imported with names itself") {
  const Network network = import_network(file_of("Skip"), "skip", kShape).network;
  CHECK_THROWS_WITH_AS(network.run_layer(2, {{1, random_input({2, 4, 8, 8}, 1)}}),
                       "skip: relu: input: `2x4x8x8 Float`: must be 1x4x8x8 Float, as when the network was imported",
                       InputError);
}

TEST_CASE("modules that are no function from one tensor to float tensors are refused") {
  CHECK(refusal(file_of("TwoInputs")) == "forward: `y`: must have a default: a network here takes one tensor");
  CHECK(refusal(file_of("WholeNumbers")) == "result: `Long`: must be of type Float");
  CHECK(refusal(file_of("NoInput")) == "result: must be a tensor that depends on the input");
  CHECK(refusal(file_of("Echo")) == "result: is the input itself: there is no layer to run");
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("a truncated archive is refused wherever it ends") {
  const TemporaryFolder folder;
  const std::string whole = content_of(file_of("Skip"));
  REQUIRE(whole.size() > 4000);
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    folder.write("cut.pt", whole.substr(0, length));
    CHECK(refusal(folder.path() / "cut.pt") == "is no TorchScript archive, or a truncated one");
  }
  CHECK(refusal(folder.path() / "none.pt") == "cannot be read");
  CHECK(refusal(folder.path()) == "cannot be read");
}

TEST_CASE("a damaged archive is refused in one line or was damaged where nobody reads") {
  const TemporaryFolder folder;
  const std::string whole = content_of(file_of("Skip"));
  std::mt19937 draw(1);
  int refused = 0;
  constexpr int kTries = 150;
  for (int i = 0; i < kTries; ++i) {
    std::string damaged = whole;
    char& byte = damaged[draw() % damaged.size()];
    byte = static_cast<char>(byte ^ static_cast<char>(1 << draw() % 8));
    folder.write("damaged.pt", damaged);
    if (refusal(folder.path() / "damaged.pt") != "(imported)") ++refused;
  }
  CHECK(refused > kTries / 4);  // padding and debug records make up much of a small archive
}

// Where the bytes of a record that is stored as it is begin (zip's local header: 30
// bytes, with the lengths of name and extra field at 26 and 28).
std::size_t data_of(const std::string& archive, const std::string& record) {
  const std::size_t name = archive.find("/" + record);
  const std::size_t header = archive.rfind("PK\3\4", name);
  const auto length = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(archive[header + at])) +
           256 * static_cast<std::size_t>(static_cast<unsigned char>(archive[header + at + 1]));
  };
  return header + 30 + length(26) + length(28);
}

TEST_CASE("weights that changed behind their checksum are refused by their record") {
  const TemporaryFolder folder;
  std::string content = content_of(file_of("Skip"));
  char& byte = content[data_of(content, "data/0")];
  byte = static_cast<char>(byte ^ 1);
  folder.write("changed.pt", content);
  CHECK(refusal(folder.path() / "changed.pt") == "record: `data/0`: is damaged: its checksum is another one");
}

TEST_CASE("an archive that would unpack to more than 4 GiB is refused before it is unpacked") {
  const TemporaryFolder folder;
  std::string content = content_of(file_of("Skip"));
  constexpr std::size_t kUnpackedBytes = 24;  // in an entry of the central directory
  for (std::size_t at = content.find("PK\1\2"); at != std::string::npos; at = content.find("PK\1\2", at + 1))
    content.replace(at + kUnpackedBytes, 4, "\xff\xff\xff\x7f");  // 2 GiB - 1 each
  folder.write("bomb.pt", content);
  CHECK(refusal(folder.path() / "bomb.pt") == "unpacks to more than 4 GiB");
}

TEST_CASE("tensors that reach beyond the data of the archive are refused before anything reads them") {
  CHECK(refusal(file_of("ForgedSize")) == "conv.bias: reaches beyond its data");
  CHECK(refusal(file_of("ForgedStorage")) == "conv.weight: `960`: its record in the archive has fewer bytes");
  CHECK(refusal(file_of("ForgedSpare")) == "conv.weight: `960`: its record in the archive has fewer bytes");
}

TEST_CASE("code that is nested deeper than a parser can follow is refused") {
  CHECK(refusal(file_of("Nested")).ends_with("is nested too deeply to be read"));
}

TEST_CASE("views and orders that tensors choose are refused") {
  for (const char* name : {"NarrowByData", "SplitByData", "SortedTensors", "OneHot"}) {
    CAPTURE(name);
    CHECK(refusal(file_of(name)).ends_with("gives a tensor whose shape depends on what another one holds"));
  }
}

TEST_CASE("a chain of thousands of operators that move data is gathered into one layer") {
  const Network network = import_network(file_of("ManyMoves"), "x", kShape).network;
  CHECK(network.graph().last() == 1);
}

// Takes minutes where each layer looks through all steps for its readers.
TEST_CASE("twenty thousand layers are imported, each of the one before") {
  const Network network = import_network(file_of("ManyLayers"), "x", kShape).network;
  REQUIRE(network.graph().last() == 20000);
  CHECK(network.graph().layer(20000).name == "relu_20000");
  CHECK(network.graph().layer(20000).inputs == std::vector<LayerId>{19999});
}

TEST_CASE("a recurrent layer has the parameters of its list and the work of all its steps") {
  // Four gates: 4 x 16 x (8 + 16) weights and 2 x 64 biases, and two states of 16 to begin
  // with; 32 steps meet every weight.
  const Network network = import_and_check(file_of("Recurrent"), "x", kShape).network;
  const Layer& layer = network.graph().layer(1);
  CHECK(layer.kind == "lstm");
  CHECK(layer.parameter_bytes.si() == 4 * (4 * 16 * 24 + 2 * 64 + 2 * 16));
  CHECK(layer.flops.si() == 2 * 32 * 4 * 16 * 24);
}

TEST_CASE("a weights file and other files are told from modules") {
  CHECK(refusal(file_of("Weights")) == "is no TorchScript module; save it with torch.jit.save");
  CHECK(refusal(std::filesystem::path(TWINFER_SOURCE_DIR) / "CMakeLists.txt") ==
        "is no TorchScript archive, or a truncated one");
}

}  // namespace
}  // namespace twinfer
