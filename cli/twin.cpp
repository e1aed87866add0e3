// twinfer twin: a live run with a simulator beside it (cli/standing_twin.h), which is told what came
// back, and which may change the plan.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/node_program.h"
#include "cli/order_socket.h"
#include "cli/output.h"
#include "cli/run_live_side.h"
#include "cli/standing_twin.h"
#include "cli/temporary_file.h"
#include "cli/twin_text.h"
#include "core/error.h"
#include "report/result_store.h"

namespace twinfer {
namespace {

const CommandHelp kHelp{
    "twinfer twin",
    "Runs a scenario's first policy live with a simulator beside it, which every window is refitted to what was "
    "measured and predicts the next one. With --act requests take another policy's plan where that is predicted to be "
    "better.",
    {{"scenario"}},
    {"twinfer twin scenarios/standing-twin.yaml --every 5",
     "twinfer twin scenarios/standing-twin.yaml --act --margin 0.1 --json",
     "twinfer twin scenarios/localhost.yaml -p remote -p lbc --act"}};

constexpr Seconds kTick(0.25);  // as often as a live run writes its rows
constexpr Seconds kLeastWindow(0.1), kLongestWindow(86400);

double positive(const cxxopts::ParseResult& arguments, const char* name) {
  const auto value = arguments[name].as<double>();
  if (!(value > 0)) throw UsageError(fmt::format("--{} `{:g}`: must be above 0", name, value));
  return value;
}

TwinSettings chosen_settings(const cxxopts::ParseResult& arguments) {
  TwinSettings settings;
  settings.window = Seconds(arguments["every"].as<double>());
  if (!(settings.window >= kLeastWindow && settings.window <= kLongestWindow))
    throw UsageError(fmt::format("--every `{:g}`: must be from {:g} to {:g} seconds", settings.window.si(),
                                 kLeastWindow.si(), kLongestWindow.si()));
  settings.band = positive(arguments, "band");
  if (arguments.count("margin") > 0 && arguments.count("act") == 0) throw UsageError("--margin is for --act");
  if (arguments.count("act") > 0) settings.margin = positive(arguments, "margin");
  if (settings.margin && *settings.margin >= 1)
    throw UsageError(fmt::format("--margin `{:g}`: must be below 1", *settings.margin));
  return settings;
}

// Policies of plans that differ, the first one first.
std::vector<Plan> distinct_plans(const std::vector<Plan>& plans) {
  std::vector<Plan> distinct;
  for (const Plan& plan : plans)
    if (std::ranges::none_of(distinct, [&](const Plan& other) { return is_same_way(other, plan); }))
      distinct.push_back(plan);
  return distinct;
}

struct TwinOutcome {
  std::vector<WindowReport> reports;
  std::size_t changes = 0;
  int code = 0;
};

// Rows of the batch's live run from `first` on; none before it began.
RunRows rows_so_far(const Place& place, std::uint64_t first) {
  const ResultStore store(place.store, StoreAccess::kRead);
  for (const RunInfo& run : store.runs_of(place.batch))
    if (run.mode == Mode::kLive) return store.rows(run.id, first);
  return {};
}

class TwinRun {
 public:
  TwinRun(const PlannedScenario& planned, std::vector<Plan> plans, const TwinSettings& settings, Place place, bool json)
      : planned_(planned),
        plans_(std::move(plans)),
        twin_(planned.scenario, plans_, settings),
        place_(std::move(place)),
        json_(json) {}

  TwinOutcome follow(NodeProcess& process, OrderSocket& orders) {
    for (;;) {
      const std::optional<ProgramEnd> end = process.wait(kTick);
      if (const std::optional<OrderSocket::Answer> answer = orders.answer()) {
        twin_.switch_to(answer->plan, answer->first);
        ++outcome_.changes;
      }
      take(end.has_value(), orders);
      if (!end) continue;
      outcome_.code = end->code;
      return outcome_;
    }
  }

 private:
  void take(bool ended, OrderSocket& orders) {
    std::optional<BetterPlan> better;  // by the newest prediction
    for (const WindowReport& report : twin_.take(rows_so_far(place_, twin_.first_request()), ended)) {
      if (!json_ && outcome_.reports.empty()) print(twin_heading());
      print(json_ ? window_json(planned_, plans_, report) : window_text(planned_, plans_, report));
      outcome_.reports.push_back(report);
      better = report.better;
    }
    if (better && !orders.waits() && !ended) orders.order(better->plan);
  }

  static void print(const std::string& text) {
    fmt::print("{}", text);
    std::fflush(stdout);
  }

  const PlannedScenario& planned_;
  std::vector<Plan> plans_;
  StandingTwin twin_;
  Place place_;
  bool json_;
  TwinOutcome outcome_;
};

// The live side makes the plans of these policies itself.
Scenario with_policies(const Scenario& scenario, const std::vector<Plan>& plans) {
  Scenario chosen = scenario;
  chosen.policies.clear();
  for (const Plan& plan : plans) chosen.policies.push_back(plan.policy);
  return chosen;
}

}  // namespace

int run_twin(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  add_store_option(options);
  add_on_bandwidth_option(options);
  options.add_options()("every", "Length of a window, in the scenario's time",
                        cxxopts::value<double>()->default_value("10"),
                        "S")("band", "Relative error of a window beyond which the twin has drifted",
                             cxxopts::value<double>()->default_value("0.1"), "SHARE")(
      "act", "Change to the plan of another of the policies where it is predicted to be better")(
      "margin", "Share by which its mean latency must be less", cxxopts::value<double>()->default_value("0.1"),
      "SHARE")("json", "Print a line of JSON for each window");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  const TwinSettings settings = chosen_settings(*arguments);
  const Place place{chosen_store(*arguments), new_batch()};
  const std::filesystem::path program = find_node_program();
  const PlannedScenario planned((*arguments)["scenario"].as<std::string>(), chosen_policies(*arguments));
  std::vector<Plan> plans = distinct_plans(planned.plans);
  if (!settings.margin) plans.resize(1);
  if (settings.margin && plans.size() < 2)
    throw InputError(planned.scenario.file, "policies", "", "--act needs policies with different plans");

  const Scenario chosen = with_policies(planned.scenario, plans);
  TwinRun run(planned, plans, settings, place, (*arguments)["json"].as<bool>());
  { const ResultStore writable(place.store); }
  const TemporaryFile resolved(".yaml");
  save_resolved_scenario(chosen, resolved.path());
  OrderSocket orders;
  std::vector<std::string> words =
      live_side_arguments(resolved.path(), chosen, place.store, place.batch, chosen_on_bandwidth(*arguments));
  words.emplace_back("--steered");
  TwinOutcome outcome;
  {
    NodeProcess process(program, words, orders.theirs());
    outcome = run.follow(process, orders);
  }
  if ((*arguments)["json"].as<bool>() || outcome.reports.empty()) return outcome.code;
  fmt::print("\n{}{}", twin_summary(outcome.reports, settings.band, outcome.changes), place_line(place));
  std::fflush(stdout);
  return outcome.code;
}

}  // namespace twinfer
