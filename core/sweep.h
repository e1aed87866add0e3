// Many questions from one: a base scenario, axes over its fields, and replications
// that differ in their seed alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/scenario.h"
#include "core/units.h"

namespace twinfer {

struct SweepAxis {
  std::string field;                // of the scenario, names joined by dots; or "policy"
  std::vector<std::string> values;  // as YAML, each once, at least one
};

// Runs for which every named axis has one of the listed values.
struct SweepFilter {
  std::vector<std::pair<std::size_t, std::vector<std::string>>> axes;  // by position in Sweep::axes
};

struct Sweep {
  std::string file;
  std::string text;  // the file's content
  std::string name;
  std::filesystem::path scenario;
  Mode mode = Mode::kSim;
  std::vector<SweepAxis> axes;
  std::vector<std::vector<std::size_t>> zipped;  // axes that advance together; all others are crossed
  std::vector<SweepFilter> skip;
  std::uint64_t replications = 1;
  bool keep_rows = false;    // of every request and stage, not only what they amount to
  Seconds run_timeout{600};  // real time after which a run is ended and counts as failed
};

// Whether the file is a sweep, which has axes, and no scenario. Throws InputError if it is no YAML map.
bool is_sweep(const std::filesystem::path& file);

// Reads and checks every field (docs/formats.md). Throws InputError with file, field,
// value and what is allowed. Whether the scenario has the fields is found by loading it.
Sweep load_sweep(const std::filesystem::path& file);

// Where no axis is `policy`, the base scenario's policies become one, the last.
void add_policy_axis(Sweep& sweep, const std::vector<std::string>& policies);

// One run to make.
struct SweepRun {
  std::vector<std::string> point;  // the value of each axis, in their order
  std::uint64_t replication = 0;   // from 0
};

// Every combination that no filter skips: the first axis slowest, replications
// fastest. Throws InputError if none is left, or more than a million.
std::vector<SweepRun> runs_of(const Sweep& sweep);

// What the run's point changes in the base scenario.
std::vector<FieldChange> changes_of(const Sweep& sweep, const SweepRun& run);

// Replication 0 keeps the scenario's seed; the others' follow from it. Below 2^53.
std::uint64_t replication_seed(std::uint64_t seed, std::uint64_t replication);

// "policy=nsc, arrivals.rate_hz=10, replication 2".
std::string describe(const Sweep& sweep, const SweepRun& run);

}  // namespace twinfer
