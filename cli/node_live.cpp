// twinfer-node live: every policy of a resolved scenario on one fleet, into the
// result store.
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/command_line.h"
#include "cli/run_description.h"
#include "core/error.h"
#include "live/link_command.h"
#include "live/run_live.h"
#include "policies/partition_policy.h"
#include "policies/replan.h"
#include "report/machine.h"
#include "report/measures.h"
#include "report/result_store.h"
#include "report/row_writer.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{"twinfer-node live",
                        "Runs every policy of a resolved scenario over TCP and stores the rows.",
                        {{"scenario"}},
                        {"twinfer-node live resolved.yaml", "twinfer-node live resolved.yaml --policy lbc --json"}};

// What one command writes to.
struct Destination {
  ResultStore store;
  std::string batch;
  bool json = false;
  bool shows_progress = true;
};

Scenario load_resolved(const std::filesystem::path& file) {
  return load_scenario(file, [&](const std::filesystem::path& platform) -> Platform {
    throw InputError(file.string(), "platform", platform.string(),
                     "twinfer-node cannot read platform files; `twinfer live` hands it a resolved scenario");
  });
}

std::vector<Plan> make_plans(const Scenario& scenario, const std::vector<std::string>& chosen) {
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  std::vector<Plan> plans;
  for (const std::string& policy : chosen.empty() ? scenario.policies : chosen)
    plans.push_back(make_plan(scenario, cost, policy));
  return plans;
}

// Of the plans that follow, too.
std::vector<DeviceId> devices_of(const Scenario& scenario, const std::vector<Plan>& plans) {
  std::set<DeviceId> devices;
  for (const Plan& plan : plans)
    for (const PlanPhase& phase : plan_phases(scenario, plan))
      for (const Stage& stage : phase.plan.stages) devices.insert(stage.devices.begin(), stage.devices.end());
  return {devices.begin(), devices.end()};
}

void show_progress(const std::string& policy, std::size_t done, std::uint64_t all) {
  if (isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r{:60}\r", "");
  if (done < all) fmt::print(stderr, "live {}: {} of {}", policy, done, all);
  std::fflush(stderr);
}

void print_outcome(const Destination& to, std::int64_t run, const std::string& policy, const LiveOutcome& outcome) {
  if (to.json) {
    const nlohmann::ordered_json line = {{"run", run},
                                         {"batch", to.batch},
                                         {"policy", policy},
                                         {"pads", outcome.pads},
                                         {"late_pads", outcome.late_pads},
                                         {"error", outcome.error}};
    fmt::print("{}\n", line.dump());
  } else {
    fmt::print("run {} {} {}\n", run, policy, outcome.error.empty() ? "complete" : "failed: " + outcome.error);
  }
  std::fflush(stdout);
}

// Empty: nobody is told.
LinkHook hook_of(std::optional<LinkCommand>& command) {
  if (!command) return {};
  return [&command](const std::string& link, BytesPerSecond bandwidth) { command->change(link, bandwidth); };
}

using LiveCall = std::function<LiveOutcome(const RowSink& sink)>;

// A run of the store, of which `call` makes the rows.
LiveOutcome make_run(const Scenario& scenario, const RunInfo& info, std::optional<LinkCommand>& links, Destination& to,
                     const LiveCall& call) {
  const std::int64_t run = to.store.begin_run(info);
  std::size_t done = 0;
  const auto show = [&](std::size_t more) {
    done += more;
    if (to.shows_progress) show_progress(info.policy, done, scenario.requests);
  };
  LiveOutcome outcome;
  try {
    show(0);
    RowWriter writer(to.store, run);
    outcome = call([&](const RunRows& rows) {
      writer.add(rows);
      show(rows.results.size());
    });
    writer.finish();
    if (const std::string error = links ? links->error() : ""; !error.empty() && outcome.error.empty())
      outcome.error = "--on-bandwidth: " + error;
  } catch (const std::exception& error) {
    to.store.end_run(run, "failed", error.what());
    throw;
  }
  to.store.end_run(run, outcome.error.empty() ? "complete" : "failed", outcome.error,
                   measures_of(scenario, to.store.rows(run)));
  if (!outcome.error.empty()) fmt::print(stderr, "twinfer-node: {}: {}\n", info.policy, outcome.error);
  print_outcome(to, run, info.policy, outcome);
  return outcome;
}

LiveOutcome run_policy(Fleet& fleet, const Scenario& scenario, const Plan& plan, std::optional<LinkCommand>& links,
                       Destination& to) {
  return make_run(scenario, describe_run(scenario, plan, Mode::kLive, to.batch), links, to,
                  [&](const RowSink& sink) { return run_live(fleet, scenario, plan, sink, hook_of(links)); });
}

// One run, in which somebody says on a socket which of the plans requests take.
int run_steered(Fleet& fleet, const Scenario& scenario, const std::vector<Plan>& plans, int orders,
                std::optional<LinkCommand>& links, Destination& to) {
  RunInfo info = describe_run(scenario, plans.front(), Mode::kLive, to.batch);
  if (plans.size() > 1) info.plan += ", then as ordered";  // so that nobody takes all rows for this plan's
  to.shows_progress = false;                               // whoever steers has the terminal
  const LiveOutcome outcome = make_run(scenario, info, links, to, [&](const RowSink& sink) {
    return run_live_steered(fleet, scenario, plans, sink, orders, hook_of(links));
  });
  return outcome.error.empty() ? 0 : 1;
}

// A plan that is refused (a dilation too small for it) is named at the end; the
// others run all the same.
int run_plans(Fleet& fleet, const Scenario& scenario, const std::vector<Plan>& plans, std::optional<LinkCommand>& links,
              Destination& to) {
  bool failed = false;
  std::optional<InputError> refused;
  for (const Plan& plan : plans) {
    try {
      const LiveOutcome outcome = run_policy(fleet, scenario, plan, links, to);
      failed = failed || !outcome.error.empty();
      if (outcome.fleet_lost || outcome.interrupted) return 1;
    } catch (const InputError& error) {
      if (!refused) refused = error;
    }
  }
  if (refused) throw *refused;
  return failed ? 1 : 0;
}

// It is nobody else's from now on: children have an empty one.
int take_standard_input() {
  const int taken = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (taken < 0 || empty < 0 || dup2(empty, STDIN_FILENO) < 0)
    throw std::system_error(errno, std::generic_category(), "standard input");
  close(empty);
  return taken;
}

std::string new_batch() { return fmt::format("{}-{}", utc_now(), getpid()); }

}  // namespace

