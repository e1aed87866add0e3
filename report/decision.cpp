#include "report/decision.h"

#include <algorithm>
#include <array>

#include "core/joined.h"

namespace twinfer {
namespace {

// By which a person chooses a policy: places in kValidated.
constexpr std::array<std::size_t, 4> kDecisive{0, 1, 3, 5};

bool more_is_better(std::size_t measure) { return kValidated.at(measure).name == std::string("throughput_hz"); }

// Of one plan: means over the policies that planned it.
struct Choice {
  std::string plan;
  std::vector<std::string> policies;
  double simulated = 0, measured = 0, noise = 0;

  void add(const std::string& policy, const MeasureError& of) {
    policies.push_back(policy);
    const double share = 1 / static_cast<double>(policies.size());
    simulated += share * (*of.simulated - simulated);
    measured += share * (*of.live - measured);
    noise += share * (of.noise.value_or(0) - noise);
  }
};

std::vector<Choice> choices_of(const std::vector<JudgedPolicy>& policies, std::size_t measure) {
  std::vector<Choice> choices;
  for (const JudgedPolicy& policy : policies) {
    const MeasureError& of = policy.fidelity->measures[measure];
    if (!of.simulated || !of.live) continue;
    auto choice = std::ranges::find(choices, policy.plan, &Choice::plan);
    if (choice == choices.end()) choice = choices.insert(choice, Choice{policy.plan, {}});
    choice->add(policy.policy, of);
  }
  return choices;
}

std::optional<Decision> judge(const std::vector<JudgedPolicy>& policies, std::size_t measure) {
  const std::vector<Choice> choices = choices_of(policies, measure);
  if (choices.size() < 2) return std::nullopt;
  std::vector<double> simulated, measured;
  double noise = 0;
  for (const Choice& choice : choices) {
    simulated.push_back(choice.simulated);
    measured.push_back(choice.measured);
    noise += choice.noise;
  }
  Decision decision;
  decision.measure = measure;
  decision.tolerance = std::max(noise / static_cast<double>(choices.size()), kLeastTolerance);
  decision.pairs = rank_pairs(simulated, measured, decision.tolerance);
  decision.simulated_best = joined(choices[best_of(simulated, more_is_better(measure))].policies);
  decision.measured_best = joined(choices[best_of(measured, more_is_better(measure))].policies);
  decision.regret = regret(simulated, measured, more_is_better(measure));
  return decision;
}

}  // namespace

std::vector<Decision> judge_decisions(const std::vector<JudgedPolicy>& policies) {
  std::vector<Decision> decisions;
  for (const std::size_t measure : kDecisive)
    if (std::optional<Decision> decision = judge(policies, measure)) decisions.push_back(std::move(*decision));
  return decisions;
}

std::vector<DecisionsOverall> sum_up(const std::vector<std::vector<Decision>>& scenarios) {
  std::vector<DecisionsOverall> overall;
  for (const std::size_t measure : kDecisive) {
    DecisionsOverall all;
    all.measure = measure;
    for (const std::vector<Decision>& decisions : scenarios)
      for (const Decision& decision : decisions) {
        if (decision.measure != measure) continue;
        ++all.scenarios;
        all.pairs += decision.pairs;
        all.mean_regret += decision.regret;
        all.worst_regret = std::max(all.worst_regret, decision.regret);
      }
    if (all.scenarios == 0) continue;
    all.mean_regret /= static_cast<double>(all.scenarios);
    overall.push_back(all);
  }
  return overall;
}

}  // namespace twinfer
