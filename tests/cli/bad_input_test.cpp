// Bad input ends in one line on stderr, exit code 2, nothing on stdout and
// nothing written, whatever part of the program finds it.
#include <doctest/doctest.h>

#include "tests/cli/command_world.h"

using namespace twinfer;

namespace {

void check_refused(const CommandWorld& world, const std::vector<std::string>& arguments, const std::string& line) {
  const Outcome outcome = world.run(arguments);
  CHECK(outcome.code == 2);
  CHECK(outcome.err == "twinfer: " + line + "\n");
  CHECK(outcome.out.empty());
  CHECK_FALSE(world.has("twinfer-results.sqlite"));
}

// `sim` on a scenario with one field set, or taken away.
void check_field(const std::string& field, const std::string& value, const std::string& line) {
  CommandWorld world;
  world.set(field, value);
  check_refused(world, {"sim", "s.yaml"}, line);
}

// `sim` with one file of the scenario replaced.
void check_file(const std::string& file, const std::string& text, const std::string& line) {
  const CommandWorld world;
  world.folder.write(file, text);
  check_refused(world, {"sim", "s.yaml"}, line);
}

void check_changed_file(const std::string& file, const std::string& from, const std::string& to,
                        const std::string& line) {
  const CommandWorld world;
  check_file(file, replaced(world.folder.read(file), from, to), line);
}

}  // namespace

TEST_CASE("a command line that cannot be is refused") {
  const CommandWorld world;
  check_refused(world, {}, "missing COMMAND; see `twinfer --help`");
  check_refused(world, {"simulate"}, "unknown command `simulate`; see `twinfer --help`");
  check_refused(world, {"sim"}, "missing SCENARIO; see `twinfer sim --help`");
  check_refused(world, {"sim", "s.yaml", "t.yaml"}, "unexpected argument `t.yaml`; see `twinfer sim --help`");
  check_refused(world, {"sim", "s.yaml", "--colour"}, "option `colour` does not exist; see `twinfer sim --help`");
  check_refused(world, {"sim", "s.yaml", "--policy"},
                "option `policy` is missing an argument; see `twinfer sim --help`");
  check_refused(world, {"sim", "s.yaml", "-j", "many"}, "argument `many` failed to parse; see `twinfer sim --help`");
  check_refused(world, {"sim", "s.yaml", "-j", "-1"}, "argument `-1` failed to parse; see `twinfer sim --help`");
  check_refused(world, {"sim", "s.yaml", "-j", "0"}, "--jobs `0`: must be at least 1");
  check_refused(world, {"sim", "s.yaml", "-p", "lbc", "-p", "lbc"}, "--policy `lbc` is given twice");
  check_refused(world, {"export"}, "missing --csv DIR; see `twinfer export --help`");
}

TEST_CASE("a scenario that is none is refused") {
  const CommandWorld world;
  check_refused(world, {"sim", "none.yaml"}, "none.yaml: cannot be read");
  check_refused(world, {"plan", "models"}, "models: is a folder, not a scenario");
  world.folder.write("empty.yaml", "");
  check_refused(world, {"sim", "empty.yaml"}, "empty.yaml: is empty");
  world.folder.write("list.yaml", "[1, 2]");
  check_refused(world, {"sim", "list.yaml"}, "list.yaml: must be a map of fields");
}

TEST_CASE("missing and unknown fields are refused by name") {
  check_field("model", "", "s.yaml: model: is missing");
  check_field("requests", "", "s.yaml: requests: is missing");
  check_field("colour", "red", "s.yaml: colour: is no field that is known here");
  check_field("gates", "{p50: 0.1}", "s.yaml: gates.p50: is no field that is known here");
}

