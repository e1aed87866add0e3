#include "report/table.h"

#include <doctest/doctest.h>

using namespace twinfer;

TEST_CASE("text is aligned left and numbers right, without trailing blanks") {
  Table table({{"policy", true}, {"P50 (ms)"}, {"why", true}});
  table.add_row({"neurosurgeon", "1.5", "short"});
  table.add_row({"lbc", "12.25", ""});
  CHECK(table.text() ==
        "policy        P50 (ms)  why\n"
        "neurosurgeon       1.5  short\n"
        "lbc              12.25\n");
}

TEST_CASE("a group heading stands over its columns and stays clear of the next") {
  Table table({{"policy", true}, {"sim", false, "P50 (ms)"}, {"live", false, "P50 (ms)"}, {"x", false, "bytes sent"}});
  table.add_row({"local", "1.0", "2.0", "3"});
  CHECK(table.text() ==
        "         P50 (ms)    bytes sent\n"
        "policy   sim  live            x\n"
        "local    1.0   2.0            3\n");
}

TEST_CASE("a table without rows is its heading") { CHECK(Table({{"a"}, {"b"}}).text() == "a  b\n"); }

TEST_CASE("a cell of several bytes a letter keeps the columns aligned") {
  Table table({{"name", true}, {"n"}});
  table.add_row({"Zürich", "1"});
  table.add_row({"Berlin", "2"});
  CHECK(table.text() == "name    n\nZürich  1\nBerlin  2\n");
}

TEST_CASE("numbers are printed with their unit's decimals, and nothing as a dash") {
  CHECK(format_number(1.25, 1) == "1.2");
  CHECK(format_number(-0.01, 1) == "0.0");
  CHECK(format_number(-0.06, 1) == "-0.1");
  CHECK(format_number(std::nullopt, 1) == "-");
  CHECK(format_signed(1.26, 1) == "+1.3");
  CHECK(format_signed(-1.26, 1) == "-1.3");
  CHECK(format_signed(0.01, 1) == "0.0");
  CHECK(format_signed(std::nullopt, 1) == "-");
}

TEST_CASE("sizes and times are printed in the unit that suits them") {
  CHECK(format_digits(0.012345) == "0.0123");
  CHECK(format_digits(12.345) == "12.3");
  CHECK(format_digits(1234.5) == "1234");
  CHECK(format_digits(0) == "0");
  CHECK(format_bytes(64) == "64 B");
  CHECK(format_bytes(12345) == "12.3 kB");
  CHECK(format_bytes(1.2e6) == "1.20 MB");
  CHECK(format_bytes(2.5e9) == "2.50 GB");
  CHECK(format_seconds(0) == "0 s");
  CHECK(format_seconds(35e-6) == "35.0 us");
  CHECK(format_seconds(0.0123) == "12.3 ms");
  CHECK(format_seconds(1.2) == "1.20 s");
}

TEST_CASE("a mean is printed to two digits of its interval") {
  CHECK(format_estimate(12.3456, 0.4567) == "12.35 ± 0.46");
  CHECK(format_estimate(1234.5, 67.8) == "1234 ± 68");
  CHECK(format_estimate(0.01234, 0.00056) == "0.01234 ± 0.00056");
  CHECK(format_estimate(12.3456, std::nullopt) == "12.3");
  CHECK(format_estimate(12.3456, 1e-14) == "12.3");  // equal values, added up
  CHECK(format_estimate(2037.943, 0.034) == "2038");
  CHECK(format_estimate(0, 0.5) == "0.00 ± 0.50");
}

TEST_CASE("a table goes into documents") {
  Table table({{"policy", true}, {"sim", false, "P50"}, {"share_%", false}});
  table.add_row({"a|b", "1.5 ± 0.2", "50"});
  CHECK(table.markdown() == "| policy | P50: sim | share_% |\n|---|---:|---:|\n| a\\|b | 1.5 ± 0.2 | 50 |\n");
  CHECK(table.latex() ==
        "\\begin{tabular}{lrr}\n\\hline\npolicy & P50: sim & share\\_\\% \\\\\n\\hline\n"
        "a|b & 1.5 $\\pm$ 0.2 & 50 \\\\\n\\hline\n\\end{tabular}\n");
}

TEST_CASE("an empty cell keeps its place in a document") {
  Table table({{"policy", true}, {"P50"}});
  table.add_row({"", "1.5"});
  CHECK(table.latex() ==
        "\\begin{tabular}{lr}\n\\hline\npolicy & P50 \\\\\n\\hline\n & 1.5 \\\\\n\\hline\n\\end{tabular}\n");
}
