#include "core/table_file.h"

#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

const std::vector<std::string> kColumns{"name", "size"};

struct Folder {
  TemporaryFolder folder;

  std::string error(const std::string& text) const {
    const auto file = folder.write("t.csv", text);
    return refusal_of(folder, [&] { read_table(file, kColumns); });
  }
};

TEST_CASE_FIXTURE(Folder, "a table survives being written and read") {
  const auto file = folder.path() / "t.csv";
  write_table({"", {{"model", "a b: c"}, {"x", ""}}, kColumns, {{"a", "1"}, {"", "2"}}}, file);
  const FileTable read = read_table(file, kColumns);
  CHECK(read.file == file.string());
  CHECK(read.meta("model") == "a b: c");
  CHECK(read.meta("x") == "");
  CHECK(read.columns == kColumns);
  CHECK(read.rows == std::vector<std::vector<std::string>>{{"a", "1"}, {"", "2"}});
  CHECK_FALSE(std::filesystem::exists(folder.path() / "t.csv.part"));
}

TEST_CASE_FIXTURE(Folder, "comments without a key are passed over") {
  const auto file = folder.write("t.csv", "# just words\n# rows: 1\nname,size\na,1\n");
  CHECK(read_table(file, kColumns).rows.size() == 1);
}

TEST_CASE_FIXTURE(Folder, "a row of another width is refused") {
  CHECK(error("# rows: 1\nname,size\na\n") == "t.csv: row 1: `a`: must have 2 fields");
  CHECK(error("# rows: 1\nname,size\na,1,2\n") == "t.csv: row 1: `a,1,2`: must have 2 fields");
  CHECK(error("# rows: 2\nname,size\na,1\n\n") == "t.csv: row 2: must have 2 fields");
}

TEST_CASE_FIXTURE(Folder, "a table without its header is refused") {
  CHECK(error("# rows: 0\n") == "t.csv: header: missing; the file is truncated");
  CHECK(error("# rows: 1\na,1\n") == "t.csv: header: `a,1`: must be `name,size`");
}

TEST_CASE_FIXTURE(Folder, "a folder is no table") {
  CHECK_THROWS_WITH_AS(read_table(folder.path(), kColumns),
                       (folder.path().string() + ": is a folder, not a file").c_str(), InputError);
}

TEST_CASE_FIXTURE(Folder, "a table that cannot be written leaves nothing behind") {
  CHECK_THROWS_WITH_AS(write_table({"", {}, kColumns, {}}, "/nowhere/t.csv"),
                       "/nowhere/t.csv: cannot be written (No such file or directory)", InputError);
  // A folder in the file's place: the finished file cannot take its name.
  std::filesystem::create_directory(folder.path() / "taken");
  folder.write("taken/inside", "x");
  CHECK_THROWS_AS(write_table({"", {}, kColumns, {}}, folder.path() / "taken"), InputError);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "taken.part"));
}

TEST_CASE("numbers are written so that they read back as the same double") {
  for (const double value : {0.1, 1.0 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 0.30000000000000004, -2.5, 0.0})
    CHECK(parse_number(format_number(value), "f", "x") == value);
  CHECK(format_number(1000000) == "1e+06");
  CHECK(format_number(256) == "256");
}

TEST_CASE("a text that is no finite number is refused") {
  for (const std::string text : {"nan", "inf", "-inf", "1 ", " 1", "1,5", "0x10", "one", "1e999"})
    CHECK_THROWS_WITH_AS(parse_number(text, "f", "x"), ("f: x: `" + text + "`: must be a finite number").c_str(),
                         InputError);
  CHECK_THROWS_WITH_AS(parse_number("", "f", "x"), "f: x: `(empty)`: must be a finite number", InputError);
}

}  // namespace
}  // namespace twinfer
