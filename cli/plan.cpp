// twinfer plan: what each policy decides, and why.
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/plan_picture.h"
#include "cli/plan_text.h"
#include "cli/planned_scenario.h"

namespace twinfer {
namespace {

constexpr std::size_t kShownCandidates = 10;

const CommandHelp kHelp{
    "twinfer plan",
    "Prints the plan of every policy of a scenario: stages, bytes on each hop, times.",
    {{"scenario"}},
    {"twinfer plan scenarios/quickstart.yaml", "twinfer plan scenarios/quickstart.yaml -p neurosurgeon --explain",
     "twinfer plan scenarios/quickstart.yaml -p nsc --picture plan.svg"}};

void print_json(const PlannedScenario& planned) {
  nlohmann::ordered_json plans = nlohmann::ordered_json::array();
  for (const Plan& plan : planned.plans) plans.push_back(plan_json(planned, plan));
  const nlohmann::ordered_json result = {{"scenario", planned.scenario.name}, {"plans", std::move(plans)}};
  fmt::print("{}\n", result.dump(2));
}

}  // namespace

int run_plan(int argc, char** argv) {
  cxxopts::Options options = command_options(kHelp);
  add_policy_option(options);
  options.add_options()("explain", "Add what was minimised, why, and the candidates that lost")(
      "all", "With --explain: every candidate, not only the ten best")(
      "picture", "Draw the one plan: network, devices, bytes on cut edges (.dot, or .svg, .png, .pdf by Graphviz)",
      cxxopts::value<std::string>(), "FILE")("json", "Print JSON, always explained");
  const auto arguments = parse_command(kHelp, options, argc, argv);
  if (!arguments) return 0;

  const PlannedScenario planned((*arguments)["scenario"].as<std::string>(), chosen_policies(*arguments));
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
