#include "report/machine.h"

#include <regex>

#include <doctest/doctest.h>

using namespace twinfer;

TEST_CASE("a machine names its cores and ends in one line") {
  const std::string machine = machine_description();
  CHECK(std::regex_search(machine, std::regex("[0-9]+ cores?$")));
  CHECK(machine.find('\n') == std::string::npos);
}

TEST_CASE("the build names its version and commit") {
  CHECK(std::regex_match(build_version(), std::regex("[0-9]+\\.[0-9]+\\.[0-9]+")));
  CHECK(std::regex_match(build_commit(), std::regex("unknown|[0-9a-f]{12,40}(-dirty)?")));
}

TEST_CASE("now is an ISO 8601 time in UTC") {
  CHECK(std::regex_match(utc_now(), std::regex("20[0-9]{2}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z")));
}
