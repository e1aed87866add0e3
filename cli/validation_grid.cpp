#include "cli/validation_grid.h"

#include <algorithm>

#include "cli/sweep_progress.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/joined.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

constexpr const char* kPolicyAxis = "policy";
constexpr const char* kModeAxis = "mode";

Sweep in_mode(Sweep sweep, Mode mode) {
  sweep.mode = mode;
  sweep.keep_rows = true;  // components and intervals are made of them
  return sweep;
}

std::size_t axis_named(const Sweep& sweep, const std::string& name) {
  const auto found = std::ranges::find(sweep.axes, name, &SweepAxis::field);
  if (found == sweep.axes.end())
    throw InputError(sweep.file, "--where", name, "is no axis; known: " + joined(sweep.axes, ", ", &SweepAxis::field));
  return static_cast<std::size_t>(found - sweep.axes.begin());
}

void keep_only(const Sweep& sweep, const std::vector<SweepRun>& runs, const std::string& name,
               const std::vector<std::string>& values, std::vector<std::size_t>& chosen) {
  const std::size_t axis = axis_named(sweep, name);
  for (const std::string& value : values)
    if (std::ranges::find(sweep.axes[axis].values, value) == sweep.axes[axis].values.end())
      throw InputError(sweep.file, "--where " + name, value,
                       "is no value of this axis; known: " + joined(sweep.axes[axis].values));
  std::erase_if(chosen,
                [&](std::size_t run) { return std::ranges::find(values, runs[run].point[axis]) == values.end(); });
}

std::string last_part(const std::string& field) { return field.substr(field.rfind('.') + 1); }

}  // namespace

std::size_t usual_repeats(const Scenario& scenario) { return scenario.live.emulate == Emulation::kNothing ? 2 : 1; }

Sweep load_grid(const std::filesystem::path& file) {
  Sweep sweep = load_sweep(file);
  if (sweep.replications > 1)
    throw InputError(file, "replications", std::to_string(sweep.replications),
                     "a validation repeats its live runs on one seed: --repeat");
  add_policy_axis(sweep, ScenarioLoader(read_platform).load(sweep.scenario).policies);
  return sweep;
}

ValidationGrid::ValidationGrid(Sweep sweep, Place place, GridOptions options)
    : place_(std::move(place)),
      options_(std::move(options)),
      loader_(read_platform),
      simulated_(plan_runs(in_mode(sweep, Mode::kSim), loader_)),
      live_(plan_runs(in_mode(sweep, Mode::kLive), loader_)),
      policy_axis_(axis_named(sweep, kPolicyAxis)) {
  for (std::size_t run = 0; run < simulated_.runs.size(); ++run) chosen_.push_back(run);
  for (const auto& [axis, values] : options_.where) keep_only(simulated_.sweep, simulated_.runs, axis, values, chosen_);
}

void ValidationGrid::make_missing(const std::filesystem::path& node_program) {
  SweepStore store(place_.store);
  SweepInfo info{simulated_.sweep.name, simulated_.sweep.text, simulated_.sweep.axes};
  info.axes.push_back({kModeAxis, {to_string(Mode::kSim), to_string(Mode::kLive)}});
  store.begin(info, all_keys());
  if (options_.retry_failed) store.forget_failed(info.name);
  simulate_missing(store);
  run_missing(store, node_program);
}

void ValidationGrid::simulate_missing(SweepStore& store) {
  const auto present = store.statuses(simulated_.sweep.name);
  std::vector<std::size_t> missing;
  for (const std::size_t run : chosen_)
    if (!present.contains(simulated_.keys[run])) missing.push_back(run);
  SweepProgress progress(simulated_.sweep.name + " simulated", missing.size());
  simulate_runs(simulated_, missing, loader_, place_.batch, options_.jobs,
                [&](std::size_t run, const IsolatedOutcome& outcome) {
                  SweptRun swept = swept_run(simulated_, run, outcome, loader_, place_.batch);
                  swept.point.push_back(to_string(Mode::kSim));
                  store.add(simulated_.sweep.name, {swept});
                  progress.add(!outcome.ok);
                });
}

