// SQLite with its rollback journal, not the write-ahead log: a store stays one
// file, and writers are few and short. A writer waits for another by SQLite's
// busy timeout.
#include "report/result_store.h"

#include <array>
#include <utility>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "core/error.h"
#include "report/store_schema.h"

namespace twinfer {
namespace {

constexpr int kBusyTimeoutMs = 60'000;
constexpr std::array kStatuses{Status::kOk, Status::kExited, Status::kMissed, Status::kDropped, Status::kFailed};

// What a person can do about an error of SQLite.
std::string advice(const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return "the result store cannot be opened or written";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return "is not a Twinfer result store";
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return "the result store cannot be written: the disk is full or failing";
    case SQLITE_BUSY:
      return "the result store is locked by another program";
    default:
      return std::string("result store: ") + error.what();
  }
}

// Runs `body`, with SQLite's errors as InputError.
template <class Body>
auto guarded(const std::string& file, Body body) {
  try {
    return body();
  } catch (const SQLite::Exception& error) {
    throw InputError(file, "", "", advice(error));
  }
}

void check_place(const std::filesystem::path& file, StoreAccess access) {
  std::error_code ignored;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, ignored))
    throw InputError(file.string(), "", "", "the folder of the result store does not exist");
  if (std::filesystem::is_directory(file, ignored))
    throw InputError(file.string(), "", "", "is a folder, not a result store");
  if (access == StoreAccess::kRead && !std::filesystem::exists(file, ignored))
    throw InputError(file.string(), "", "", "no such result store");
}

// SQLite's integers are signed; the bits survive.
std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t as_unsigned(const SQLite::Column& column) { return static_cast<std::uint64_t>(column.getInt64()); }

// Binds in order of the columns.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) { statement_.reset(); }
  Binder& add(double value) {
    statement_.bind(next_++, value);
    return *this;
  }
  Binder& add(std::int64_t value) {
    statement_.bind(next_++, value);
    return *this;
  }
  Binder& add(std::uint64_t value) { return add(as_signed(value)); }
  Binder& add(const std::string& value) {
    statement_.bindNoCopy(next_++, value);
    return *this;
  }
  template <class T>
  Binder& add(const std::optional<T>& value) {
    if (!value)
      statement_.bind(next_++);
    else if constexpr (sizeof(T) < sizeof(std::int64_t))
      add(static_cast<std::int64_t>(*value));
    else
      add(*value);
    return *this;
  }
  void insert() { statement_.exec(); }

 private:
  SQLite::Statement& statement_;
  int next_ = 1;
};

void insert_results(SQLite::Database& database, std::int64_t run, const std::vector<ResultRow>& rows) {
  SQLite::Statement insert(database, "INSERT INTO requests VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  std::array<std::string, kStatuses.size()> names;
  for (const Status status : kStatuses) names.at(static_cast<std::size_t>(status)) = to_string(status);
  for (const ResultRow& row : rows)
    Binder(insert)
        .add(run)
        .add(row.request)
        .add(row.sample)
        .add(names.at(static_cast<std::size_t>(row.status)))
        .add(row.arrival_s)
        .add(row.admission_s)
        .add(row.latency_s)
        .add(row.result_wait_s)
        .add(row.result_return_s)
        .add(row.exit)
        .add(row.predicted)
        .add(row.correct)
        .add(row.bytes_sent)
        .add(row.error)
        .insert();
}

void insert_stages(SQLite::Database& database, std::int64_t run, const std::vector<StageRow>& rows) {
  SQLite::Statement insert(database, "INSERT INTO stages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)");
  for (const StageRow& row : rows)
    Binder(insert)
        .add(run)
        .add(row.request)
        .add(row.stage)
        .add(row.device)
        .add(row.hop_start_s)
        .add(row.hop_wait_s)
        .add(row.encode_s)
        .add(row.transfer_s)
        .add(row.queue_s)
        .add(row.compute_start_s)
        .add(row.decode_s)
        .add(row.compute_s)
        .add(row.hop_bytes)
        .insert();
}

Status parse_status(const std::string& text, const std::string& file) {
  for (const Status status : kStatuses)
    if (to_string(status) == text) return status;
  throw InputError(file, "requests.status", text, "is no status");
}

Mode parse_mode(const std::string& text, const std::string& file) {
  for (const Mode mode : {Mode::kSim, Mode::kLive})
    if (to_string(mode) == text) return mode;
  throw InputError(file, "runs.mode", text, "is no mode");
}

RunInfo read_run(SQLite::Statement& row, const std::string& file) {
  RunInfo run;
  run.id = row.getColumn(0).getInt64();
  run.batch = row.getColumn(1).getString();
  run.mode = parse_mode(row.getColumn(2).getString(), file);
  run.scenario = row.getColumn(3).getString();
  run.scenario_text = row.getColumn(4).getString();
  run.policy = row.getColumn(5).getString();
  run.plan = row.getColumn(6).getString();
  run.predicted_latency_s = row.getColumn(7).getDouble();
  run.seed = as_unsigned(row.getColumn(8));
  run.network_model = row.getColumn(9).getString();
  run.commit = row.getColumn(10).getString();
  run.machine = row.getColumn(11).getString();
  run.started = row.getColumn(12).getString();
  run.status = row.getColumn(13).getString();
  run.error = row.getColumn(14).getString();
  return run;
}

ResultRow read_result(SQLite::Statement& row, const std::string& file) {
  ResultRow result;
  result.request = as_unsigned(row.getColumn(1));
  result.sample = as_unsigned(row.getColumn(2));
  result.status = parse_status(row.getColumn(3).getString(), file);
  result.arrival_s = row.getColumn(4).getDouble();
  result.admission_s = row.getColumn(5).getDouble();
  result.latency_s = row.getColumn(6).getDouble();
  result.result_wait_s = row.getColumn(7).getDouble();
  result.result_return_s = row.getColumn(8).getDouble();
  if (!row.isColumnNull(9)) result.exit = as_unsigned(row.getColumn(9));
  if (!row.isColumnNull(10)) result.predicted = row.getColumn(10).getInt();
  if (!row.isColumnNull(11)) result.correct = row.getColumn(11).getInt() != 0;
  result.bytes_sent = row.getColumn(12).getDouble();
  result.error = row.getColumn(13).getString();
  return result;
}

StageRow read_stage(SQLite::Statement& row) {
  StageRow stage;
  stage.request = as_unsigned(row.getColumn(1));
  stage.stage = as_unsigned(row.getColumn(2));
  stage.device = row.getColumn(3).getString();
  stage.hop_start_s = row.getColumn(4).getDouble();
  stage.hop_wait_s = row.getColumn(5).getDouble();
  stage.encode_s = row.getColumn(6).getDouble();
  stage.transfer_s = row.getColumn(7).getDouble();
  stage.queue_s = row.getColumn(8).getDouble();
  stage.compute_start_s = row.getColumn(9).getDouble();
  stage.decode_s = row.getColumn(10).getDouble();
  stage.compute_s = row.getColumn(11).getDouble();
  stage.hop_bytes = row.getColumn(12).getDouble();
  return stage;
}

}  // namespace

