#include "report/store_rows.h"

#include <array>

#include "core/error.h"
#include "report/store_connection.h"

namespace twinfer {
namespace {

constexpr std::array kStatuses{Status::kOk, Status::kExited, Status::kMissed, Status::kDropped, Status::kFailed};

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

std::int64_t insert_run(SQLite::Database& database, const RunInfo& run) {
  SQLite::Statement insert(database, "INSERT INTO runs VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
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
      .add(run.status)
      .add(run.error)
      .insert();
  return database.getLastInsertRowid();
}

void insert_rows(SQLite::Database& database, std::int64_t run, const RunRows& rows) {
  insert_results(database, run, rows.results);
  insert_stages(database, run, rows.stages);
}

void insert_measures(SQLite::Database& database, std::int64_t run, const Measures& measures) {
  SQLite::Statement insert(database, "INSERT INTO measures VALUES (?,?,?)");
  for (const auto& [name, value] : measures) Binder(insert).add(run).add(name).add(value).insert();
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

RunRows read_rows(SQLite::Database& database, std::int64_t run, std::uint64_t first, const std::string& file) {
  RunRows rows;
  SQLite::Statement results(database, "SELECT * FROM requests WHERE run = ? AND request >= ? ORDER BY request");
  results.bind(1, run);
  results.bind(2, static_cast<std::int64_t>(first));
  while (results.executeStep()) rows.results.push_back(read_result(results, file));
  SQLite::Statement stages(database, "SELECT * FROM stages WHERE run = ? AND request >= ? ORDER BY request, stage");
  stages.bind(1, run);
  stages.bind(2, static_cast<std::int64_t>(first));
  while (stages.executeStep()) rows.stages.push_back(read_stage(stages));
  return rows;
}

Measures read_measures(SQLite::Database& database, std::int64_t run) {
  Measures measures;
  SQLite::Statement select(database, "SELECT name, value FROM measures WHERE run = ?");
  select.bind(1, run);
  while (select.executeStep()) measures[select.getColumn(0).getString()] = select.getColumn(1).getDouble();
  return measures;
}

}  // namespace twinfer
