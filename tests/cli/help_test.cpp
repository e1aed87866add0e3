#include <regex>

#include <doctest/doctest.h>

#include "tests/cli/command_world.h"

using namespace twinfer;

TEST_CASE("help names every command, and every command's own help ends with an example") {
  const CommandWorld world;
  const Outcome help = world.run({"--help"});
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  for (const std::string command : {"plan", "sim", "compare", "platform", "exits", "live", "validate", "twin",
                                    "calibrate", "export", "worker", "profile", "model"})
    CHECK(help.out.find("\n  " + command + " ") != std::string::npos);
  CHECK(help.out.find("\nExample:\n  twinfer validate ") != std::string::npos);

  for (const std::string command :
       {"plan", "sim", "compare", "platform", "exits", "live", "validate", "twin", "calibrate", "export"}) {
    const Outcome own = world.run({command, "--help"});
    CHECK(own.code == 0);
    CHECK(own.err.empty());
    CHECK(own.out.find("Usage:\n  twinfer " + command + " [OPTION...]") != std::string::npos);
    // The last paragraph is the examples.
    const std::string last = own.out.substr(own.out.rfind("\n\n") + 2);
    CHECK(std::regex_match(last, std::regex("Examples?:\n(  twinfer " + command + " .*\n)+")));
  }
}

TEST_CASE("the version names the commit") {
  const Outcome version = CommandWorld().run({"--version"});
  CHECK(version.code == 0);
  CHECK(std::regex_match(version.out, std::regex("twinfer [0-9.]+ \\((unknown|[0-9a-f]{12,40}(-dirty)?)\\)\n")));
}
