// What held each executor and each connection of a run, and when. Private to report/.
//
// Ignores: waiting, which holds nothing; a request's waits are arguments of its slices.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/result.h"

namespace twinfer {

struct Slice {
  std::uint64_t request = 0;
  const char* category = "";  // "encode", "transfer", "decode", "compute", "result"
  double start_s = 0;
  double length_s = 0;
  nlohmann::json arguments;
};

struct Track {
  std::string name;
  std::vector<Slice> slices;
};

// A track for each executor ("pi: stage 1") and each connection ("pi -> cloud: into stage 2",
// "cloud -> pi: results of stage 2"), in the order in which a request passes them; stages
// count from 1. Requests arise on the device named `source`. Slices come by request.
std::vector<Track> tracks_of(const RunRows& rows, const std::string& source);

}  // namespace twinfer