TEST_CASE("values of the wrong type, negative numbers and NaN are refused") {
  check_field("requests", "ten", "s.yaml: requests: `ten`: must be a finite number");
  check_field("requests", "2.5", "s.yaml: requests: `2.5`: must be a whole number from 1 to 100000000");
  check_field("chain", "pi", "s.yaml: chain: `pi`: must be a list with at least one entry");
  check_field("deadline_s", "-1", "s.yaml: deadline_s: `-1`: must be above 0");
  check_field("deadline_s", ".nan", "s.yaml: deadline_s: `.nan`: must be a finite number");
  check_field("deadline_s", "nan", "s.yaml: deadline_s: `nan`: must be a finite number");
  check_field("arrivals", "{process: poisson, rate_hz: -2}", "s.yaml: arrivals.rate_hz: `-2`: must be above 0");
}

TEST_CASE("a simulation of zero requests is refused") {
  check_field("requests", "0", "s.yaml: requests: `0`: must be a whole number from 1 to 100000000");
}

TEST_CASE("unknown models, policies, devices and profiles are refused with the known ones") {
  check_field("model", "lenet", "s.yaml: model: `lenet`: has no graph models/graphs/lenet.csv; known: tiny");
  check_field("policies", "[magic]",
              "s.yaml: policy: `magic`: unknown; known: split:K, local, remote, neurosurgeon, lbc, nsc, cascade, "
              "dads, das, papdl, exact-latency, exact-throughput, joint, energy, exhaustive");
  check_field("chain", "[pi, moon]",
              "s.yaml: chain: `moon`: is no device of platform.xml; known: bare, island, pc, pi");
  check_field("chain", "[pi, bare]", "platform.xml: device bare: has no property `profile`");
  check_changed_file(
      "platform.xml", "value=\"pc\"", "value=\"abacus\"",
      "platform.xml: device pc, profile: `abacus`: there is no models/profiles/tiny/abacus.csv; known: pc, pi");
}

TEST_CASE("a profile that was taken for something else is refused") {
  const std::string file = "models/profiles/tiny/pc.csv";
  check_changed_file(file, "# model: tiny", "# model: lenet",
                     file + ": model: `lenet`: the profile was taken for another model than tiny");
  check_changed_file(file, "# threads: 1", "# threads: 4",
                     file + ": threads: `4`: the scenario runs 1 threads an executor");
  check_changed_file(file, "# batch: 1", "# batch: 8", file + ": batch: `8`: the scenario runs batch 1");
  check_changed_file(file, "layer,l2,", "layer,l7,", file + ": layer: `l2`: is missing; take the profile of tiny anew");
  check_file(file, "", file + ": is empty");
}

TEST_CASE("a platform that SimGrid or the plan cannot use is refused") {
  check_field("chain", "[pi, island]",
              "s.yaml: platform.xml: route: `pi -> island`: is missing; policy split:1 needs it");
  check_changed_file("platform.xml", "</zone>", "",
                     "platform.xml: line 13: Invalid XML (XML input line 13, state 158): Unexpected end-tag "
                     "`</platform>': `</zone>' expected.");
  check_changed_file("platform.xml", "256Bps", "fast", "platform.xml: line 9: cannot parse number:fast");
  check_field("platform", "none.xml",
              "s.yaml: platform: `none.xml`: no such file beside the scenario or in a folder above it");
}

TEST_CASE("a split point that the network does not have is refused") {
  check_field("policies", "['split:4']", "s.yaml: policy: `split:4`: tiny can be split after layers 0 to 3");
  check_field("policies", "['split:x']",
              "s.yaml: policy: `split:x`: must be split:K with K a layer number, 0 for all remote");
}

