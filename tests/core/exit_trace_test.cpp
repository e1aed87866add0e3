#include "core/exit_trace.h"

#include <string>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny.h"

namespace twinfer {
namespace {

struct TraceFile {
  TemporaryFolder folder;
  LayerGraph graph = tiny::chain({100, 40, 8}, {1});
  std::filesystem::path file = folder.path() / "tiny.csv";

  TraceFile() {
    ExitTrace trace{"tiny", {}};
    trace.samples.push_back({7, 3, {{0.1, 2.25, 4}, {0.75, 0.5, 3}}});
    trace.samples.push_back({9, 0, {{1, 0, 0}, {0.30000000000000004, 0.125, 1}}});
    save_exit_trace(trace, graph, file);
  }

  std::string error_of(const std::string& text) const {
    folder.write("bad.csv", text);
    return refusal_of(folder, [&] { load_exit_trace(folder.path() / "bad.csv", graph); });
  }
  std::string error(const std::string& from, const std::string& to) const {
    return error_of(replaced(folder.read("tiny.csv"), from, to));
  }
};

TEST_CASE_FIXTURE(TraceFile, "an exit trace survives being written and read") {
  const ExitTrace read = load_exit_trace(file, graph);
  CHECK(read.model == "tiny");
  REQUIRE(read.samples.size() == 2);
  CHECK(read.samples[0].sample == 7);
  CHECK(read.samples[0].true_class == 3);
  REQUIRE(read.samples[0].exits.size() == 2);
  CHECK(read.samples[0].exits[0].confidence == 0.1);
  CHECK(read.samples[0].exits[0].entropy == 2.25);
  CHECK(read.samples[0].exits[0].predicted == 4);
  CHECK(read.samples[1].sample == 9);
  CHECK(read.samples[1].exits[1].confidence == 0.30000000000000004);
  CHECK(read.samples[1].exits[1].predicted == 1);
  save_exit_trace(read, graph, folder.path() / "again.csv");
  CHECK(folder.read("again.csv") == folder.read("tiny.csv"));
}

TEST_CASE_FIXTURE(TraceFile, "an observation out of range is refused") {
  CHECK(error("7,final,0.75,", "7,final,1.25,") == "bad.csv: row 2, confidence: `1.25`: must be at most 1");
  CHECK(error("7,final,0.75,", "7,final,-0.25,") == "bad.csv: row 2, confidence: `-0.25`: must be at least 0");
  CHECK(error("7,final,0.75,", "7,final,nan,") == "bad.csv: row 2, confidence: `nan`: must be a finite number");
  CHECK(error("7,final,0.75,0.5,", "7,final,0.75,-0.5,") == "bad.csv: row 2, entropy: `-0.5`: must be at least 0");
  CHECK(error("7,final,0.75,0.5,3,", "7,final,0.75,0.5,3.5,") ==
        "bad.csv: row 2, predicted: `3.5`: must be a whole number");
  CHECK(error("7,final,0.75,0.5,3,3", "7,final,0.75,0.5,3,-3") ==
        "bad.csv: row 2, true_class: `-3`: must be at least 0");
}

TEST_CASE_FIXTURE(TraceFile, "a class that is no class number is refused") {
  CHECK(error("7,final,0.75,0.5,3,3", "7,final,0.75,0.5,1000001,3") ==
        "bad.csv: row 2, predicted: `1000001`: must be at most 1000000");
}

TEST_CASE_FIXTURE(TraceFile, "a sample that lacks an exit is refused") {
  CHECK(error("7,final,0.75,0.5,3,3", "8,final,0.75,0.5,3,3") == "bad.csv: row 2, sample: `8`: sample 7 lacks an exit");
  CHECK(error("7,final,0.75,0.5,3,3", "7,exit1,0.75,0.5,3,3") == "bad.csv: row 2, exit: `exit1`: must be final");
  CHECK(error("7,exit1,", "7,exit9,") == "bad.csv: row 1, exit: `exit9`: must be exit1");
}

TEST_CASE_FIXTURE(TraceFile, "a sample of two true classes is refused") {
  CHECK(error("7,final,0.75,0.5,3,3", "7,final,0.75,0.5,3,4") ==
        "bad.csv: row 2, true_class: `4`: sample 7 is of class 3 in the row before");
}

TEST_CASE_FIXTURE(TraceFile, "a trace of another model is refused") {
  CHECK(error("# model: tiny", "# model: vgg16") == "bad.csv: model: `vgg16`: the scenario's model is tiny");
}

TEST_CASE_FIXTURE(TraceFile, "a trace that is missing, empty or truncated is refused") {
  CHECK_THROWS_WITH_AS(load_exit_trace("/nowhere/tiny.csv", graph), "/nowhere/tiny.csv: cannot be read", InputError);
  CHECK(error_of("") == "bad.csv: is empty");
  const std::string text = folder.read("tiny.csv");
  CHECK(error_of(text.substr(0, text.size() - 3)) == "bad.csv: ends within a line; it is truncated");
  CHECK(error_of(replaced(text.substr(0, text.rfind("9,final")), "# rows: 4", "# rows: 3")) ==
        "bad.csv: rows: `3`: must be a multiple of the 2 exits of tiny");
  CHECK(error_of("# model: tiny\n# rows: 0\nsample,exit,confidence,entropy,predicted,true_class\n") ==
        "bad.csv: rows: `0`: must hold at least one sample");
}

}  // namespace
}  // namespace twinfer
