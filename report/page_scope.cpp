#include "report/page_scope.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/joined.h"
#include "report/sweep_store.h"

namespace twinfer {
namespace {

using Parts = std::vector<std::pair<std::string, std::string>>;  // axis and value

// "policy nsc, mode sim": of each run the parts that are not the same for all.
void add_names(const std::map<std::int64_t, Parts>& parts, std::map<std::int64_t, std::string>& names) {
  std::map<std::string, std::set<std::string>> values;
  for (const auto& [run, known] : parts)
    for (const auto& [axis, value] : known) values[axis].insert(value);
  for (const auto& [run, known] : parts) {
    std::vector<std::string> name;
    for (const auto& [axis, value] : known) {
      if (values[axis].size() == 1) continue;
      const bool speaks_for_itself = axis == "policy" || axis == "mode" || axis == "scenario";
      name.push_back(speaks_for_itself ? value : axis + " " + value);
    }
    names[run] = name.empty() ? known.front().second : joined(name);
  }
}

// "links.uplink.bandwidth_mbps" -> "bandwidth_mbps"
std::string last_name(const std::string& field) { return field.substr(field.rfind('.') + 1); }

// The first replication of every point, then the second; points as the axes order their values.
std::vector<SweptRun> runs_in_order(const SweepStore& store, const SweepInfo& sweep) {
  std::vector<SweptRun> runs = store.runs(sweep.name);
  std::ranges::sort(runs, {}, [&sweep](const SweptRun& run) {
    std::vector<std::ptrdiff_t> places;
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
      const std::vector<std::string>& values = sweep.axes[axis].values;
      places.push_back(std::ranges::find(values, run.point.at(axis)) - values.begin());
    }
    return std::pair(run.replication, places);
  });
  return runs;
}

void add_sweep(const SweepStore& store, const SweepInfo& sweep, std::set<std::int64_t>& swept, PageRuns& page) {
  page.sets.push_back({"sweep " + sweep.name, sweep.text, sweep_observations(page.store, sweep.name)});
  std::map<std::int64_t, Parts> parts;
  for (const SweptRun& run : runs_in_order(store, sweep)) {
    swept.insert(run.info.id);
    page.runs.push_back(run.info);
    Parts& known = parts[run.info.id];
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis)
      known.emplace_back(last_name(sweep.axes[axis].field), run.point.at(axis));
    known.emplace_back("replication", std::to_string(run.replication));
  }
  add_names(parts, page.names);
}

void add_singles(const std::string& title, PageRuns& page) {
  if (page.singles.empty()) return;
  page.runs.insert(page.runs.end(), page.singles.begin(), page.singles.end());
  page.sets.push_back({title, "", single_observations(page.store, newest_runs(page.singles))});
  std::map<std::int64_t, Parts> parts;
  for (const RunInfo& run : page.singles)
    parts[run.id] = {{"policy", run.policy},
                     {"mode", to_string(run.mode)},
                     {"scenario", run.scenario},
                     {"seed", std::to_string(run.seed)}};
  add_names(parts, page.names);
}

// The newest of the store, for a person who asked for another one.
std::string known_batches(const ResultStore& store) {
  constexpr std::size_t kNamed = 3;
  std::vector<std::string> batches;
  for (const RunInfo& run : store.runs())
    if (std::ranges::find(batches, run.batch) == batches.end()) batches.push_back(run.batch);
  return or_none(joined(batches | std::views::reverse | std::views::take(kNamed)));
}

void add_batch(const ResultStore& store, const std::string& batch, PageRuns& page) {
  page.singles = store.runs_of(batch);
  if (page.singles.empty())
    throw InputError(page.store.string(), "batch", batch, "is not there; the newest: " + known_batches(store));
  add_singles("batch " + batch, page);
}

void add_whole_store(const ResultStore& store, const SweepStore& sweeps, PageRuns& page) {
  std::set<std::int64_t> swept;
  for (const SweepInfo& sweep : sweeps.sweeps()) add_sweep(sweeps, sweep, swept, page);
  page.singles = store.runs();
  std::erase_if(page.singles, [&swept](const RunInfo& run) { return swept.contains(run.id); });
  add_singles("single runs", page);
}

}  // namespace

PageRuns runs_on_page(const std::filesystem::path& file, const PageScope& scope) {
  const ResultStore store(file, StoreAccess::kRead);
  const SweepStore sweeps(file, StoreAccess::kRead);
  PageRuns page{file, {}, {}, {}, {}};
  std::set<std::int64_t> swept;
  if (!scope.batch.empty())
    add_batch(store, scope.batch, page);
  else if (!scope.sweep.empty())
    add_sweep(sweeps, sweeps.sweep(scope.sweep), swept, page);
  else
    add_whole_store(store, sweeps, page);
  std::erase_if(page.sets, [](const PageSet& set) { return set.observations.runs.empty(); });
  if (page.sets.empty()) throw InputError(file.string(), "", "", "holds no runs that have ended");
  return page;
}

}  // namespace twinfer
