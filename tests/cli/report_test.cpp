// twinfer report: the command. What the page shows is tested in tests/report/page_test.cpp and,
// in a browser, in tests/browser.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/command_world.h"

namespace twinfer {
namespace {

nlohmann::json data_of(const std::string& page) {
  const std::string begin = "id=\"data\">";
  const std::size_t from = page.find(begin) + begin.size();
  return nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST_CASE_FIXTURE(CommandWorld, "a report is one file, with a picture of every plan") {
  REQUIRE(run({"sim", "s.yaml", "--store", "r.sqlite"}).code == 0);
  const Outcome made = run({"report", "r.sqlite", "--out", "r.html"});
  CHECK(made.err.empty());
  REQUIRE(made.code == 0);
  CHECK(made.out.find("r.html: 2 runs, ") == 0);
  const nlohmann::json data = data_of(folder.read("r.html"));
  REQUIRE(data["plans"].size() == 2);
  for (const nlohmann::json& plan : data["plans"]) {
    CHECK(plan["why_none"] == "");
    CHECK(plan["picture"].get<std::string>().find("<svg") != std::string::npos);
  }
  CHECK(data["distributions"].size() == 2);
}

TEST_CASE_FIXTURE(CommandWorld, "a plan that cannot be drawn again says why") {
  REQUIRE(run({"sim", "s.yaml", "-p", "local", "--store", "r.sqlite"}).code == 0);
  const auto reason = [&](const std::map<std::string, std::string>& environment = {}) {
    REQUIRE(run({"report", "r.sqlite", "--out", "r.html"}, environment).code == 0);
    const nlohmann::json plan = data_of(folder.read("r.html"))["plans"][0];
    CHECK(plan["picture"] == "");
    return plan["why_none"].get<std::string>();
  };
  CHECK(reason({{"PATH", "/nowhere"}}).find("needs Graphviz") != std::string::npos);
  std::filesystem::rename(folder / "models", folder / "gone");
  CHECK(reason().find("the stored scenario: ") == 0);
}

TEST_CASE_FIXTURE(CommandWorld, "what cannot be reported is told in one line and leaves no page") {
  REQUIRE(run({"sim", "s.yaml", "--store", "r.sqlite"}).code == 0);
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& line) {
    const Outcome outcome = run(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.err == "twinfer: " + line + "\n");
    CHECK_FALSE(has("r.html"));
  };
  refused({"report", "no.sqlite", "--out", "r.html"}, "no.sqlite: no such result store");
  refused({"report", "s.yaml", "--out", "r.html"}, "s.yaml: is not a Twinfer result store");
  refused({"report", "r.sqlite"}, "missing --out FILE; see `twinfer report --help`");
  refused({"report", "r.sqlite", "--out", "r.html", "--sweep", "x"},
          "r.sqlite: sweep: `x`: is not there; known: (none)");
  refused({"report", "r.sqlite", "--out", "r.html", "--sweep", "x", "--batch", "y"},
          "--sweep and --batch: choose one of them");
  refused({"report", "r.sqlite", "--out", "no/r.html"}, "no/r.html: cannot be written (No such file or directory)");
  refused({"report", "r.sqlite", "--out", "models"}, "models: cannot be written (Is a directory)");
  refused({"report", "r.sqlite", "--out", "./r.sqlite"}, "--out `./r.sqlite`: is the store");
  CHECK(run({"report", "r.sqlite", "--out", "r.html"}).code == 0);  // which is whole yet
}

}  // namespace
}  // namespace twinfer
