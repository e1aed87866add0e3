// Every run and its rows, in one SQLite file (docs/formats.md: tables `runs`,
// `requests`, `stages`, `measures`).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace twinfer {

struct RunInfo {
  std::int64_t id = 0;  // given by the store
  std::string batch;    // runs of one command share it
  Mode mode = Mode::kSim;
  std::string scenario;       // name
  std::string scenario_text;  // the resolved scenario, enough to run it again
  std::string policy;
  std::string plan;  // describe(stages)
  double predicted_latency_s = 0;
  std::uint64_t seed = 0;
  std::string network_model;
  std::string commit;   // of this program's source
  std::string machine;  // host, CPU, cores
  std::string started;  // ISO 8601, UTC
  std::string status;   // "running", "complete", "failed"
  std::string error;    // one line, if failed
};

// What a run amounts to, by name (report/measures.h): "p95_latency_s" 0.012.
using Measures = std::map<std::string, double>;

// Reading asks for a store that exists, and leaves a read-only file readable.
enum class StoreAccess { kWrite, kRead };

// One connection. Several processes may write to one file at once: each waits
// for the other. Every call is one transaction, so a killed run keeps the rows
// of every finished call and stays "running".
class ResultStore {
 public:
  // Opens, and creates for kWrite. Throws InputError if the file cannot be opened
  // so or is no store.
  explicit ResultStore(const std::filesystem::path& file, StoreAccess access = StoreAccess::kWrite);
  ~ResultStore();

  // Every call below throws InputError if the disk is full or the file damaged,
  // and then has changed nothing.
  std::int64_t begin_run(const RunInfo& run);  // status "running"
  void add_rows(std::int64_t run, const RunRows& rows);
  void end_run(std::int64_t run, const std::string& status, const std::string& error, const Measures& measures = {});

  [[nodiscard]] std::vector<RunInfo> runs() const;  // by id
  [[nodiscard]] std::vector<RunInfo> runs_of(const std::string& batch) const;
  // Of requests from `first` on; empty if there is no such run.
  [[nodiscard]] RunRows rows(std::int64_t run, std::uint64_t first = 0) const;
  [[nodiscard]] Measures measures(std::int64_t run) const;

 private:
  std::unique_ptr<struct StoreConnection> connection_;
};

}  // namespace twinfer
