// From what came back of a request to its rows: clocks aligned, dilated time
// scaled back.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/cost_model.h"
#include "core/plan.h"
#include "core/result.h"
#include "core/scenario.h"
#include "core/workload.h"
#include "live/clock_alignment.h"
#include "live/steady_time.h"
#include "live/wire.pb.h"

namespace twinfer {

// A request that is over, by the coordinator's clock.
struct EndedRequest {
  Request request;
  SteadyTime arrival;
  SteadyTime admitted;
  SteadyTime ended;
  std::optional<wire::Result> result;  // nothing: it was lost
  std::string error;                   // why it failed; empty if it did not
  std::size_t phase = 0;               // of the plan that it set out by
};

struct RowContext {
  const Scenario& scenario;
  const Plan& plan;
  const CostModel& cost;
  const std::map<DeviceId, ClockAlignment>& clocks;  // of every device of the plan
  SteadyTime origin;                                 // the run's start
  double dilation = 1;
};

ResultRow make_result_row(const RowContext& context, const EndedRequest& ended);

// Empty for a failed request. REQUIRES: the result's stages are the plan's first ones.
std::vector<StageRow> make_stage_rows(const RowContext& context, const EndedRequest& ended);

}  // namespace twinfer
