#include "cli/validation.h"

#include <filesystem>

#include "core/error.h"
#include "report/fidelity_gates.h"

namespace twinfer {
namespace {

void compare(const Scenario& scenario, const std::vector<RunRows>& simulated, const std::vector<RunRows>& live,
             ValidatedPair& pair) {
  const FidelityQuestion question{scenario.graph.exit_heads().size(), scenario.deadline.has_value(), scenario.seed};
  try {
    pair.fidelity = compare_worlds(simulated, live, question);
  } catch (const InputError& error) {
    pair.failures.emplace_back(error.what());
    return;
  }
  for (std::string& line : lost_requests(*pair.fidelity)) pair.failures.push_back(std::move(line));
  pair.beyond = beyond_gates(*pair.fidelity, scenario.gates);
}

// Of the complete ones, whose ids go to `ids`.
std::vector<RunRows> rows_of(const std::vector<StoredRun>& runs, std::vector<std::int64_t>& ids) {
  std::vector<RunRows> rows;
  for (const StoredRun& run : runs) {
    if (!is_complete(run)) continue;
    rows.push_back(run.rows);
    ids.push_back(run.info.id);
  }
  return rows;
}

}  // namespace

std::size_t draws_of(const Scenario& scenario) {
  const bool differ = scenario.costs == CostDraw::kSampled && scenario.live.emulate == Emulation::kNothing;
  return differ ? kDraws : 1;
}

std::vector<std::string> Validation::failures() const {
  std::vector<std::string> lines;
  for (const ValidatedPair& pair : pairs)
    for (const std::string& failure : pair.failures) lines.push_back(label(pair) + ": " + failure);
  return lines;
}

std::vector<std::string> Validation::beyond() const {
  std::vector<std::string> lines;
  for (const ValidatedPair& pair : pairs)
    for (const std::string& line : pair.beyond) lines.push_back(label(pair) + ": " + line);
  for (const ValidatedScenario& scenario : scenarios)
    for (const std::string& line : scenario.beyond)
      lines.push_back((scenario.label.empty() ? "" : scenario.label + ": ") + line);
  return lines;
}

std::string Validation::label(const ValidatedPair& pair) const {
  const std::string& scenario = scenarios[pair.scenario].label;
  return scenario.empty() ? pair.policy : scenario + ", " + pair.policy;
}

std::string shown_value(const std::string& value) {
  constexpr std::size_t kMost = 20;
  const std::string name = value.find('/') == std::string::npos ? value : std::filesystem::path(value).stem().string();
  return name.size() <= kMost ? name : name.substr(0, kMost - 3) + "...";
}

ValidatedPair validate_pair(const Scenario& scenario, const std::string& policy,
                            const std::vector<StoredRun>& simulated, const std::vector<StoredRun>& measured) {
  ValidatedPair pair;
  pair.policy = policy;
  pair.load = scenario.arrivals.load;
  const std::vector<RunRows> sim = rows_of(simulated, pair.sim_runs);
  const std::vector<RunRows> live = rows_of(measured, pair.live_runs);
  for (const StoredRun& run : simulated) {
    if (is_complete(run))
      pair.plan = run.info.plan;
    else if (!sim.empty())
      pair.failures.push_back("one of several simulated runs: " + why_incomplete({run}));
  }
  if (sim.empty() || live.empty())
    pair.failures.push_back(sim.empty() ? "simulated run: " + why_incomplete(simulated)
                                        : "live run: " + why_incomplete(measured));
  else
    compare(scenario, sim, live, pair);
  return pair;
}

void judge_scenarios(Validation& validation) {
  for (ValidatedScenario& scenario : validation.scenarios) {
    std::vector<JudgedPolicy> policies;
    for (const std::size_t pair : scenario.pairs)
      if (validation.pairs[pair].fidelity)
        policies.push_back(
            {validation.pairs[pair].policy, validation.pairs[pair].plan, &*validation.pairs[pair].fidelity});
    scenario.decisions = judge_decisions(policies);
    scenario.beyond.clear();
    for (const Decision& decision : scenario.decisions)
      for (std::string& line : beyond_gates(decision, scenario.gates)) scenario.beyond.push_back(std::move(line));
  }
}

}  // namespace twinfer