struct ResultStore::Connection {
  Connection(const std::filesystem::path& path, StoreAccess access)
      : file(path.string()),
        database(file,
                 access == StoreAccess::kRead ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                 kBusyTimeoutMs) {}

  std::string file;
  mutable SQLite::Database database;
};

ResultStore::ResultStore(const std::filesystem::path& file, StoreAccess access) {
  check_place(file, access);
  guarded(file.string(), [&] {
    connection_ = std::make_unique<Connection>(file, access);
    // SQLite falls back to reading where it may not write.
    if (access == StoreAccess::kWrite && sqlite3_db_readonly(connection_->database.getHandle(), "main") == 1)
      throw InputError(file.string(), "", "", "the result store cannot be opened or written");
    if (access == StoreAccess::kWrite)
      prepare_store(connection_->database, connection_->file);
    else
      check_store(connection_->database, connection_->file);
  });
}

ResultStore::~ResultStore() = default;

std::int64_t ResultStore::begin_run(const RunInfo& run) {
  return guarded(connection_->file, [&] {
    SQLite::Database& database = connection_->database;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement insert(database, "INSERT INTO runs VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,'running','')");
    const std::string mode = to_string(run.mode);
    Binder(insert)
        .add(run.batch)
        .add(mode)
        .add(run.scenario)
        .add(run.scenario_text)
        .add(run.policy)
        .add(run.plan)
        .add(run.predicted_latency_s)
        .add(run.seed)
        .add(run.network_model)
        .add(run.commit)
        .add(run.machine)
        .add(run.started)
        .insert();
    const std::int64_t id = database.getLastInsertRowid();
    transaction.commit();
    return id;
  });
}

void ResultStore::add_rows(std::int64_t run, const RunRows& rows) {
  guarded(connection_->file, [&] {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    insert_results(connection_->database, run, rows.results);
    insert_stages(connection_->database, run, rows.stages);
    transaction.commit();
  });
}

void ResultStore::end_run(std::int64_t run, const std::string& status, const std::string& error) {
  guarded(connection_->file, [&] {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement update(connection_->database, "UPDATE runs SET status = ?, error = ? WHERE id = ?");
    Binder(update).add(status).add(error).add(run).insert();
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

RunRows ResultStore::rows(std::int64_t run) const {
  return guarded(connection_->file, [&] {
    // One read transaction, so that both tables are of the same moment.
    SQLite::Transaction snapshot(connection_->database);
    RunRows rows;
    SQLite::Statement results(connection_->database, "SELECT * FROM requests WHERE run = ? ORDER BY request");
    results.bind(1, run);
    while (results.executeStep()) rows.results.push_back(read_result(results, connection_->file));
    SQLite::Statement stages(connection_->database, "SELECT * FROM stages WHERE run = ? ORDER BY request, stage");
    stages.bind(1, run);
    while (stages.executeStep()) rows.stages.push_back(read_stage(stages));
    return rows;
  });
}

}  // namespace twinfer
