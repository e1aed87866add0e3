// twinfer plan: what each policy decides, and why.
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/pareto_text.h"
#include "cli/plan_picture.h"
#include "cli/plan_text.h"
#include "cli/planned_scenario.h"
#include "core/whole_file.h"

namespace twinfer {
namespace {

constexpr std::size_t kShownCandidates = 10;
constexpr std::size_t kShownOfFront = 20;

const CommandHelp kHelp{
    "twinfer plan",
    "Prints the plan of every policy of a scenario: stages, bytes on each hop, times.",
    {{"scenario"}},
    {"twinfer plan scenarios/quickstart.yaml", "twinfer plan scenarios/quickstart.yaml -p neurosurgeon --explain",
     "twinfer plan scenarios/quickstart.yaml -p nsc --picture plan.svg",
     "twinfer plan scenarios/quickstart.yaml --pareto --csv front.csv"}};

void print_json(const PlannedScenario& planned) {
  nlohmann::ordered_json plans = nlohmann::ordered_json::array();
  for (const Plan& plan : planned.plans) plans.push_back(plan_json(planned, plan));
  const nlohmann::ordered_json result = {{"scenario", planned.scenario.name}, {"plans", std::move(plans)}};
  fmt::print("{}\n", result.dump(2));
}

// The front in place of the plans. The file is written first: a line on stdout says that all went well.
void print_front(const PlannedScenario& planned, const cxxopts::ParseResult& arguments) {
  const ParetoFront front = front_of(planned);
  if (arguments.count("csv") > 0) write_whole_file(arguments["csv"].as<std::string>(), front_csv(planned, front));
  const std::size_t most = arguments["all"].as<bool>() ? front.plans.size() : kShownOfFront;
  fmt::print("{}", arguments["json"].as<bool>() ? front_json(planned, front).dump(2) + "\n"
                                                : front_text(planned, front, most));
}

void check_options(const cxxopts::ParseResult& arguments) {
  const bool pareto = arguments["pareto"].as<bool>();
  if (!pareto && arguments.count("csv") > 0) throw UsageError("--csv FILE needs --pareto");
  if (pareto && arguments.count("picture") > 0) throw UsageError("--picture draws one plan; leave out --pareto");
  if (pareto && arguments["explain"].as<bool>()) throw UsageError("--explain explains plans; leave out --pareto");
}

}  // namespace

int run_plan(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  options.add_options()("explain", "Add what was minimised, why, and the candidates that lost")(
      "all", "With --explain: every candidate, not only the ten best; with --pareto: every plan of the front")(
      "picture", "Draw the one plan: network, devices, bytes on cut edges (.dot, or .svg, .png, .pdf by Graphviz)",
      cxxopts::value<std::string>(), "FILE")(
      "pareto", "Print the plans along the chain that no other beats in latency, throughput and energy at once")(
      "csv", "With --pareto: write all of them to a file", cxxopts::value<std::string>(), "FILE")(
      "json", "Print JSON, plans always explained");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;
  check_options(*arguments);

  const PlannedScenario planned((*arguments)["scenario"].as<std::string>(), chosen_policies(*arguments));
  if ((*arguments)["pareto"].as<bool>()) {
    print_front(planned, *arguments);
    return 0;
  }
  if (arguments->count("picture") > 0) {
    if (planned.plans.size() != 1) throw UsageError("--picture draws one plan; choose it with --policy NAME");
    save_picture(planned, planned.plans.front(), (*arguments)["picture"].as<std::string>());
  }
  if ((*arguments)["json"].as<bool>()) {
    print_json(planned);
    return 0;
  }
  const bool explain = (*arguments)["explain"].as<bool>() || (*arguments)["all"].as<bool>();
  const std::size_t most = (*arguments)["all"].as<bool>() ? std::numeric_limits<std::size_t>::max() : kShownCandidates;
  const char* gap = "";
  for (const Plan& plan : planned.plans) {
    fmt::print("{}{}", gap, plan_text(planned, plan));
    if (explain) fmt::print("{}", explanation_text(planned, plan, most));
    gap = "\n";
  }
  return 0;
}

}  // namespace twinfer
