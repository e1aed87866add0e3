#include "cli/calibrate_run.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/calibration_result.h"
#include "cli/models_folder.h"
#include "cli/planned_scenario.h"
#include "cli/temporary_file.h"
#include "core/error.h"
#include "core/run_refit.h"
#include "core/whole_file.h"
#include "report/machine.h"
#include "report/result_store.h"
#include "report/table.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

RunInfo find_run(const ResultStore& store, const fs::path& file, std::int64_t id) {
  const std::vector<RunInfo> runs = store.runs();
  const auto found = std::ranges::find(runs, id, &RunInfo::id);
  if (found == runs.end()) throw InputError(file, "--from", std::to_string(id), "is no run of this store");
  if (found->mode != Mode::kLive) throw InputError(file, "--from", std::to_string(id), "is no live run");
  if (found->status != "complete") throw InputError(file, "--from", std::to_string(id), "is not complete");
  return *found;
}

const Plan& plan_of(const PlannedScenario& planned, const RunInfo& run) {
  const Plan& plan = planned.plans.front();
  const std::string now = describe(plan, planned.scenario.graph, planned.scenario.platform);
  if (now != run.plan)
    throw InputError("", "--from", std::to_string(run.id),
                     "ran the plan " + run.plan + ", which this program and these profiles plan as " + now);
  return plan;
}

// Profiles that were told of take names of their own.
std::map<DeviceId, LatencyProfile> named_profiles(Refit& refit, const fs::path& out) {
  std::map<DeviceId, LatencyProfile> profiles;
  for (const DeviceId id : refit.profiled) {
    Device& device = refit.platform.devices[id];
    LatencyProfile& profile = profiles[id] = *refit.profiles[id];
    profile.device = device.profile = calibrated_profile(out, device);
  }
  return profiles;
}

PlatformNotes notes_of(const RunInfo& run, const Scenario& scenario) {
  return {{fmt::format("Refitted by `twinfer calibrate --from {}`, {} ({}), {}, to a run of {} on {} by {}.", run.id,
                       build_version(), build_commit(), utc_now(), run.started, run.machine, run.policy),
           "All that the run did not tell: " + scenario.platform.file + "."},
          {}};
}

std::string way_name(const Refit& refit, const RefitWay& way) {
  return refit.platform.devices[way.way.from].name + " -> " + refit.platform.devices[way.way.to].name;
}

std::size_t messages(const RefitWay& way) {
  std::size_t sum = 0;
  for (const SizeTime& size : way.sizes) sum += size.samples;
  return sum;
}

std::string refit_text(const Refit& refit) {
  Table ways({{"Way", true}, {"Told", true}, {"Messages"}, {"Sizes"}, {"Latency"}, {"Bandwidth"}, {"Residual"}});
  for (const RefitWay& way : refit.ways) {
    const WayCost made =
        route_cost(refit.platform.links, refit.platform.routes.at({way.way.from, way.way.to}), way.way);
    ways.add_row({way_name(refit, way), to_string(way.identified), std::to_string(messages(way)),
                  std::to_string(way.sizes.size()), format_seconds(made.latency.si()),
                  format_bytes(made.bandwidth.si()) + "/s", fmt::format("{:.1f} %", 100 * largest(way.residuals))});
  }
  Table stages({{"Stage"}, {"Device", true}, {"Requests"}, {"Median"}, {"5 %"}, {"95 %"}});
  for (const RefitStage& stage : refit.stages)
    stages.add_row({std::to_string(stage.stage + 1), refit.platform.devices[stage.device].name,
                    std::to_string(stage.computing.ratio.samples),
                    fmt::format("{:.3f}", stage.computing.ratio.median().si()),
                    fmt::format("{:.3f}", stage.computing.ratio.at(0.05).si()),
                    fmt::format("{:.3f}", stage.computing.ratio.at(0.95).si())});
  return (refit.ways.empty() ? "" : ways.text() + "\n") + "Computing, measured / profile:\n" + stages.text();
}

ordered_json refit_json(const Refit& refit, const CalibrationFiles& files) {
  ordered_json ways = ordered_json::array(), stages = ordered_json::array(), profiles = ordered_json::array();
  for (const RefitWay& way : refit.ways) {
    const WayCost made =
        route_cost(refit.platform.links, refit.platform.routes.at({way.way.from, way.way.to}), way.way);
    ways.push_back({{"from", refit.platform.devices[way.way.from].name},
                    {"to", refit.platform.devices[way.way.to].name},
                    {"told", to_string(way.identified)},
                    {"messages", messages(way)},
                    {"sizes", way.sizes.size()},
                    {"latency_s", made.latency.si()},
                    {"bandwidth_bytes_per_s", made.bandwidth.si()},
                    {"largest_residual", largest(way.residuals)}});
  }
  for (const RefitStage& stage : refit.stages)
    stages.push_back({{"stage", stage.stage},
                      {"device", refit.platform.devices[stage.device].name},
                      {"requests", stage.computing.ratio.samples},
                      {"ratio_q05", stage.computing.ratio.at(0.05).si()},
                      {"ratio_q50", stage.computing.ratio.median().si()},
                      {"ratio_q95", stage.computing.ratio.at(0.95).si()}});
  for (const fs::path& profile : files.profiles) profiles.push_back(profile.string());
  return {{"platform", files.platform.string()}, {"profiles", profiles}, {"ways", ways}, {"stages", stages}};
}

}  // namespace

void add_run_options(cxxopts::Options& options) {
  options.add_options()("from", "Refit to this live run of the store instead of measuring",
                        cxxopts::value<std::int64_t>(), "RUN");
  add_store_option(options, "Result store that has it");
}

void calibrate_from_run(const cxxopts::ParseResult& arguments, const fs::path& out) {
  const fs::path file = chosen_store(arguments);
  const ResultStore store(file, StoreAccess::kRead);
  const RunInfo run = find_run(store, file, arguments["from"].as<std::int64_t>());
  const TemporaryFile text(".yaml");
  write_whole_file(text.path(), run.scenario_text);
  const PlannedScenario planned(text.path(), {run.policy});
  const Scenario& scenario = planned.scenario;

  Refit refit = refit_run(scenario, plan_of(planned, run), {{store.rows(run.id)}});
  const std::map<DeviceId, LatencyProfile> profiles = named_profiles(refit, out);
  const fs::path models = arguments.count("models") > 0 ? models_to_fill(arguments) : scenario.models_dir;
  const CalibrationFiles files =
      write_files(refit.platform, notes_of(run, scenario), profiles, out, models / "profiles" / scenario.input_key);
  fmt::print("{}", arguments["json"].as<bool>() ? refit_json(refit, files).dump(2) + "\n"
                                                : refit_text(refit) + "\n" + files_text(files));
  std::fflush(stdout);
}

}  // namespace twinfer
