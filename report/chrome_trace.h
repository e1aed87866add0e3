// A run as a timeline in Chrome's trace event format, which Perfetto reads.
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
//
// Ignores: waiting. What fills a track is what holds the executor or the
// connection; a request's waits are arguments of its events.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"

namespace twinfer {

struct TraceRun {
  std::string name;    // "sim neurosurgeon"
  std::string source;  // name of the device where requests arise
  RunRows rows;
};

// One process a run; in it one track an executor ("pi: stage 1") and one a
// connection ("pi -> cloud: into stage 2", "cloud -> pi: results of stage 2");
// stages count from 1 here, as in everything that people read. Complete events in
// microseconds, whole nanoseconds each; those of one track never overlap.
std::string chrome_trace(const std::vector<TraceRun>& runs);

// The same in a file. Throws InputError if it cannot be written.
void save_chrome_trace(const std::vector<TraceRun>& runs, const std::filesystem::path& file);

}  // namespace twinfer
