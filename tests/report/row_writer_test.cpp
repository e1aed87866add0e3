#include "report/row_writer.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include "tests/report/rows.h"
#include "tests/support/temporary_folder.h"

using namespace twinfer;

namespace {

RunRows one_row(std::uint64_t request) {
  RunRows rows;
  rows.results.push_back(returned_row(request, 0.1, 0.2));
  rows.stages.push_back(stage_row(request, 0, "pi", 0.1));
  return rows;
}

struct OneRun {
  TemporaryFolder folder;
  ResultStore store{folder / "r.sqlite"};
  std::int64_t id = store.begin_run(run_info("b1", "lbc"));
};

}  // namespace

TEST_CASE("all rows are in the store once the writer has finished, and where it only went away") {
  OneRun run;
  RowWriter writer(run.store, run.id);
  for (std::uint64_t i = 0; i < 50; ++i) writer.add(one_row(i));
  writer.finish();
  CHECK(run.store.rows(run.id).results.size() == 50);
  CHECK(run.store.rows(run.id).stages.size() == 50);
  { RowWriter(run.store, run.id).add(one_row(50)); }
  CHECK(run.store.rows(run.id).results.size() == 51);
}

TEST_CASE("rows are taken while the store is locked by others") {
  OneRun run;
  SQLite::Database other(run.folder / "r.sqlite", SQLite::OPEN_READWRITE);
  other.exec("BEGIN EXCLUSIVE");
  RowWriter writer(run.store, run.id);
  for (std::uint64_t i = 0; i < 3; ++i) writer.add(one_row(i));  // would wait for the lock, and never get it
  other.exec("COMMIT");
  writer.finish();
  CHECK(run.store.rows(run.id).results.size() == 3);
}

TEST_CASE("rows that the store refuses are told of, and end the taking of more") {
  OneRun run;
  RowWriter writer(run.store, run.id);
  writer.add(one_row(0));
  writer.add(one_row(0));  // twice the same request
  CHECK_THROWS(writer.finish());
  CHECK_THROWS(writer.add(one_row(1)));
}
