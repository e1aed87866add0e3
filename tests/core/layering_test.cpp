// The include layering of the tree: who may see whom.
//
//   core <- policies <- {sim, live}     core <- {models, report}
//   models <- live                      cli, bench and tests see all
//
// SimGrid only in sim/, LibTorch only in models/ and live/, OpenCV only in models/, Boost.Asio only in
// live/, except where tests and benchmarks of these folders need them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace twinfer {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::set<std::string>> kMaySee{
    {"core", {"core"}},
    {"policies", {"core", "policies"}},
    {"models", {"core", "models"}},
    {"report", {"core", "report"}},
    {"sim", {"core", "policies", "sim"}},
    {"live", {"core", "policies", "models", "live"}},
    {"cli", {"core", "policies", "models", "report", "sim", "live", "cli"}},
    {"bench", {"core", "policies", "models", "report", "sim", "live", "bench", "tests"}},
    {"tests", {"core", "policies", "models", "report", "sim", "live", "cli", "tests"}},
};

// Libraries by the start of their headers' paths, and the folders that may use them.
const std::map<std::string, std::set<std::string>> kLibraryUsers{
    {"simgrid/", {"sim", "tests/sim", "bench"}},
    {"xbt/", {"sim", "tests/sim", "bench"}},
    {"torch/", {"models", "live", "tests/models", "tests/live", "bench"}},
    {"ATen/", {"models", "live", "tests/models", "tests/live", "bench"}},
    {"c10/", {"models", "live", "tests/models", "tests/live", "bench"}},
    {"boost/asio", {"live", "tests/live", "bench"}},
    {"opencv2/", {"models"}},
};

struct Include {
  std::string path;
  bool quoted = false;
};

// Drops blanks, then `word`, from the front of `text`; false if the word is not there.
bool eat(std::string_view& text, std::string_view word) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::optional<Include> parse_include(std::string_view line) {
  if (!eat(line, "#") || !eat(line, "include")) return std::nullopt;
  const bool quoted = eat(line, "\"");
  if (!quoted && !eat(line, "<")) return std::nullopt;
  return Include{std::string(line.substr(0, line.find(quoted ? '"' : '>'))), quoted};
}

std::vector<Include> includes_of(const fs::path& file) {
  std::vector<Include> includes;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (const auto include = parse_include(line)) includes.push_back(*include);
  return includes;
}

// What is wrong with an include in `file` (relative to the root); empty if nothing.
std::string breach(const fs::path& file, const Include& include) {
  const std::string folder = file.begin()->string();
  if (include.quoted) {
    const std::string seen = fs::path(include.path).begin()->string();
    if (!kMaySee.contains(seen) || seen == include.path) return "is not relative to the root";
    return kMaySee.at(folder).contains(seen) ? "" : folder + "/ may not see " + seen + "/";
  }
  for (const auto& [prefix, users] : kLibraryUsers) {
    if (!include.path.starts_with(prefix)) continue;
    const std::string inner = file.parent_path().generic_string();
    const bool allowed = std::ranges::any_of(
        users, [&](const std::string& user) { return inner == user || inner.starts_with(user + "/"); });
    if (!allowed) return inner + "/ may not use " + prefix;
  }
  return "";
}

std::vector<fs::path> sources() {
  const fs::path root = TWINFER_SOURCE_DIR;
  std::vector<fs::path> files;
  for (const auto& [folder, seen] : kMaySee) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp")
        files.push_back(fs::relative(entry.path(), root));
  }
  std::ranges::sort(files);
  return files;
}

TEST_CASE("no file sees a folder or a library that it may not see") {
  const std::vector<fs::path> files = sources();
  REQUIRE(files.size() > 40);
  for (const fs::path& file : files)
    for (const Include& include : includes_of(fs::path(TWINFER_SOURCE_DIR) / file)) {
      const std::string problem = breach(file, include);
      CHECK_MESSAGE(problem.empty(), file.string(), ": ", include.path, ": ", problem);
    }
}

TEST_CASE("a source file includes its own header first") {
  for (const fs::path& file : sources()) {
    fs::path header = file;
    header.replace_extension(".h");
    if (file.extension() != ".cpp" || !fs::exists(fs::path(TWINFER_SOURCE_DIR) / header)) continue;
    const std::vector<Include> includes = includes_of(fs::path(TWINFER_SOURCE_DIR) / file);
    CHECK_MESSAGE((!includes.empty() && includes.front().path == header.generic_string()), file.string(),
                  ": must include ", header.generic_string(), " first");
  }
}

TEST_CASE("the scan finds every kind of breach") {
  const auto quoted = [](const std::string& path) { return Include{path, true}; };
  const auto system = [](const std::string& path) { return Include{path, false}; };
  CHECK(breach("core/plan.cpp", quoted("policies/flow_shop.h")) == "core/ may not see policies/");
  CHECK(breach("policies/lbc.cpp", quoted("sim/simulate.h")) == "policies/ may not see sim/");
  CHECK(breach("sim/simulate.cpp", quoted("live/worker.h")) == "sim/ may not see live/");
  CHECK(breach("sim/simulate.cpp", quoted("models/zoo.h")) == "sim/ may not see models/");
  CHECK(breach("live/worker.cpp", quoted("sim/simulate.h")) == "live/ may not see sim/");
  CHECK(breach("report/table.cpp", quoted("policies/flow_shop.h")) == "report/ may not see policies/");
  CHECK(breach("models/zoo.cpp", quoted("policies/flow_shop.h")) == "models/ may not see policies/");
  CHECK(breach("sim/simulate.cpp", quoted("simulate.h")) == "is not relative to the root");
  CHECK(breach("sim/simulate.cpp", quoted("../core/plan.h")) == "is not relative to the root");
  CHECK(breach("cli/plan.cpp", system("simgrid/s4u.hpp")) == "cli/ may not use simgrid/");
  CHECK(breach("cli/node_live.cpp", system("torch/types.h")) == "cli/ may not use torch/");
  CHECK(breach("core/plan.cpp", system("torch/types.h")) == "core/ may not use torch/");
  CHECK(breach("models/zoo.cpp", system("boost/asio.hpp")) == "models/ may not use boost/asio");
  CHECK(breach("tests/core/plan_test.cpp", system("simgrid/s4u.hpp")) == "tests/core/ may not use simgrid/");

  CHECK(breach("policies/lbc.cpp", quoted("core/plan.h")).empty());
  CHECK(breach("live/worker.cpp", quoted("models/zoo.h")).empty());
  CHECK(breach("live/worker.cpp", system("boost/asio.hpp")).empty());
  CHECK(breach("core/layer_graph.cpp", system("boost/graph/adjacency_list.hpp")).empty());
  CHECK(breach("tests/sim/platform_test.cpp", system("simgrid/s4u.hpp")).empty());
}

TEST_CASE("an include is recognised however it is spaced") {
  CHECK(parse_include("#include <vector>")->path == "vector");
  CHECK(parse_include("  #  include \"core/plan.h\"  // why")->path == "core/plan.h");
  CHECK(parse_include("#include \"core/plan.h\"")->quoted);
  CHECK_FALSE(parse_include("// #include <vector>").has_value());
  CHECK_FALSE(parse_include("#pragma once").has_value());
}

}  // namespace
}  // namespace twinfer
