#include "cli/run_description.h"

#include "report/machine.h"

namespace twinfer {

RunInfo describe_run(const Scenario& scenario, const Plan& plan, Mode mode, const std::string& batch) {
  RunInfo run;
  run.batch = batch;
  run.mode = mode;
  run.scenario = scenario.name;
  run.scenario_text = resolved_text(scenario);
  run.policy = plan.policy;
  run.plan = describe(plan, scenario.graph, scenario.platform);
  run.predicted_latency_s = plan.predicted_latency.si();
  run.seed = scenario.seed;
  run.network_model = scenario.network_model;
  run.commit = build_commit();
  run.machine = machine_description();
  run.started = utc_now();
  return run;
}

}  // namespace twinfer
