// Runs arranged by their axes: one cell a combination, and in it the replications alone.
//
// A percentile of one run is one observation, and replications are averaged; runs that
// differ in anything else never are.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/sweep.h"
#include "report/result_store.h"
#include "report/statistics.h"

namespace twinfer {

// A run by what may be asked of it.
struct Observation {
  std::map<std::string, std::string> point;  // value by axis
  std::uint64_t replication = 0;
  Measures measures;  // empty if the run failed
  bool failed = false;
};

struct Observations {
  std::string source;           // the store, for errors
  std::vector<SweepAxis> axes;  // with their values in order
  std::vector<Observation> runs;
};

// Of a sweep; where the store has only one, `sweep` may be empty. A store without sweeps
// gives its newest run of each scenario, mode, policy and seed, the seed as replication.
// Throws InputError naming what is there.
Observations load_observations(const std::filesystem::path& store, const std::string& sweep);

// Every run of the sweep. Throws InputError naming the sweeps that are there if `sweep` is none of them.
Observations sweep_observations(const std::filesystem::path& store, const std::string& sweep);

// Of `runs`, as the store gives them, those that ended, and of equal scenario, mode, policy and seed the
// newest; by id.
std::vector<RunInfo> newest_runs(const std::vector<RunInfo>& runs);

// These runs of the store, the seed as replication.
Observations single_observations(const std::filesystem::path& store, const std::vector<RunInfo>& runs);

// Only those whose `axis` has one of `values`. Throws InputError where there is no such
// axis or value.
Observations where(Observations observations, const std::string& axis, const std::vector<std::string>& values);

// A measure in the unit that its name asks for: "p95_latency_ms" is p95_latency_s times 1000.
struct AskedMeasure {
  std::string name;     // as asked
  std::string measure;  // as stored
  double scale = 1;
};

// Units: _s as _ms, _us; _bytes... as _kb..., _mb...; _j as _mj; a share as NAME_percent.
// Throws InputError with the known measures.
AskedMeasure asked_measure(const std::string& name, const Observations& observations);

// Those that some run has.
std::set<std::string> known_measures(const Observations& observations);

struct Cell {
  std::optional<Estimate> estimate;  // nothing where no run of the cell has the measure
  std::size_t failed = 0;
};

// Cells by row and column: values of `row_axes` down, of `column_axes` and measures across.
struct Pivot {
  std::vector<std::string> row_axes;
  std::vector<std::string> column_axes;
  std::vector<AskedMeasure> measures;
  std::vector<std::vector<std::string>> rows;     // values of row_axes, that have a run
  std::vector<std::vector<std::string>> columns;  // values of column_axes; one empty entry if there are none
  std::vector<std::vector<Cell>> cells;           // by row; by column, then measure
  std::size_t failed = 0;                         // runs
};

// Throws InputError where an axis is unknown or named twice, or runs of one cell differ
// in an axis that is neither down nor across.
Pivot pivot(const Observations& observations, const std::vector<std::string>& row_axes,
            const std::vector<std::string>& column_axes, const std::vector<std::string>& measures);

// How a row differs from the baseline on the same column and replication.
struct PairedDifference {
  Estimate difference;  // row minus baseline, over the pairs
  double p = 1;         // signed rank, Holm over the rows of the column
};

// By row and column as in `table`, for runs whose `axis` is not `baseline`; nothing where no pair
// is there. `axis` must be one of the table's row axes. Throws InputError.
std::vector<std::vector<std::optional<PairedDifference>>> paired_differences(const Observations& observations,
                                                                             const Pivot& table,
                                                                             const std::string& axis,
                                                                             const std::string& baseline);

}  // namespace twinfer
