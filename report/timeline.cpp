#include "report/timeline.h"

#include <map>
#include <tuple>
#include <utility>

#include "report/summary.h"

namespace twinfer {
namespace {

using nlohmann::json;

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

}  // namespace

std::vector<Track> tracks_of(const RunRows& rows, const std::string& source) {
  Tracks tracks;
  std::map<std::uint64_t, const StageRow*> last_stage;  // by request; rows come by request, then stage
  for (const StageRow& row : rows.stages) {
    const auto before = last_stage.find(row.request);
    add_stage(row, before == last_stage.end() ? source : before->second->device, tracks);
    last_stage[row.request] = &row;
  }
  for (const ResultRow& row : rows.results)
    if (const auto last = last_stage.find(row.request); last != last_stage.end())
      add_result(row, *last->second, source, tracks);
  return tracks.in_order();
}

}  // namespace twinfer
