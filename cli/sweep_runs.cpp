#include "cli/sweep_runs.h"

#include <chrono>
#include <map>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "cli/run_description.h"
#include "cli/run_live_side.h"
#include "cli/temporary_file.h"
#include "core/cost_model.h"
#include "policies/partition_policy.h"
#include "report/measures.h"
#include "sim/row_codec.h"
#include "sim/simulate.h"

namespace twinfer {
namespace {

using nlohmann::json;

class Stopwatch {
 public:
  [[nodiscard]] double elapsed_s() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// One line of JSON, then the rows.
std::string encode_answer(const RunInfo& info, const Measures& measures, const RunRows& rows) {
  const json head = {{"scenario", info.scenario},
                     {"scenario_text", info.scenario_text},
                     {"policy", info.policy},
                     {"plan", info.plan},
                     {"predicted_latency_s", info.predicted_latency_s},
                     {"seed", info.seed},
                     {"network_model", info.network_model},
                     {"commit", info.commit},
                     {"machine", info.machine},
                     {"started", info.started},
                     {"measures", measures}};
  return head.dump() + "\n" + encode_rows(rows);
}

void decode_answer(const std::string& answer, SweptRun& run) {
  const std::size_t line_end = answer.find('\n');
  const json head = json::parse(answer.substr(0, line_end));
  head.at("scenario").get_to(run.info.scenario);
  head.at("scenario_text").get_to(run.info.scenario_text);
  head.at("policy").get_to(run.info.policy);
  head.at("plan").get_to(run.info.plan);
  head.at("predicted_latency_s").get_to(run.info.predicted_latency_s);
  head.at("seed").get_to(run.info.seed);
  head.at("network_model").get_to(run.info.network_model);
  head.at("commit").get_to(run.info.commit);
  head.at("machine").get_to(run.info.machine);
  head.at("started").get_to(run.info.started);
  head.at("measures").get_to(run.measures);
  run.rows = decode_rows(answer.substr(line_end + 1));
}

std::string answer_of(bool keep_rows, const Scenario& scenario, const RunInfo& info, const RunRows& rows,
                      double wall_s) {
  Measures measures = measures_of(scenario, rows);
  measures[kWallMeasure] = wall_s;
  return encode_answer(info, measures, keep_rows ? rows : RunRows{});
}

// The runs that a call of twinfer-node made, by policy. They go through a store of their own:
// one that is cut off leaves nothing behind.
std::map<std::string, IsolatedOutcome> live_outcomes(bool keep_rows, const Scenario& scenario, const std::string& batch,
                                                     const std::filesystem::path& node_program, int& code) {
  const Stopwatch watch;
  const TemporaryFile file(".sqlite");
  { const ResultStore made(file.path()); }
  const ProgramEnd end = run_live_side(node_program, scenario, file.path(), batch);
  if (end.interrupted)
    throw std::runtime_error("interrupted; the runs made before are stored, and the same command makes the rest");
  code = end.code;
  const ResultStore store(file.path(), StoreAccess::kRead);
  const std::vector<RunInfo> runs = store.runs();
  const double wall_s = watch.elapsed_s() / static_cast<double>(runs.size());
  std::map<std::string, IsolatedOutcome> outcomes;
  for (const RunInfo& run : runs)
    outcomes[run.policy] =
        run.status == "complete"
            ? IsolatedOutcome{true, answer_of(keep_rows, scenario, run, store.rows(run.id), wall_s), {}, false}
            : IsolatedOutcome{false, {}, run.error, false};
  return outcomes;
}

}  // namespace

std::string simulated_answer(const Scenario& scenario, const Plan& plan, bool keep_rows, const std::string& batch) {
  const Stopwatch watch;
  const RunInfo info = describe_run(scenario, plan, Mode::kSim, batch);
  const RunRows rows = simulate(scenario, plan);
  return answer_of(keep_rows, scenario, info, rows, watch.elapsed_s());
}

std::string simulated_answer(const SweepPlan& plan, std::size_t run, ScenarioLoader& loader, const std::string& batch) {
  const Scenario scenario = scenario_of(plan, run, loader);
  const CostModel cost(scenario.graph, scenario.platform, scenario.profiles);
  return simulated_answer(scenario, make_plan(scenario, cost, scenario.policies.front()), plan.sweep.keep_rows, batch);
}

void simulate_runs(const SweepPlan& plan, const std::vector<std::size_t>& runs, ScenarioLoader& loader,
                   const std::string& batch, unsigned jobs, const Deliver& deliver) {
  std::vector<std::function<std::string()>> tasks;
  for (const std::size_t run : runs)
    tasks.emplace_back([&plan, &loader, &batch, run] { return simulated_answer(plan, run, loader, batch); });
  run_isolated(
      tasks, jobs, [&](std::size_t task, const IsolatedOutcome& outcome) { deliver(runs[task], outcome); },
      plan.sweep.run_timeout);
}

void run_live_runs(const SweepPlan& plan, const std::vector<std::size_t>& runs, ScenarioLoader& loader,
                   const std::string& batch, const std::filesystem::path& node_program, const Deliver& deliver) {
  for (const std::size_t run : runs) run_live_group(plan, {run}, loader, batch, node_program, deliver);
}

void run_live_group(const SweepPlan& plan, const std::vector<std::size_t>& runs, ScenarioLoader& loader,
                    const std::string& batch, const std::filesystem::path& node_program, const Deliver& deliver,
                    const std::function<Scenario(const Scenario&)>& change) {
  std::vector<std::size_t> left = runs;
  while (!left.empty()) {
    Scenario scenario = scenario_of(plan, left.front(), loader);
    scenario.policies.clear();
    for (const std::size_t run : left) scenario.policies.push_back(scenario_of(plan, run, loader).policies.front());
    if (change) scenario = change(scenario);
    int code = 0;
    const std::map<std::string, IsolatedOutcome> outcomes =
        live_outcomes(plan.sweep.keep_rows, scenario, batch, node_program, code);
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const auto found = outcomes.find(scenario.policies[i]);
      if (found != outcomes.end())
        deliver(left[i], found->second);
      else if (outcomes.empty())
        deliver(left[i], {false, {}, "twinfer-node ended with exit code " + std::to_string(code), code == 2});
      else
        rest.push_back(left[i]);  // the fleet was lost before its turn
    }
    left = rest;
  }
}

SweptRun swept_run(const SweepPlan& plan, std::size_t run, const IsolatedOutcome& outcome, ScenarioLoader& loader,
                   const std::string& batch) {
  SweptRun swept;
  swept.key = plan.keys[run];
  swept.point = plan.runs[run].point;
  swept.replication = plan.runs[run].replication;
  if (outcome.ok) {
    decode_answer(outcome.output, swept);
  } else {
    const Scenario scenario = scenario_of(plan, run, loader);
    Plan none;
    none.policy = scenario.policies.front();
    swept.info = describe_run(scenario, none, plan.sweep.mode, batch);
  }
  swept.info.batch = batch;
  swept.info.mode = plan.sweep.mode;
  swept.info.status = outcome.ok ? "complete" : "failed";
  swept.info.error = outcome.error;
  return swept;
}

}  // namespace twinfer
