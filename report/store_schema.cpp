// A store is marked by SQLite's application id and user version, so that a file
// of another program is refused before anything in it is touched.
#include "report/store_schema.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "core/error.h"

namespace twinfer {
namespace {

constexpr int kApplicationId = 0x54574e46;  // "TWNF"

// Columns as in docs/formats.md; times in seconds, sizes in bytes.
constexpr const char* kTables = R"(
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  batch TEXT NOT NULL,
  mode TEXT NOT NULL,
  scenario TEXT NOT NULL,
  scenario_text TEXT NOT NULL,
  policy TEXT NOT NULL,
  plan TEXT NOT NULL,
  predicted_latency_s REAL NOT NULL,
  seed INTEGER NOT NULL,
  network_model TEXT NOT NULL,
  "commit" TEXT NOT NULL,
  machine TEXT NOT NULL,
  started TEXT NOT NULL,
  status TEXT NOT NULL,
  error TEXT NOT NULL
);
CREATE INDEX runs_by_batch ON runs (batch);
CREATE TABLE requests (
  run INTEGER NOT NULL REFERENCES runs (id),
  request INTEGER NOT NULL,
  sample INTEGER NOT NULL,
  status TEXT NOT NULL,
  arrival_s REAL NOT NULL,
  admission_s REAL NOT NULL,
  latency_s REAL NOT NULL,
  result_wait_s REAL NOT NULL,
  result_return_s REAL NOT NULL,
  exit INTEGER,
  predicted INTEGER,
  correct INTEGER,
  bytes_sent REAL NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (run, request)
) WITHOUT ROWID;
CREATE TABLE stages (
  run INTEGER NOT NULL REFERENCES runs (id),
  request INTEGER NOT NULL,
  stage INTEGER NOT NULL,
  device TEXT NOT NULL,
  hop_start_s REAL NOT NULL,
  hop_wait_s REAL NOT NULL,
  encode_s REAL NOT NULL,
  transfer_s REAL NOT NULL,
  queue_s REAL NOT NULL,
  compute_start_s REAL NOT NULL,
  decode_s REAL NOT NULL,
  compute_s REAL NOT NULL,
  hop_bytes REAL NOT NULL,
  PRIMARY KEY (run, request, stage)
) WITHOUT ROWID;
)";

// Since version 2.
constexpr const char* kSweepTables = R"(
CREATE TABLE measures (
  run INTEGER NOT NULL REFERENCES runs (id),
  name TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE TABLE sweeps (
  name TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  axes TEXT NOT NULL,
  axis_values TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sweep_runs (
  sweep TEXT NOT NULL REFERENCES sweeps (name),
  key TEXT NOT NULL,
  run INTEGER NOT NULL UNIQUE REFERENCES runs (id),
  replication INTEGER NOT NULL,
  point TEXT NOT NULL,
  PRIMARY KEY (sweep, key)
) WITHOUT ROWID;
)";

int pragma(SQLite::Database& database, const std::string& name) {
  return database.execAndGet("PRAGMA " + name).getInt();
}

bool is_empty(SQLite::Database& database) {
  return database.execAndGet("SELECT COUNT(*) FROM sqlite_master").getInt() == 0;
}

}  // namespace

void check_store(SQLite::Database& database, const std::string& file) {
  if (pragma(database, "application_id") != kApplicationId)
    throw InputError(file, "", "", "is not a Twinfer result store");
  const int version = pragma(database, "user_version");
  if (version < kStoreVersion)
    throw InputError(file, "user_version", std::to_string(version),
                     "is an older version; a command that writes to the store brings it to version " +
                         std::to_string(kStoreVersion));
  if (version > kStoreVersion)
    throw InputError(file, "user_version", std::to_string(version),
                     "is of a newer Twinfer; this one reads version " + std::to_string(kStoreVersion));
}

void prepare_store(SQLite::Database& database, const std::string& file) {
  const auto is_old = [&database] {
    return pragma(database, "application_id") == kApplicationId && pragma(database, "user_version") == 1;
  };
  if (is_empty(database) || is_old()) {
    // Two programs may find the file so at once: the lock decides who writes.
    SQLite::Transaction lock(database, SQLite::TransactionBehavior::IMMEDIATE);
    const bool empty = is_empty(database);
    if (empty) {
      database.exec(kTables);
      database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    }
    if (empty || is_old()) {
      database.exec(kSweepTables);
      database.exec("PRAGMA user_version = " + std::to_string(kStoreVersion));
    }
    lock.commit();
  }
  check_store(database, file);
}

}  // namespace twinfer
