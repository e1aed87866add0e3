// The tables of a validation, at most 130 columns wide: what would be wider is another table.
#pragma once

#include <string>
#include <vector>

#include "cli/validation.h"

namespace twinfer {

// Simulated and measured values with their errors, in as many tables as it takes: latencies,
// throughput, shares. The last row is the median of the errors' sizes.
std::string values_tables(const Validation& validation);

// Errors of P50, P95 and throughput with their intervals, beside the noise floor where it is known.
std::string noise_table(const Validation& validation);

// Simulated minus measured mean of every component.
std::string component_errors_table(const Validation& validation);
// The same with both sides, a row a component.
std::string components_table(const Validation& validation);

// Tau and regret of the policies, a row a scenario and measure.
std::string decisions_table(const Validation& validation);

// Whether a percentile is missing for want of requests.
bool lacks_requests(const Validation& validation);

// "P50 takes 20 requests, P90 100, P95 200, P99 1000"
std::string requests_needed_text();

}  // namespace twinfer