TEST_CASE("constraints that cannot be kept are refused") {
  check_field("constraints", "{may: {l1: pi}}", "s.yaml: constraints.may: is no field that is known here");
  check_field("constraints", "{must: {l9: pi}}", "s.yaml: constraints.must.l9: `pi`: is no layer of tiny");
  check_field("constraints", "{must: {l1: moon}}",
              "s.yaml: constraints.must.l1: `moon`: is no device of platform.xml; known: bare, island, pc, pi");
  check_field("constraints", "{must: {l1: pi}, mustnot: {l1: [pi]}}",
              "s.yaml: constraints.mustnot.l1: `pi`: contradicts constraints.must, which puts it there");
  check_field(
      "constraints", "{must: {l2: pc}}",
      "s.yaml: constraints.must: `l2`: policy local puts it on pi; exact-latency, exact-throughput, joint, energy, "
      "papdl and exhaustive keep constraints");
  check_field("policies", "[energy]",
              "s.yaml: deadline_s: is missing; policy energy keeps it, as the longest latency of a request");
  CommandWorld powerless;
  powerless.set("deadline_s", "9");
  check_refused(
      powerless, {"plan", "s.yaml", "-p", "energy"},
      "s.yaml: platform.xml: host pc, wattage_per_state: is missing; energy needs it, as IDLE:ALLCORES in watts");
  CommandWorld world;
  world.set("constraints", "{must: {l2: pc}, mustnot: {l3: [pi, pc]}}");
  check_refused(world, {"plan", "s.yaml", "-p", "papdl"},
                "s.yaml: policy: `papdl`: no plan has its routes, fits the memory and keeps the constraints");
}

TEST_CASE("thresholds that no exit can have are refused") {
  check_field("exits", "{thresholds: {exit9: 0.5}}",
              "s.yaml: exits.thresholds.exit9: `0.5`: is no exit of tiny; known: exit1");
  check_field("exits", "{threshold: 1.5}", "s.yaml: exits.threshold: `1.5`: must be from 0 to 1");
  check_field("exits", "{}",
              "s.yaml: exits.threshold: either `threshold` (for every exit) or `thresholds` (by exit) must be given");
}

TEST_CASE("an exit trace that is missing, empty or truncated is refused") {
  const auto check_trace = [](const std::string& text, const std::string& line) {
    CommandWorld world;
    world.set("exits", "{threshold: 0.9}");
    world.folder.write("models/exits/tiny.csv", text);
    check_refused(world, {"sim", "s.yaml"}, line);
  };
  const std::string whole = CommandWorld().folder.read("models/exits/tiny.csv");
  check_trace("", "models/exits/tiny.csv: is empty");
  check_trace(whole.substr(0, whole.size() / 2), "models/exits/tiny.csv: ends within a line; it is truncated");
  check_trace(whole.substr(0, whole.rfind("# rows")), "models/exits/tiny.csv: header: missing; the file is truncated");

  CommandWorld world;
  world.set("exits", "{threshold: 0.9}");
  std::filesystem::remove(world.folder.path() / "models/exits/tiny.csv");
  check_refused(world, {"sim", "s.yaml"},
                "s.yaml: exits: needs the recorded exit trace models/exits/tiny.csv, which is missing");
}

TEST_CASE("a result store that cannot be written is refused before anything runs") {
  const CommandWorld world;
  world.folder.write("notes.txt",
                     "a text longer than the hundred bytes of a header, after which SQLite looks whether "
                     "it has a database before it");
  const std::string notes = world.folder.read("notes.txt");
  check_refused(world, {"sim", "s.yaml", "--store", "notes.txt"}, "notes.txt: is not a Twinfer result store");
  CHECK(world.folder.read("notes.txt") == notes);
  check_refused(world, {"compare", "s.yaml", "--store", "none/r.sqlite"},
                "none/r.sqlite: the folder of the result store does not exist");
  check_refused(world, {"sim", "s.yaml", "--store", "models"}, "models: is a folder, not a result store");
  check_refused(world, {"sim", "s.yaml", "--store", "/proc/r.sqlite"},
                "/proc/r.sqlite: the result store cannot be opened or written");
  check_refused(world, {"export", "--csv", "out"}, "twinfer-results.sqlite: no such result store");
  CHECK_FALSE(world.has("out"));
}

TEST_CASE("one unusable policy stops the others before the store is touched") {
  check_field("policies", "[local, 'split:9']", "s.yaml: policy: `split:9`: tiny can be split after layers 0 to 3");
}
