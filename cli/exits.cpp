// twinfer exits: what thresholds make of a network's recorded exits, and which
// thresholds keep an accuracy at the lowest cost. Needs the exit trace only, not
// the network.
#include <cmath>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/exits_text.h"
#include "cli/models_folder.h"
#include "core/data_files.h"
#include "core/error.h"
#include "core/table_file.h"
#include "policies/exit_thresholds.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

constexpr std::size_t kMostThresholds = 1000;

const CommandHelp kHelp{"twinfer exits",
                        "Shows what exit thresholds make of a network's recorded exits, or finds the best ones.",
                        {{"model"}},
                        {"twinfer exits digits --thresholds 0.5:0.95:0.05",
                         "twinfer exits digits --scenario scenarios/quickstart.yaml -p cascade",
                         "twinfer exits digits --scenario scenarios/quickstart.yaml --min-accuracy 0.97"}};

// "0.9", or "0.5:0.95:0.05": first, last, step.
std::vector<double> parse_thresholds(const std::string& text) {
  const InputError bad(
      "", "--thresholds", text,
      "must be a number of 0 to 1, or FIRST:LAST:STEP with at most " + std::to_string(kMostThresholds) + " of them");
  std::vector<double> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    parts.push_back(parse_number(text.substr(begin, end - begin), "", "--thresholds"));
    begin = end + 1;
  }
  if (parts.size() == 1) parts = {parts[0], parts[0], 1};
  if (parts.size() != 3 || parts[0] < 0 || parts[1] > 1 || parts[0] > parts[1] || !(parts[2] > 0)) throw bad;
  constexpr double kSlack = 1e-9;  // 0.5 and nine steps of 0.05 are 0.95, however they are rounded
  const double steps = std::floor((parts[1] - parts[0]) / parts[2] + kSlack);
  if (steps >= static_cast<double>(kMostThresholds)) throw bad;
  std::vector<double> thresholds;
  for (int i = 0; i <= static_cast<int>(steps); ++i)
    thresholds.push_back(std::min(1.0, std::round((parts[0] + i * parts[2]) * 1e9) / 1e9));
  return thresholds;
}

ExitSettings same_everywhere(const LayerGraph& graph, double threshold) {
  ExitSettings settings{ExitRule::kMaxSoftmax, {}};
  for (ExitId head = 0; head < graph.exit_heads().size(); ++head) settings.thresholds[head] = threshold;
  return settings;
}

// Whose exits, and where a latency is asked for, by whose plan.
struct Question {
  LayerGraph graph;
  ExitTrace trace;
  std::optional<Scenario> scenario;
  std::string policy;
};

struct PricedPlan {
  std::string description;
  ExitPrices prices;
};

// The plan that the policy makes when these thresholds are set.
std::optional<PricedPlan> price_plan(const Question& question, const ExitSettings& settings) {
  if (!question.scenario) return std::nullopt;
  Scenario scenario = *question.scenario;
  scenario.exits = settings;
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  const Plan plan = make_plan(scenario, cost, question.policy);
  if (plan.exits) throw InputError("", "--policy", question.policy, "chooses thresholds itself; see `twinfer plan`");
  return PricedPlan{
      fmt::format("{} {} in {}", question.policy, describe(plan.stages, scenario.platform), scenario.file),
      latency_prices(make_problem(scenario, cost), plan.stages)};
}

LayerGraph load_graph(const std::filesystem::path& models, const std::string& model) {
  const std::filesystem::path file = models / "graphs" / (model + ".csv");
  if (!std::filesystem::exists(file))
    throw InputError("", "MODEL", model, "has no graph; known: " + list_stems(models / "graphs", ".csv"));
  return load_layer_graph(file);
}

ExitTrace load_trace(const std::filesystem::path& models, const LayerGraph& graph) {
  const std::filesystem::path file = models / "exits" / (graph.model() + ".csv");
  if (!std::filesystem::exists(file))
    throw InputError("", "MODEL", graph.model(),
                     "has no recorded exits; known: " + list_stems(models / "exits", ".csv"));
  return load_exit_trace(file, graph);
}

