#include "cli/validation_grid.h"

#include <algorithm>
#include <array>
#include <memory>

#include "cli/sweep_progress.h"
#include "core/cost_model.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/joined.h"
#include "policies/partition_policy.h"
#include "sim/isolated.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

constexpr const char* kPolicyAxis = "policy";
constexpr const char* kModeAxis = "mode";
constexpr std::array<const char*, 4> kModes{"sim", "live", "rehearsal", "rehearsed"};  // by GridMode

Plan plan_of(const Scenario& scenario) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  return make_plan(scenario, cost, scenario.policies.front());
}

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
  if (options_.rehearse)
    for (const std::size_t run : chosen_) check_rehearsable(scenario_of(live_, run, loader_));
}

void ValidationGrid::make_missing(const std::filesystem::path& node_program) {
  SweepStore store(place_.store);
  SweepInfo info{simulated_.sweep.name, simulated_.sweep.text, simulated_.sweep.axes};
  info.axes.push_back({kModeAxis, {kModes.begin(), kModes.end()}});
  store.begin(info, all_keys());
  if (options_.retry_failed) store.forget_failed(info.name);
  simulate_missing(store);
  run_missing(store, node_program);
  if (options_.rehearse) simulate_rehearsed(store);
}

const char* ValidationGrid::to_string(GridMode mode) { return kModes.at(static_cast<std::size_t>(mode)); }

void ValidationGrid::simulate_missing(SweepStore& store) {
  const auto present = store.statuses(simulated_.sweep.name);
  std::vector<Simulation> missing;
  for (const std::size_t run : chosen_)
    for (std::size_t draw = 0; draw < draws_of(scenario_of(simulated_, run, loader_)); ++draw)
      if (!present.contains(key_of(run, GridMode::kSim, draw)))
        missing.push_back({run, draw, [this, run, draw] {
                             Scenario scenario = scenario_of(simulated_, run, loader_);
                             scenario.draw = draw;
                             return simulated_answer(scenario, plan_of(scenario), true, place_.batch);
                           }});
  simulate(store, GridMode::kSim, missing);
}

void ValidationGrid::simulate(SweepStore& store, GridMode mode, const std::vector<Simulation>& simulations) {
  std::vector<std::function<std::string()>> tasks;
  for (const Simulation& simulation : simulations) tasks.push_back(simulation.answer);
  SweepProgress progress(simulated_.sweep.name + (mode == GridMode::kSim ? " simulated" : " rehearsed"), tasks.size());
  run_isolated(
      tasks, options_.jobs,
      [&](std::size_t task, const IsolatedOutcome& outcome) {
        store.add(simulated_.sweep.name, {swept(simulations[task].run, mode, simulations[task].draw, outcome)});
        progress.add(!outcome.ok);
      },
      simulated_.sweep.run_timeout);
}

// Pairs whose simulation failed are not run: what has no plan has none live either.
void ValidationGrid::run_missing(SweepStore& store, const std::filesystem::path& node_program) {
  const auto present = store.statuses(live_.sweep.name);
  const auto lacks = [&](std::size_t run, GridMode mode, std::size_t round) {
    return round < repeats_of(scenario_of(live_, run, loader_)) &&
           present.at(key_of(run, GridMode::kSim, 0)) == "complete" && !present.contains(key_of(run, mode, round));
  };
  struct Call {
    GridMode mode;
    std::size_t round;
    std::vector<std::size_t> runs;
  };
  std::vector<Call> calls;
  std::size_t all = 0;
  for (const std::vector<std::size_t>& scenario : scenarios())
    for (const GridMode mode : {GridMode::kRehearsal, GridMode::kLive})
      for (std::size_t round = 0; round < kMostRepeats && (mode == GridMode::kLive || options_.rehearse); ++round) {
        Call call{mode, round, {}};
        for (const std::size_t run : scenario)
          if (lacks(run, mode, round)) call.runs.push_back(run);
        all += call.runs.size();
        if (!call.runs.empty()) calls.push_back(std::move(call));
      }
  SweepProgress progress(live_.sweep.name + " live", all);
  for (const Call& call : calls) {
    const std::uint64_t requests = call.mode == GridMode::kRehearsal ? requests_to_rehearse(call.runs) : 0;
    run_live_group(
        live_, call.runs, loader_, place_.batch, node_program,
        [&](std::size_t run, const IsolatedOutcome& outcome) {
          store.add(live_.sweep.name, {swept(run, call.mode, call.round, outcome)});
          progress.add(!outcome.ok);
        },
        [&](const Scenario& scenario) {
          return call.mode == GridMode::kRehearsal ? with_traffic(scenario, call.round, requests) : scenario;
        });
  }
}

// Of one scenario.
std::uint64_t ValidationGrid::requests_to_rehearse(const std::vector<std::size_t>& runs) {
  std::vector<Plan> plans;
  for (const std::size_t run : runs) plans.push_back(plan_of(scenario_of(live_, run, loader_)));
  return twinfer::requests_to_rehearse(scenario_of(live_, runs.front(), loader_), plans, *options_.rehearse);
}

