// SQLite with its rollback journal, not the write-ahead log: a store stays one
// file, and writers are few and short. A writer waits for another by SQLite's
// busy timeout.
#include "report/result_store.h"

#include "report/store_connection.h"
#include "report/store_rows.h"

namespace twinfer {

ResultStore::ResultStore(const std::filesystem::path& file, StoreAccess access)
    : connection_(std::make_unique<StoreConnection>(file, access)) {}

ResultStore::~ResultStore() = default;

std::int64_t ResultStore::begin_run(const RunInfo& run) {
  return guarded(connection_->file, [&] {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    RunInfo begun = run;
    begun.status = "running";
    begun.error.clear();
    const std::int64_t id = insert_run(connection_->database, begun);
    transaction.commit();
    return id;
  });
}

void ResultStore::add_rows(std::int64_t run, const RunRows& rows) {
  guarded(connection_->file, [&] {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    insert_rows(connection_->database, run, rows);
    transaction.commit();
  });
}

void ResultStore::end_run(std::int64_t run, const std::string& status, const std::string& error,
                          const Measures& measures) {
  guarded(connection_->file, [&] {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement update(connection_->database, "UPDATE runs SET status = ?, error = ? WHERE id = ?");
    Binder(update).add(status).add(error).add(run).insert();
    insert_measures(connection_->database, run, measures);
    transaction.commit();
  });
}

std::vector<RunInfo> ResultStore::runs() const {
  return guarded(connection_->file, [&] {
    SQLite::Statement select(connection_->database, "SELECT * FROM runs ORDER BY id");
    std::vector<RunInfo> runs;
    while (select.executeStep()) runs.push_back(read_run(select, connection_->file));
    return runs;
  });
}

std::vector<RunInfo> ResultStore::runs_of(const std::string& batch) const {
  return guarded(connection_->file, [&] {
    SQLite::Statement select(connection_->database, "SELECT * FROM runs WHERE batch = ? ORDER BY id");
    select.bind(1, batch);
    std::vector<RunInfo> runs;
    while (select.executeStep()) runs.push_back(read_run(select, connection_->file));
    return runs;
  });
}

RunRows ResultStore::rows(std::int64_t run, std::uint64_t first) const {
  return guarded(connection_->file, [&] {
    // One read transaction, so that both tables are of the same moment.
    SQLite::Transaction snapshot(connection_->database);
    return read_rows(connection_->database, run, first, connection_->file);
  });
}

Measures ResultStore::measures(std::int64_t run) const {
  return guarded(connection_->file, [&] { return read_measures(connection_->database, run); });
}

}  // namespace twinfer
