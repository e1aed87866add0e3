#include "report/decision.h"

#include <algorithm>
#include <array>

namespace twinfer {
namespace {

// By which a person chooses a policy: places in kValidated.
constexpr std::array<std::size_t, 4> kDecisive{0, 1, 3, 5};

bool more_is_better(std::size_t measure) { return kValidated.at(measure).name == std::string("throughput_hz"); }

std::optional<Decision> judge(const std::vector<JudgedPolicy>& policies, std::size_t measure) {
  std::vector<double> simulated;
  std::vector<double> measured;
  std::vector<std::string> names;
  double noise = 0;
  for (const JudgedPolicy& policy : policies) {
    const MeasureError& of = policy.fidelity->measures[measure];
    if (!of.simulated || !of.live) continue;
    simulated.push_back(*of.simulated);
    measured.push_back(*of.live);
    names.push_back(policy.policy);
    noise += of.noise.value_or(0);
  }
  if (names.size() < 2) return std::nullopt;
  Decision decision;
  decision.measure = measure;
  decision.tolerance = std::max(noise / static_cast<double>(names.size()), kLeastTolerance);
  decision.pairs = rank_pairs(simulated, measured, decision.tolerance);
  decision.simulated_best = names[best_of(simulated, more_is_better(measure))];
  decision.measured_best = names[best_of(measured, more_is_better(measure))];
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
