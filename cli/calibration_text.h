// A calibration as tables, and as JSON.
#pragma once

#include <string>

#include "cli/calibration_result.h"

namespace twinfer {

std::string calibration_text(const Calibration& calibration, const CalibrationFiles& files);
std::string calibration_json(const Calibration& calibration, const CalibrationFiles& files);

}  // namespace twinfer
