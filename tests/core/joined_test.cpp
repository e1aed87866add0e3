// Lists in messages and tables.
#include "core/joined.h"

#include <vector>

#include <doctest/doctest.h>

using namespace twinfer;

TEST_CASE("words have a comma between them, or what is asked for, and none at the ends") {
  const std::vector<std::string> words{"a", "b", "c"};
  CHECK(joined(words) == "a, b, c");
  CHECK(joined(words | std::views::take(1)) == "a");
  CHECK(joined(words, " x ") == "a x b x c");
  CHECK(joined(words, ":", [](const std::string& word) { return word + word; }) == "aa:bb:cc");
}

TEST_CASE("an empty word keeps its place") { CHECK(joined(std::vector<std::string>{"", "b", ""}, ",") == ",b,"); }

TEST_CASE("a list without words is empty, or says so") {
  CHECK(joined(std::vector<std::string>{}).empty());
  CHECK(or_none("") == "(none)");
  CHECK(or_none("a") == "a");
}