Question read_question(const cxxopts::ParseResult& arguments) {
  const auto model = arguments["model"].as<std::string>();
  if (model.find('/') != std::string::npos) throw InputError("", "MODEL", model, "must be a name, not a path");
  if (arguments.count("scenario") == 0) {
    const std::filesystem::path models = chosen_models(arguments);
    const LayerGraph graph = load_graph(models, model);
    return {graph, load_trace(models, graph), std::nullopt, ""};
  }
  const auto file = arguments["scenario"].as<std::string>();
  Scenario scenario = load_scenario(file, read_platform);
  if (scenario.model != model) throw InputError(file, "model", scenario.model, "MODEL is " + model);
  if (!scenario.trace) throw InputError(file, "model", model, "has no recorded exits");
  std::string policy =
      arguments.count("policy") > 0 ? arguments["policy"].as<std::string>() : scenario.policies.front();
  return {scenario.graph, *scenario.trace, std::move(scenario), std::move(policy)};
}

ExitLine line_of(const Question& question, const ExitSettings& settings) {
  const auto policy = make_exit_policy(settings);
  ExitLine line{settings, evaluate_exits(question.trace, *policy), 0, std::nullopt, ""};
  line.mean_flops = mean_price(work_prices(question.graph), policy->active_heads(), line.outcome.shares);
  if (const std::optional<PricedPlan> plan = price_plan(question, settings)) {
    line.mean_latency_s = mean_price(plan->prices, policy->active_heads(), line.outcome.shares);
    line.plan = plan->description;
  }
  return line;
}

// A plan depends on the heads that are asked, and which are worth asking on the
// plan. So the plan is made again for the thresholds chosen, until it stays.
ExitLine cheapest_line(const Question& question, double min_accuracy) {
  constexpr int kMostRounds = 8;
  const auto cost = [](const ExitLine& line) { return line.mean_latency_s.value_or(line.mean_flops); };
  std::optional<ExitLine> best;
  ExitSettings settings = same_everywhere(question.graph, 1);
  for (int round = 0; round < kMostRounds; ++round) {
    const std::optional<PricedPlan> plan = price_plan(question, settings);
    const ExitPrices prices = plan ? plan->prices : work_prices(question.graph);
    settings = choose_thresholds(question.trace, prices, min_accuracy).settings;
    ExitLine line = line_of(question, settings);
    const bool stays = !plan || line.plan == plan->description;
    if (!best || cost(line) < cost(*best)) best = std::move(line);
    if (stays) break;
  }
  return *best;
}

std::vector<ExitLine> lines_of(const Question& question, const cxxopts::ParseResult& arguments) {
  if (arguments.count("min-accuracy") > 0)
    return {cheapest_line(question, parse_number(arguments["min-accuracy"].as<std::string>(), "", "--min-accuracy"))};
  std::vector<ExitLine> lines;
  for (const double threshold : parse_thresholds(arguments["thresholds"].as<std::string>()))
    lines.push_back(line_of(question, same_everywhere(question.graph, threshold)));
  return lines;
}

void check_options(const cxxopts::ParseResult& arguments) {
  const auto given = [&](const char* option) { return arguments.count(option) > 0; };
  if (given("policy") && !given("scenario")) throw UsageError("--policy needs --scenario; see `twinfer exits --help`");
  if (given("models") && given("scenario"))
    throw UsageError("--models and --scenario exclude each other; see `twinfer exits --help`");
  if (given("thresholds") && given("min-accuracy"))
    throw UsageError("--thresholds and --min-accuracy exclude each other; see `twinfer exits --help`");
}

}  // namespace

int run_exits(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  options.add_options()("thresholds", "Confidence from which a sample leaves, at every head: FIRST:LAST:STEP",
                        cxxopts::value<std::string>()->default_value("0.5:0.99:0.05"), "RANGE")(
      "min-accuracy", "Find the thresholds, one a head, that keep this accuracy (0 to 1) at the lowest latency",
      cxxopts::value<std::string>(),
      "A")("scenario", "Add the latency of a plan on this scenario's platform", cxxopts::value<std::string>(), "FILE")(
      "p,policy", "Whose plan; default: the scenario's first", cxxopts::value<std::string>(), "NAME")(
      "json", "Print JSON in place of the table");
  add_models_option(options);
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  check_options(*arguments);
  const Question question = read_question(*arguments);
  const ExitReport report{question.graph, question.trace, lines_of(question, *arguments)};
  fmt::print("{}", arguments->count("json") > 0 ? exits_json(report) : exits_table(report));
  return 0;
}

}  // namespace twinfer
