// What the store keeps of a run besides its rows.
#pragma once

#include <string>

#include "core/plan.h"
#include "core/scenario.h"
#include "report/result_store.h"

namespace twinfer {

// Of a run that begins now, by this program on this machine.
RunInfo describe_run(const Scenario& scenario, const Plan& plan, Mode mode, const std::string& batch);

}  // namespace twinfer
