// Rows as one string, to bring them home from the child process that made them:
//
//   run_isolated([&] { return encode_rows(simulate(scenario, plan)); })
#pragma once

#include <string>

#include "core/result.h"

namespace twinfer {

std::string encode_rows(const RunRows& rows);

// Throws std::runtime_error on anything that encode_rows did not write.
RunRows decode_rows(const std::string& bytes);

}  // namespace twinfer
