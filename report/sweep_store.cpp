#include "report/sweep_store.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/joined.h"
#include "report/measures.h"
#include "report/store_connection.h"
#include "report/store_rows.h"

namespace twinfer {
namespace {

using nlohmann::json;

template <class Value>
Value from_json(const SQLite::Column& column, const std::string& file, const std::string& field) {
  try {
    return json::parse(column.getString()).get<Value>();
  } catch (const json::exception&) {
    throw InputError(file, field, column.getString(), "is no list that Twinfer writes");
  }
}

using Texts = std::vector<std::string>;

std::vector<SweepAxis> axes_of(const Texts& fields, const std::vector<Texts>& values, const std::string& file) {
  if (values.size() != fields.size()) throw InputError(file, "sweeps.axis_values", "", "does not fit the axes");
  std::vector<SweepAxis> axes;
  for (std::size_t axis = 0; axis < fields.size(); ++axis) axes.push_back({fields[axis], values[axis]});
  return axes;
}

Texts fields_of(const std::vector<SweepAxis>& axes) {
  Texts fields;
  for (const SweepAxis& axis : axes) fields.push_back(axis.field);
  return fields;
}

std::vector<SweepInfo> read_sweeps(SQLite::Database& database, const std::string& file) {
  SQLite::Statement select(database, "SELECT name, text, axes, axis_values FROM sweeps ORDER BY name");
  std::vector<SweepInfo> sweeps;
  while (select.executeStep())
    sweeps.push_back({select.getColumn(0).getString(), select.getColumn(1).getString(),
                      axes_of(from_json<Texts>(select.getColumn(2), file, "sweeps.axes"),
                              from_json<std::vector<Texts>>(select.getColumn(3), file, "sweeps.axis_values"), file)});
  return sweeps;
}

// The sweep as the store has it, if it does: with the same axes, or else it is refused.
std::optional<SweepInfo> stored_sweep(SQLite::Database& database, const SweepInfo& sweep, const std::string& file) {
  for (const SweepInfo& stored : read_sweeps(database, file)) {
    if (stored.name != sweep.name) continue;
    if (fields_of(stored.axes) != fields_of(sweep.axes))
      throw InputError(file, "sweep", sweep.name, "is there with other axes; give the sweep another name or store");
    return stored;
  }
  return std::nullopt;
}

void insert_sweep(SQLite::Database& database, const SweepInfo& sweep) {
  SQLite::Statement insert(database, "INSERT OR REPLACE INTO sweeps VALUES (?,?,?,?)");
  const std::string axes = json(fields_of(sweep.axes)).dump();
  std::vector<Texts> values;
  for (const SweepAxis& axis : sweep.axes) values.push_back(axis.values);
  const std::string axis_values = json(values).dump();
  Binder(insert).add(sweep.name).add(sweep.text).add(axes).add(axis_values).insert();
}

std::map<std::string, std::string> read_statuses(SQLite::Database& database, const std::string& sweep) {
  SQLite::Statement select(database,
                           "SELECT key, status FROM sweep_runs JOIN runs ON runs.id = sweep_runs.run WHERE sweep = ?");
  select.bind(1, sweep);
  std::map<std::string, std::string> statuses;
  while (select.executeStep()) statuses[select.getColumn(0).getString()] = select.getColumn(1).getString();
  return statuses;
}

bool has_key(SQLite::Database& database, const std::string& sweep, const std::string& key) {
  SQLite::Statement select(database, "SELECT 1 FROM sweep_runs WHERE sweep = ? AND key = ?");
  Binder(select).add(sweep).add(key);
  return select.executeStep();
}

void insert_swept(SQLite::Database& database, const std::string& sweep, const SweptRun& run) {
  const std::int64_t id = insert_run(database, run.info);
  insert_rows(database, id, run.rows);
  insert_measures(database, id, run.measures);
  SQLite::Statement insert(database, "INSERT INTO sweep_runs VALUES (?,?,?,?,?)");
  const std::string point = json(run.point).dump();
  Binder(insert).add(sweep).add(run.key).add(id).add(run.replication).add(point).insert();
}

void remove_run(SQLite::Database& database, std::int64_t run) {
  for (const char* from :
       {"sweep_runs WHERE run", "measures WHERE run", "stages WHERE run", "requests WHERE run", "runs WHERE id"}) {
    SQLite::Statement remove(database, std::string("DELETE FROM ") + from + " = ?");
    Binder(remove).add(run).insert();
  }
}

std::vector<SweptRun> read_swept(SQLite::Database& database, const std::string& sweep, const std::string& file) {
  SQLite::Statement select(
      database,
      "SELECT runs.*, key, replication, point FROM runs JOIN sweep_runs ON runs.id = sweep_runs.run WHERE sweep = ?");
  select.bind(1, sweep);
  std::vector<SweptRun> runs;
  while (select.executeStep()) {
    SweptRun& run = runs.emplace_back();
    run.info = read_run(select, file);
    run.key = select.getColumn("key").getString();
    run.replication = static_cast<std::uint64_t>(select.getColumn("replication").getInt64());
    run.point = from_json<Texts>(select.getColumn("point"), file, "sweep_runs.point");
    run.measures = read_measures(database, run.info.id);
  }
  std::ranges::sort(runs, {}, [](const SweptRun& run) { return std::tie(run.point, run.replication); });
  return runs;
}

// A simulation gives the same measures on every machine; only the time that it took differs.
bool same_result(Measures here, Measures there) {
  here.erase(kWallMeasure);
  there.erase(kWallMeasure);
  return here == there;
}

// Whether `run` of the other store is to come here.
bool is_wanted(SQLite::Database& database, const std::map<std::string, const SweptRun*>& here, const SweptRun& run,
               const std::string& sweep, const std::string& file) {
  const auto found = here.find(run.key);
  if (found == here.end()) return true;
  const SweptRun& mine = *found->second;
  if (mine.info.status == "failed" && run.info.status == "complete") {
    remove_run(database, mine.info.id);
    return true;
  }
  if (run.info.status == "complete" && !same_result(mine.measures, run.measures))
    throw InputError(file, "sweep " + sweep, json(run.point).dump() + " replication " + std::to_string(run.replication),
                     "has other results in the store that is to take it in");
  return false;
}

// The values of both, those that are here first.
SweepInfo united(std::optional<SweepInfo> here, const SweepInfo& there) {
  if (!here) return there;
  for (std::size_t axis = 0; axis < there.axes.size(); ++axis)
    for (const std::string& value : there.axes[axis].values)
      if (std::ranges::find(here->axes[axis].values, value) == here->axes[axis].values.end())
        here->axes[axis].values.push_back(value);
  return *here;
}

std::size_t merge_sweep(SQLite::Database& database, SQLite::Database& other, const SweepInfo& sweep,
                        const std::string& file, const std::string& other_file) {
  insert_sweep(database, united(stored_sweep(database, sweep, file), sweep));
  const std::vector<SweptRun> mine = read_swept(database, sweep.name, file);
  std::map<std::string, const SweptRun*> here;
  for (const SweptRun& run : mine) here[run.key] = &run;
  std::size_t came = 0;
  for (SweptRun& run : read_swept(other, sweep.name, other_file)) {
    if (!is_wanted(database, here, run, sweep.name, other_file)) continue;
    run.rows = read_rows(other, run.info.id, 0, other_file);
    insert_swept(database, sweep.name, run);
    ++came;
  }
  return came;
}

std::set<std::string> batches_of(SQLite::Database& database) {
  SQLite::Statement select(database, "SELECT DISTINCT batch FROM runs");
  std::set<std::string> batches;
  while (select.executeStep()) batches.insert(select.getColumn(0).getString());
  return batches;
}

// Runs that belong to no sweep.
std::size_t merge_batches(SQLite::Database& database, SQLite::Database& other, const std::set<std::string>& here,
                          const std::string& other_file) {
  SQLite::Statement select(other, "SELECT * FROM runs WHERE id NOT IN (SELECT run FROM sweep_runs) ORDER BY id");
  std::size_t came = 0;
  while (select.executeStep()) {
    const RunInfo run = read_run(select, other_file);
    if (here.contains(run.batch)) continue;
    const std::int64_t id = insert_run(database, run);
    insert_rows(database, id, read_rows(other, run.id, 0, other_file));
    insert_measures(database, id, read_measures(other, run.id));
    ++came;
  }
  return came;
}

}  // namespace

SweepStore::SweepStore(const std::filesystem::path& file, StoreAccess access)
    : connection_(std::make_unique<StoreConnection>(file, access)) {}

SweepStore::~SweepStore() = default;

void SweepStore::begin(const SweepInfo& sweep, const std::vector<std::string>& keys) {
  guarded(connection_->file, [&] {
    SQLite::Database& database = connection_->database;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    static_cast<void>(stored_sweep(database, sweep, connection_->file));
    const std::set<std::string> asked(keys.begin(), keys.end());
    std::size_t strange = 0;
    for (const auto& [key, status] : read_statuses(database, sweep.name)) strange += asked.contains(key) ? 0 : 1;
    if (strange > 0)
      throw InputError(connection_->file, "sweep", sweep.name,
                       "has " + std::to_string(strange) +
                           " runs there that this sweep does not make: its file, its scenario, what that names, or the "
                           "program has changed; give the sweep another name or store");
    insert_sweep(database, sweep);
    transaction.commit();
  });
}

std::map<std::string, std::string> SweepStore::statuses(const std::string& sweep) const {
  return guarded(connection_->file, [&] { return read_statuses(connection_->database, sweep); });
}

void SweepStore::add(const std::string& sweep, const std::vector<SweptRun>& runs) {
  guarded(connection_->file, [&] {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    for (const SweptRun& run : runs)
      if (!has_key(connection_->database, sweep, run.key)) insert_swept(connection_->database, sweep, run);
    transaction.commit();
  });
}

void SweepStore::forget_failed(const std::string& sweep) {
  guarded(connection_->file, [&] {
    SQLite::Database& database = connection_->database;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    for (const SweptRun& run : read_swept(database, sweep, connection_->file))
      if (run.info.status != "complete") remove_run(database, run.info.id);
    transaction.commit();
  });
}

std::vector<SweepInfo> SweepStore::sweeps() const {
  return guarded(connection_->file, [&] { return read_sweeps(connection_->database, connection_->file); });
}

SweepInfo SweepStore::sweep(const std::string& name) const {
  std::vector<SweepInfo> known = sweeps();
  const auto found = std::ranges::find(known, name, &SweepInfo::name);
  if (found != known.end()) return std::move(*found);
  throw InputError(connection_->file, "sweep", name,
                   "is not there; known: " + or_none(joined(known, ", ", &SweepInfo::name)));
}

std::vector<SweptRun> SweepStore::runs(const std::string& sweep) const {
  return guarded(connection_->file, [&] {
    SQLite::Transaction snapshot(connection_->database);
    return read_swept(connection_->database, sweep, connection_->file);
  });
}

std::size_t SweepStore::merge(const std::filesystem::path& other) {
  const StoreConnection source(other, StoreAccess::kRead);
  return guarded(connection_->file, [&] {
    SQLite::Database& database = connection_->database;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    const std::set<std::string> batches = batches_of(database);
    std::size_t came = 0;
    for (const SweepInfo& sweep : read_sweeps(source.database, source.file))
      came += merge_sweep(database, source.database, sweep, connection_->file, source.file);
    came += merge_batches(database, source.database, batches, source.file);
    transaction.commit();
    return came;
  });
}

}  // namespace twinfer
