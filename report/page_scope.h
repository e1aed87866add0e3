// Which runs of a store a report is about. Private to report/ and the command.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "report/pivot.h"
#include "report/result_store.h"

namespace twinfer {

// At most one of them; neither: the whole store.
struct PageScope {
  std::string sweep;
  std::string batch;
};

// Runs that are arranged together: a sweep, or the newest runs that belong to none.
struct PageSet {
  std::string title;
  std::string sweep_text;  // the sweep's file; empty where it is none
  Observations observations;
};

struct PageRuns {
  std::filesystem::path store;
  std::vector<PageSet> sets;                  // sweeps by name, then the rest
  std::vector<RunInfo> runs;                  // all: of sweeps by replication and point, then the rest by id
  std::vector<RunInfo> singles;               // those that belong to no sweep, repeated ones too, by id
  std::map<std::int64_t, std::string> names;  // by id: what sets a run apart from the others of its set
};

// Throws InputError if there is no store, no such sweep or batch, or no run in it.
PageRuns runs_on_page(const std::filesystem::path& store, const PageScope& scope);

}  // namespace twinfer
