#include "report/csv_export.h"

#include <iterator>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "core/error.h"
#include "core/whole_file.h"
#include "report/csv_field.h"

namespace twinfer {
namespace {

template <class T>
std::string field(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string field(const std::optional<bool>& value) { return value ? (*value ? "1" : "0") : ""; }

// fmt prints the shortest decimal that reads back as the same double.
template <class... Fields>
void append(std::string& csv, const char* format, const Fields&... fields) {
  fmt::format_to(std::back_inserter(csv), fmt::runtime(format), fields...);
}

std::string runs_csv(const std::vector<RunInfo>& runs) {
  std::string csv =
      "run,batch,mode,scenario,policy,plan,predicted_latency_s,seed,network_model,commit,machine,started,status,"
      "error,scenario_text\n";
  for (const RunInfo& run : runs)
    append(csv, "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", run.id, csv_field(run.batch), to_string(run.mode),
           csv_field(run.scenario), csv_field(run.policy), csv_field(run.plan), run.predicted_latency_s, run.seed,
           csv_field(run.network_model), csv_field(run.commit), csv_field(run.machine), run.started, run.status,
           csv_field(run.error), csv_field(run.scenario_text));
  return csv;
}

void append_requests(std::string& csv, std::int64_t run, const std::vector<ResultRow>& rows) {
  for (const ResultRow& row : rows)
    append(csv, "{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", run, row.request, row.sample, to_string(row.status),
           row.arrival_s, row.admission_s, row.latency_s, row.result_wait_s, row.result_return_s, field(row.exit),
           field(row.predicted), field(row.correct), row.bytes_sent, csv_field(row.error));
}

void append_stages(std::string& csv, std::int64_t run, const std::vector<StageRow>& rows) {
  for (const StageRow& row : rows)
    append(csv, "{},{},{},{},{},{},{},{},{},{},{},{},{}\n", run, row.request, row.stage, csv_field(row.device),
           row.hop_start_s, row.hop_wait_s, row.encode_s, row.transfer_s, row.queue_s, row.compute_start_s,
           row.decode_s, row.compute_s, row.hop_bytes);
}

void append_measures(std::string& csv, std::int64_t run, const Measures& measures) {
  for (const auto& [name, value] : measures) append(csv, "{},{},{}\n", run, csv_field(name), value);
}

std::vector<RunInfo> chosen_runs(const ResultStore& store, std::optional<std::int64_t> run) {
  std::vector<RunInfo> runs = store.runs();
  if (!run) return runs;
  std::erase_if(runs, [&](const RunInfo& info) { return info.id != *run; });
  if (runs.empty()) throw InputError("", "run", std::to_string(*run), "is not in the result store");
  return runs;
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directory(folder, failed);
  if (!std::filesystem::is_directory(folder))
    throw InputError(folder.string(), "", "",
                     "the folder cannot be made" + (failed ? " (" + failed.message() + ")" : ""));
}

}  // namespace

void export_csv(const ResultStore& store, const std::filesystem::path& folder, std::optional<std::int64_t> run) {
  const std::vector<RunInfo> runs = chosen_runs(store, run);
  std::string requests =
      "run,request,sample,status,arrival_s,admission_s,latency_s,result_wait_s,result_return_s,exit,predicted,"
      "correct,bytes_sent,error\n";
  std::string stages =
      "run,request,stage,device,hop_start_s,hop_wait_s,encode_s,transfer_s,queue_s,compute_start_s,decode_s,"
      "compute_s,hop_bytes\n";
  std::string measures = "run,name,value\n";
  for (const RunInfo& info : runs) {
    append_measures(measures, info.id, store.measures(info.id));
    const RunRows rows = store.rows(info.id);
    append_requests(requests, info.id, rows.results);
    append_stages(stages, info.id, rows.stages);
  }
  make_folder(folder);
  write_whole_file(folder / "runs.csv", runs_csv(runs));
  write_whole_file(folder / "requests.csv", requests);
  write_whole_file(folder / "stages.csv", stages);
  write_whole_file(folder / "measures.csv", measures);
}

}  // namespace twinfer
