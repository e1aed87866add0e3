// How twinfer hands over to twinfer-node.
#include <chrono>
#include <csignal>
#include <thread>

#include <doctest/doctest.h>

#include "report/result_store.h"
#include "tests/cli/node_world.h"

using namespace twinfer;

namespace {

constexpr const char* kNoLiveSide =
    "twinfer: this build has no live side: twinfer-node is neither beside twinfer, nor in PATH, nor in TWINFER_NODE\n";

std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++files;
  return files;
}

}  // namespace

TEST_CASE("without twinfer-node the live commands say so, and nothing is written") {
  const NodeWorld world(Node::kNone);
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"live", "s.yaml"}, {"validate", "s.yaml"}, {"worker"}, {"profile", "tiny"}, {"model", "list"}}) {
    const Outcome outcome = world.run(command, {{"PATH", "/nowhere"}});
    CHECK(outcome.code == 2);
    CHECK(outcome.err == kNoLiveSide);
    CHECK(outcome.out.empty());
  }
  CHECK_FALSE(world.has("twinfer-results.sqlite"));
}

TEST_CASE("twinfer-node is found in PATH and by TWINFER_NODE") {
  const NodeWorld world(Node::kNone);
  const NodeWorld other(Node::kFake);
  CHECK(world.run({"worker"}, {{"PATH", "/nowhere:" + other.programs().string()}}).out == "[worker]");
  CHECK(world.run({"worker"}, {{"PATH", "/nowhere"}, {"TWINFER_NODE", TWINFER_FAKE_NODE}}).out == "[worker]");
}

TEST_CASE("worker, profile and model pass their arguments and exit code unchanged") {
  const NodeWorld world(Node::kFake);
  const Outcome outcome = world.run({"profile", "tiny net", "--device", "", "-x=1"});
  CHECK(outcome.code == 5);
  CHECK(outcome.out == "[profile][tiny net][--device][][-x=1]");
}

TEST_CASE("a live run is handed over resolved, and its rows are summed up from the store") {
  const NodeWorld world(Node::kFake);
  const TemporaryFolder temporary;
  const Outcome outcome = world.run({"live", "s.yaml"}, {{"TMPDIR", temporary.path().string()}});
  CHECK(outcome.err == "resolved s\n");
  CHECK(outcome.out.find("not for the reader") == std::string::npos);
  CHECK(files_in(temporary.path()) == 0);  // the resolved scenario is gone
}

TEST_CASE("a live side that refuses the scenario ends the command with its line, exit code 2 and nothing on stdout") {
  const NodeWorld world(Node::kFake);
  for (const char* command : {"live", "validate"}) {
    const Outcome outcome = world.run({command, "s.yaml"}, {{"FAKE_NODE", "refuses"}});
    CHECK(outcome.code == 2);
    CHECK(outcome.err == "twinfer-node: s.yaml: live.dilation: `1`: must be larger\n");
    CHECK(outcome.out.empty());
  }
}

TEST_CASE("a signal to twinfer reaches twinfer-node, whose end is awaited") {
  const NodeWorld world(Node::kFake);
  const TemporaryFolder temporary;
  world.folder.write("s.yaml", world.text());
  const pid_t child =
      world.start(world.program, {"live", "s.yaml"}, {{"FAKE_NODE", "waits"}, {"TMPDIR", temporary.path().string()}});
  // Until the stand-in is there the signal would end twinfer before it has a child.
  while (world.printed("err") != "ready\n") std::this_thread::sleep_for(std::chrono::milliseconds(2));
  CHECK(files_in(temporary.path()) == 1);
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(files_in(temporary.path()) == 0);
}
