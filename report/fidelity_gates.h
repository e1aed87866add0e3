// Which of a scenario's limits a validation breaks, and who is to blame.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/scenario.h"
#include "report/decision.h"
#include "report/fidelity.h"

namespace twinfer {

// The limit of a measure of kValidated; nothing where there is none.
std::optional<double> gate_of(const Gates& gates, std::size_t measure);

// "P50 within 10.0 %, tau at least 0.9"; empty without gates.
std::string gates_text(const Gates& gates);

// One line each, empty: it passes. A line about a latency ends with the component that is off by
// most: "P95 error +8.1 % is beyond the gate of 6.0 %: queue +6.20 ms of +7.00 ms".
std::vector<std::string> beyond_gates(const Fidelity& fidelity, const Gates& gates);

// Beside all gates: requests that failed, or that only one of the runs has.
std::vector<std::string> lost_requests(const Fidelity& fidelity);

// Of the ranking of a scenario's policies; of a grid, over its scenarios, the mean regret.
std::vector<std::string> beyond_gates(const Decision& decision, const Gates& gates);
std::vector<std::string> beyond_gates(const DecisionsOverall& overall, const Gates& gates);

}  // namespace twinfer
