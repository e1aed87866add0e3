#include "core/run_usage.h"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "core/cost_model.h"

namespace twinfer {
namespace {

// A job begins (1) or ends (-1).
struct Change {
  double at_s = 0;
  int jobs = 0;

  friend auto operator<=>(const Change&, const Change&) = default;  // what ends goes before what begins
};

void add_job(std::vector<Change>& changes, double start_s, double length_s) {
  changes.push_back({start_s, 1});
  changes.push_back({start_s + length_s, -1});
}

std::map<unsigned, Seconds> time_by_jobs(std::vector<Change> changes) {
  std::ranges::sort(changes);
  std::map<unsigned, Seconds> time;
  int jobs = 0;
  double since_s = 0;
  for (const Change& change : changes) {
    if (jobs > 0) time[static_cast<unsigned>(jobs)] += Seconds(change.at_s - since_s);
    since_s = change.at_s;
    jobs += change.jobs;
  }
  return time;
}

std::map<std::string_view, DeviceId> ids_by_name(const Platform& platform) {
  std::map<std::string_view, DeviceId> ids;
  for (DeviceId id = 0; id < platform.devices.size(); ++id) ids[platform.devices[id].name] = id;
  return ids;
}

}  // namespace

Usage usage_of(const RunRows& rows, const Platform& platform, DeviceId source) {
  const std::map<std::string_view, DeviceId> ids = ids_by_name(platform);
  Usage usage;
  const auto carry = [&usage](DeviceId from, DeviceId to, Bytes bytes) {
    if (from != to) usage.carried[{from, to}] += bytes;
  };
  std::map<DeviceId, std::vector<Change>> changes{{source, {}}};
  auto row = rows.stages.begin();
  for (const ResultRow& result : rows.results) {
    DeviceId at = source;  // where the request is
    for (; row != rows.stages.end() && row->request == result.request; ++row) {
      const DeviceId next = ids.at(row->device);
      add_job(changes[at], row->hop_start_s, row->encode_s);
      add_job(changes[next], row->compute_start_s, row->decode_s + row->compute_s);
      carry(at, next, Bytes(row->hop_bytes));
      at = next;
    }
    if (has_returned(result.status)) carry(at, source, kResultBytes);
  }
  assert(row == rows.stages.end());
  for (auto& [device, of_device] : changes) usage.computing[device] = time_by_jobs(std::move(of_device));
  return usage;
}

}  // namespace twinfer