// A pair whose rehearsals are not all there, or tell nothing, has failed simulations: their error says why.
void ValidationGrid::simulate_rehearsed(SweepStore& store) {
  const Stored present = stored();
  std::vector<Simulation> missing;
  for (const std::vector<std::size_t>& runs : scenarios())
    for (const std::size_t run : runs) {
      const Scenario scenario = scenario_of(simulated_, run, loader_);
      std::vector<std::size_t> draws;
      for (std::size_t draw = 0; draw < draws_of(scenario); ++draw)
        if (!present.contains(key_of(run, GridMode::kRehearsed, draw, repeats_of(scenario)))) draws.push_back(draw);
      if (draws.empty() || present.at(key_of(run, GridMode::kSim, 0)).info.status != "complete") continue;
      try {
        const Plan plan = plan_of(scenario);
        const auto twin = std::make_shared<const Scenario>(twin_of(present, runs, scenario, plan));
        for (const std::size_t draw : draws)
          missing.push_back({run, draw, [this, twin, plan, draw] {
                               Scenario drawn = *twin;
                               drawn.draw = draw;
                               return simulated_answer(drawn, plan, true, place_.batch);
                             }});
      } catch (const std::exception& error) {
        for (const std::size_t draw : draws)
          store.add(simulated_.sweep.name, {swept(run, GridMode::kRehearsed, draw, {false, {}, error.what(), false})});
      }
    }
  simulate(store, GridMode::kRehearsed, missing);
}

Scenario ValidationGrid::twin_of(const Stored& present, const std::vector<std::size_t>& runs, const Scenario& scenario,
                                 const Plan& plan) const {
  std::vector<Rehearsed> rehearsals;
  for (std::size_t round = 0; round < repeats_of(scenario); ++round) {
    std::vector<std::string> keys;
    for (const std::size_t run : runs) keys.push_back(key_of(run, GridMode::kRehearsal, round));
    for (Rehearsed& rehearsal : rehearsed_by(scenario, plan, runs_of(present, keys), round))
      rehearsals.push_back(std::move(rehearsal));
  }
  return refitted(scenario, plan, rehearsals, simulated_.sweep.run_timeout);
}

// A run as the store takes it in.
SweptRun ValidationGrid::swept(std::size_t run, GridMode mode, std::size_t index, const IsolatedOutcome& outcome) {
  const bool is_live = mode == GridMode::kLive || mode == GridMode::kRehearsal;
  SweptRun swept = swept_run(is_live ? live_ : simulated_, run, outcome, loader_, place_.batch);
  const std::size_t rounds = mode == GridMode::kRehearsed ? repeats_of(scenario_of(simulated_, run, loader_)) : 0;
  swept.key = key_of(run, mode, index, rounds);
  swept.point.emplace_back(to_string(mode));
  swept.replication = index;
  return swept;
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
      for (std::size_t repeat = 0; repeat < kMostRepeats; ++repeat)
        live_keys.push_back(key_of(run, GridMode::kLive, repeat));
      ValidatedPair pair =
          validate_pair(scenario, scenario.policies.front(), runs_of(stored_runs, simulated_keys(run, scenario)),
                        runs_of(stored_runs, live_keys));
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

// The first simulation's is that of the sweep's run.
std::string ValidationGrid::key_of(std::size_t run, GridMode mode, std::size_t index, std::size_t rounds) const {
  const std::string number = std::to_string(index);
  switch (mode) {
    case GridMode::kSim:
      return index == 0 ? simulated_.keys[run] : sha256(simulated_.keys[run] + " draw " + number);
    case GridMode::kLive:
      return sha256(live_.keys[run] + " repeat " + number);
    case GridMode::kRehearsal:
      return sha256(live_.keys[run] + " rehearsal " + number);
    case GridMode::kRehearsed:
      return sha256(simulated_.keys[run] + " rehearsed " + std::to_string(rounds) + " draw " + number);
  }
  return "";
}

// Of what is taken for the pair's prediction.
std::vector<std::string> ValidationGrid::simulated_keys(std::size_t run, const Scenario& scenario) const {
  std::vector<std::string> keys;
  for (std::size_t draw = 0; draw < draws_of(scenario); ++draw)
    keys.push_back(options_.rehearse ? key_of(run, GridMode::kRehearsed, draw, repeats_of(scenario))
                                     : key_of(run, GridMode::kSim, draw));
  return keys;
}

std::size_t ValidationGrid::repeats_of(const Scenario& scenario) const {
  return options_.repeats > 0 ? options_.repeats : usual_repeats(scenario);
}

// Of the whole grid, and of more than is asked for now: what an earlier call made belongs to it.
std::vector<std::string> ValidationGrid::all_keys() const {
  std::vector<std::string> keys;
  for (std::size_t run = 0; run < live_.runs.size(); ++run) {
    for (std::size_t draw = 0; draw < kDraws; ++draw) keys.push_back(key_of(run, GridMode::kSim, draw));
    for (std::size_t round = 0; round < kMostRepeats; ++round) {
      keys.push_back(key_of(run, GridMode::kLive, round));
      keys.push_back(key_of(run, GridMode::kRehearsal, round));
      for (std::size_t draw = 0; draw < kDraws; ++draw)
        keys.push_back(key_of(run, GridMode::kRehearsed, draw, round + 1));
    }
  }
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
