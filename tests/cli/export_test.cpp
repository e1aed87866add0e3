#include <doctest/doctest.h>

#include "tests/cli/command_world.h"

using namespace twinfer;

TEST_CASE("an export names its files and holds every run, or the one asked for") {
  const CommandWorld world;
  REQUIRE(world.run({"sim", "s.yaml"}).code == 0);
  const Outcome all = world.run({"export", "--csv", "csv"});
  CHECK(all.code == 0);
  CHECK(all.out == "csv/runs.csv\ncsv/requests.csv\ncsv/stages.csv\ncsv/measures.csv\n");
  CHECK(world.folder.read("csv/measures.csv").find("run,name,value\n1,accuracy,1\n") == 0);
  CHECK(world.folder.read("csv/requests.csv").find("\n1,0,") != std::string::npos);
  CHECK(world.folder.read("csv/requests.csv").find("\n2,9,") != std::string::npos);
  CHECK(world.run({"export", "--csv", "one", "--run", "2"}).code == 0);
  CHECK(world.folder.read("one/requests.csv").find("\n1,0,") == std::string::npos);
  CHECK(world.folder.read("one/requests.csv").find("\n2,9,") != std::string::npos);
}

TEST_CASE("an export of a run that is not there is refused and writes nothing") {
  const CommandWorld world;
  REQUIRE(world.run({"sim", "s.yaml"}).code == 0);
  const Outcome outcome = world.run({"export", "--csv", "csv", "--run", "3"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err == "twinfer: run: `3`: is not in the result store\n");
  CHECK_FALSE(world.has("csv"));
}
