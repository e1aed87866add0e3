// Runs, requests and stages as rows of a store's tables. Private to report/.
#pragma once

#include <cstdint>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/result_store.h"

namespace twinfer {

// Every call belongs into a transaction of its caller. SQLite's errors pass.
std::int64_t insert_run(SQLite::Database& database, const RunInfo& run);  // gives its id
void insert_rows(SQLite::Database& database, std::int64_t run, const RunRows& rows);
void insert_measures(SQLite::Database& database, std::int64_t run, const Measures& measures);

// A row of `SELECT * FROM runs`. Throws InputError naming `file` on a value that no Twinfer writes.
RunInfo read_run(SQLite::Statement& row, const std::string& file);
// Of requests from `first` on.
RunRows read_rows(SQLite::Database& database, std::int64_t run, std::uint64_t first, const std::string& file);
Measures read_measures(SQLite::Database& database, std::int64_t run);

}  // namespace twinfer