int run_live_command(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  options.add_options()("p,policy", "Policy in place of the scenario's; may be repeated",
                        cxxopts::value<std::vector<std::string>>(), "P")(
      "origin", "File that SCENARIO was resolved from, for errors to name", cxxopts::value<std::string>(), "FILE")(
      "store", "Result store to write", cxxopts::value<std::string>()->default_value("twinfer-results.sqlite"), "FILE")(
      "on-bandwidth", "Called with LINK BITS_PER_SECOND when a link's bandwidth is to change",
      cxxopts::value<std::string>(),
      "COMMAND")("batch", "Name that these runs share", cxxopts::value<std::string>(), "ID")(
      "steered", "One run: all policies' plans in place, and standard input, a socket, says which one requests take")(
      "json", "Print a line of JSON for each run");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;

  Scenario scenario = load_resolved((*arguments)["scenario"].as<std::string>());
  if (arguments->count("origin") > 0) scenario.file = (*arguments)["origin"].as<std::string>();
  const std::vector<Plan> plans =
      make_plans(scenario, arguments->count("policy") > 0 ? (*arguments)["policy"].as<std::vector<std::string>>()
                                                          : std::vector<std::string>{});
  Destination to{ResultStore((*arguments)["store"].as<std::string>()),
                 arguments->count("batch") > 0 ? (*arguments)["batch"].as<std::string>() : new_batch(),
                 arguments->count("json") > 0};
  const bool steered = arguments->count("steered") > 0;
  const int orders = steered ? take_standard_input() : -1;
  const FleetOptions fleet_options{.program = std::filesystem::read_symlink("/proc/self/exe"),
                                   .models_dir = scenario.models_dir};
  Fleet fleet(scenario.platform, devices_of(scenario, plans), fleet_options);
  std::optional<LinkCommand> links;
  if (arguments->count("on-bandwidth") > 0) links.emplace((*arguments)["on-bandwidth"].as<std::string>());
  if (steered) return run_steered(fleet, scenario, plans, orders, links, to);
  return run_plans(fleet, scenario, plans, links, to);
}

}  // namespace twinfer