// Pairs whose simulation failed are not run: what has no plan has none live either.
void ValidationGrid::run_missing(SweepStore& store, const std::filesystem::path& node_program) {
  const auto present = store.statuses(live_.sweep.name);
  std::size_t rounds = 0;
  for (const std::size_t run : chosen_) rounds = std::max(rounds, repeats_of(run));
  std::vector<std::pair<std::size_t, std::vector<std::size_t>>> calls;  // round, runs
  std::size_t all = 0;
  for (const std::vector<std::size_t>& scenario : scenarios())
    for (std::size_t repeat = 0; repeat < rounds; ++repeat) {
      std::vector<std::size_t> missing;
      for (const std::size_t run : scenario)
        if (repeat < repeats_of(run) && present.at(simulated_.keys[run]) == "complete" &&
            !present.contains(live_key(run, repeat)))
          missing.push_back(run);
      all += missing.size();
      if (!missing.empty()) calls.emplace_back(repeat, std::move(missing));
    }
  SweepProgress progress(live_.sweep.name + " live", all);
  for (const auto& [round, runs] : calls)
    run_live_group(live_, runs, loader_, place_.batch, node_program,
                   [&, repeat = round](std::size_t run, const IsolatedOutcome& outcome) {
                     SweptRun swept = swept_run(live_, run, outcome, loader_, place_.batch);
                     swept.key = live_key(run, repeat);
                     swept.point.push_back(to_string(Mode::kLive));
                     swept.replication = repeat;
                     store.add(live_.sweep.name, {swept});
                     progress.add(!outcome.ok);
                   });
}

Validation ValidationGrid::validation() {
  const Stored stored_runs = stored();
  Validation validation;
  validation.name = simulated_.sweep.name;
  for (const SweepAxis& axis : simulated_.sweep.axes)
    if (axis.field != kPolicyAxis) validation.axes.push_back(axis.field);
  for (const std::vector<std::size_t>& runs : scenarios()) {
    ValidatedScenario& place = validation.scenarios.emplace_back();
    place.label = label_of(runs.front());
    place.point = point_of(runs.front());
    for (const std::size_t run : runs) {
      const Scenario scenario = scenario_of(simulated_, run, loader_);
      place.gates = scenario.gates;
      std::vector<std::string> live_keys;
      for (std::size_t repeat = 0; repeat < kMostRepeats; ++repeat) live_keys.push_back(live_key(run, repeat));
      ValidatedPair pair = validate_pair(scenario, scenario.policies.front(),
                                         runs_of(stored_runs, {simulated_.keys[run]}), runs_of(stored_runs, live_keys));
      pair.scenario = validation.scenarios.size() - 1;
      place.pairs.push_back(validation.pairs.size());
      validation.pairs.push_back(std::move(pair));
    }
  }
  judge_scenarios(validation);
  return validation;
}

ValidationGrid::Stored ValidationGrid::stored() const {
  Stored by_key;
  const SweepStore store(place_.store, StoreAccess::kRead);
  for (SweptRun& run : store.runs(simulated_.sweep.name)) by_key[run.key] = std::move(run);
  return by_key;
}

std::vector<StoredRun> ValidationGrid::runs_of(const Stored& stored, const std::vector<std::string>& keys) const {
  const ResultStore rows(place_.store, StoreAccess::kRead);
  std::vector<StoredRun> runs;
  for (const std::string& key : keys)
    if (const auto found = stored.find(key); found != stored.end())
      runs.push_back({found->second.info, rows.rows(found->second.info.id), found->second.measures});
  return runs;
}

std::string ValidationGrid::live_key(std::size_t run, std::size_t repeat) const {
  return sha256(live_.keys[run] + " repeat " + std::to_string(repeat));
}

std::size_t ValidationGrid::repeats_of(std::size_t run) {
  if (options_.repeats > 0) return options_.repeats;
  return usual_repeats(scenario_of(live_, run, loader_));
}

// Of the whole grid, and of more repeats than are asked for now: what an earlier call made belongs to it.
std::vector<std::string> ValidationGrid::all_keys() const {
  std::vector<std::string> keys = simulated_.keys;
  for (std::size_t run = 0; run < live_.runs.size(); ++run)
    for (std::size_t repeat = 0; repeat < kMostRepeats; ++repeat) keys.push_back(live_key(run, repeat));
  return keys;
}

std::vector<std::string> ValidationGrid::point_of(std::size_t run) const {
  std::vector<std::string> point = simulated_.runs[run].point;
  point.erase(point.begin() + static_cast<std::ptrdiff_t>(policy_axis_));
  return point;
}

// The axes that vary: "model digits, load 0.5".
std::string ValidationGrid::label_of(std::size_t run) const {
  std::vector<std::string> parts;
  for (std::size_t axis = 0; axis < simulated_.sweep.axes.size(); ++axis) {
    const SweepAxis& of = simulated_.sweep.axes[axis];
    if (axis != policy_axis_ && of.values.size() > 1)
      parts.push_back(last_part(of.field) + " " + shown_value(simulated_.runs[run].point[axis]));
  }
  return joined(parts);
}

std::vector<std::vector<std::size_t>> ValidationGrid::scenarios() const {
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::vector<std::string>, std::size_t> places;
  for (const std::size_t run : chosen_) {
    const auto [place, is_new] = places.emplace(point_of(run), groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(run);
  }
  return groups;
}

}  // namespace twinfer
