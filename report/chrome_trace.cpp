#include "report/chrome_trace.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/whole_file.h"
#include "report/timeline.h"

namespace twinfer {
namespace {

using nlohmann::json;

json metadata(const char* what, std::size_t process, std::optional<std::size_t> thread, const json& arguments) {
  json event = {{"name", what}, {"ph", "M"}, {"pid", process}, {"args", arguments}};
  if (thread) event["tid"] = *thread;
  return event;
}

double microseconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

// Whole nanoseconds, each slice after the one before: sums of doubles may
// otherwise overlap in their last digit, which viewers refuse.
void append_track(Track track, std::size_t process, std::size_t thread, json& events) {
  events.push_back(metadata("thread_name", process, thread, {{"name", track.name}}));
  events.push_back(metadata("thread_sort_index", process, thread, {{"sort_index", thread}}));
  std::stable_sort(track.slices.begin(), track.slices.end(),
                   [](const Slice& a, const Slice& b) { return a.start_s < b.start_s; });
  std::int64_t free_ns = 0;
  for (Slice& slice : track.slices) {
    const std::int64_t start_ns = std::max<std::int64_t>(std::llround(slice.start_s * 1e9), free_ns);
    const std::int64_t end_ns = std::max<std::int64_t>(std::llround((slice.start_s + slice.length_s) * 1e9), start_ns);
    free_ns = end_ns;
    slice.arguments["request"] = slice.request;
    events.push_back({{"name", slice.category + (" " + std::to_string(slice.request))},
                      {"cat", slice.category},
                      {"ph", "X"},
                      {"pid", process},
                      {"tid", thread},
                      {"ts", microseconds(start_ns)},
                      {"dur", microseconds(end_ns - start_ns)},
                      {"args", std::move(slice.arguments)}});
  }
}

}  // namespace

std::string chrome_trace(const std::vector<TraceRun>& runs) {
  json events = json::array();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const std::size_t process = r + 1;  // viewers treat 0 as the kernel
    events.push_back(metadata("process_name", process, std::nullopt, {{"name", runs[r].name}}));
    const std::vector<Track> tracks = tracks_of(runs[r].rows, runs[r].source);
    for (std::size_t t = 0; t < tracks.size(); ++t) append_track(tracks[t], process, t + 1, events);
  }
  return json{{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}}.dump() + "\n";
}

void save_chrome_trace(const std::vector<TraceRun>& runs, const std::filesystem::path& file) {
  write_whole_file(file, chrome_trace(runs));
}

}  // namespace twinfer
