#include "report/chrome_trace.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/whole_file.h"
#include "report/summary.h"

namespace twinfer {
namespace {

using nlohmann::json;

// What held an executor or a connection for a while.
struct Slice {
  std::uint64_t request = 0;
  const char* category = "";
  double start_s = 0;
  double length_s = 0;
  json arguments;
};

struct Track {
  std::string name;
  std::vector<Slice> slices;
};

// Tracks of one plan, in the order in which a request passes them: hop into a
// stage, its executor, its result connection; those of replicas by name.
class Tracks {
 public:
  Track& hop(std::uint64_t stage, const std::string& name) { return track({stage, 0, name}); }
  Track& executor(std::uint64_t stage, const std::string& name) { return track({stage, 1, name}); }
  Track& results(std::uint64_t stage, const std::string& name) { return track({stage, 2, name}); }
  [[nodiscard]] std::vector<Track> in_order() const {
    std::vector<Track> ordered;
    for (const auto& [key, held] : tracks_) ordered.push_back(held);
    return ordered;
  }

 private:
  using Key = std::tuple<std::uint64_t, int, std::string>;

  Track& track(const Key& key) {
    Track& found = tracks_[key];
    found.name = std::get<std::string>(key);
    return found;
  }

  std::map<Key, Track> tracks_;
};

void add_slice(Track& track, Slice slice) {
  if (slice.length_s > 0) track.slices.push_back(std::move(slice));
}

void add_stage(const StageRow& row, const std::string& from, Tracks& tracks) {
  const json hop = {{"bytes", row.hop_bytes}, {"waited_s", row.hop_wait_s}};
  const json job = {{"waited_s", row.queue_s}};
  Track& connection =
      tracks.hop(row.stage, from + " -> " + row.device + ": into stage " + std::to_string(row.stage + 1));
  add_slice(connection, {row.request, "encode", row.hop_start_s, row.encode_s, hop});
  add_slice(connection, {row.request, "transfer", row.hop_start_s + row.encode_s, row.transfer_s, hop});
  Track& executor = tracks.executor(row.stage, row.device + ": stage " + std::to_string(row.stage + 1));
  add_slice(executor, {row.request, "decode", row.compute_start_s, row.decode_s, job});
  add_slice(executor, {row.request, "compute", row.compute_start_s + row.decode_s, row.compute_s, job});
}

void add_result(const ResultRow& row, const StageRow& last, const std::string& source, Tracks& tracks) {
  if (!has_returned(row.status)) return;
  Track& connection = tracks.results(
      last.stage, last.device + " -> " + source + ": results of stage " + std::to_string(last.stage + 1));
  const double start_s = row.arrival_s + row.latency_s - row.result_return_s;
  add_slice(connection, {row.request,
                         "result",
                         start_s,
                         row.result_return_s,
                         {{"latency_s", row.latency_s}, {"status", to_string(row.status)}}});
}

Tracks tracks_of(const TraceRun& run) {
  Tracks tracks;
  std::map<std::uint64_t, const StageRow*> last_stage;  // by request; rows come by request, then stage
  for (const StageRow& row : run.rows.stages) {
    const auto before = last_stage.find(row.request);
    add_stage(row, before == last_stage.end() ? run.source : before->second->device, tracks);
    last_stage[row.request] = &row;
  }
  for (const ResultRow& row : run.rows.results)
    if (const auto last = last_stage.find(row.request); last != last_stage.end())
      add_result(row, *last->second, run.source, tracks);
  return tracks;
}

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
    const std::vector<Track> tracks = tracks_of(runs[r]).in_order();
    for (std::size_t t = 0; t < tracks.size(); ++t) append_track(tracks[t], process, t + 1, events);
  }
  return json{{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}}.dump() + "\n";
}

void save_chrome_trace(const std::vector<TraceRun>& runs, const std::filesystem::path& file) {
  write_whole_file(file, chrome_trace(runs));
}

}  // namespace twinfer
