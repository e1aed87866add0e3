// Sweeps in a result store (docs/formats.md: tables `sweeps`, `sweep_runs`): which
// runs a sweep has, and by which key, so that none is made or counted twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/sweep.h"
#include "report/result_store.h"

namespace twinfer {

struct SweepInfo {
  std::string name;
  std::string text;             // the sweep file
  std::vector<SweepAxis> axes;  // in order
};

// A run that has ended, with its place in the sweep.
struct SweptRun {
  std::string key;                 // hash of all that its result follows from
  std::vector<std::string> point;  // the value of each axis, in their order
  std::uint64_t replication = 0;
  RunInfo info;
  Measures measures;
  RunRows rows;  // empty unless the sweep keeps them
};

// One connection, as ResultStore's. Every call is one transaction and throws
// InputError if the store cannot take it, which then is as it was.
class SweepStore {
 public:
  explicit SweepStore(const std::filesystem::path& file, StoreAccess access = StoreAccess::kWrite);
  ~SweepStore();

  // Begins a sweep, or goes on with one: `keys` are all its runs. Throws InputError if
  // the store has a sweep of that name with other axes, or with a run that is not among
  // them. More runs than before may be asked for.
  void begin(const SweepInfo& sweep, const std::vector<std::string>& keys);

  // By key. Runs of a sweep that the store does not have: none.
  [[nodiscard]] std::map<std::string, std::string> statuses(const std::string& sweep) const;

  // A key that is there already, because another process was faster, is left as it is.
  // REQUIRES: the sweep has begun.
  void add(const std::string& sweep, const std::vector<SweptRun>& runs);

  // Takes out the runs that failed, so that they are made again.
  void forget_failed(const std::string& sweep);

  [[nodiscard]] std::vector<SweepInfo> sweeps() const;  // by name

  // By point and replication; without rows, which ResultStore::rows gives.
  [[nodiscard]] std::vector<SweptRun> runs(const std::string& sweep) const;

  // Throws InputError naming the sweeps that are there if `name` is none of them.
  [[nodiscard]] SweepInfo sweep(const std::string& name) const;

  // Takes in every run of `other` that is not here: those of sweeps by their key, the
  // rest by their batch. A run that failed here and is complete there is replaced.
  // Gives how many runs came. Throws InputError if a sweep has other axes there, or a
  // run of one key other measures.
  std::size_t merge(const std::filesystem::path& other);

 private:
  std::unique_ptr<struct StoreConnection> connection_;
};

}  // namespace twinfer
