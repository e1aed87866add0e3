#include "core/run_usage.h"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "core/cost_model.h"

namespace twinfer {
namespace {

// Jobs of one kind on one device, in the order of their requests. Such a device serves in
// that order nearly always, so starts and ends are nearly always sorted as they come.
struct Lane {
  std::vector<double> starts_s;
  std::vector<double> ends_s;

  void add(double start_s, double length_s) {
    const double end_s = start_s + length_s;
    if (!(end_s > start_s)) return;  // also a length that is lost in rounding
    starts_s.push_back(start_s);
    ends_s.push_back(end_s);
  }
};

// What a device does itself: decoding and computing as one job, encoding as another.
struct Jobs {
  Lane computing;
  Lane encoding;
};

void sort_if_needed(std::vector<double>& times_s) {
  if (!std::ranges::is_sorted(times_s)) std::ranges::sort(times_s);
}

std::vector<double> merged(std::vector<double> a, std::vector<double> b) {
  sort_if_needed(a);
  sort_if_needed(b);
  std::vector<double> both(a.size() + b.size());
  std::ranges::merge(a, b, both.begin());
  return both;
}

std::map<unsigned, Seconds> time_by_jobs(Jobs of_device) {
  const std::vector<double> starts_s =
      merged(std::move(of_device.computing.starts_s), std::move(of_device.encoding.starts_s));
  const std::vector<double> ends_s =
      merged(std::move(of_device.computing.ends_s), std::move(of_device.encoding.ends_s));
  std::map<unsigned, Seconds> time;
  unsigned jobs = 0;
  double since_s = 0;
  auto start = starts_s.begin();
  for (const double end_s : ends_s) {
    // What ends goes before what begins at the same time.
    for (; start != starts_s.end() && *start < end_s; ++start, ++jobs) {
      if (jobs > 0 && *start > since_s) time[jobs] += Seconds(*start - since_s);
      since_s = *start;
    }
    if (end_s > since_s) time[jobs] += Seconds(end_s - since_s);
    since_s = end_s;
    --jobs;
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
  std::vector<Jobs> jobs(platform.devices.size());
  std::vector<bool> takes_part(platform.devices.size(), false);
  takes_part.at(source) = true;
  auto row = rows.stages.begin();
  for (const ResultRow& result : rows.results) {
    DeviceId at = source;  // where the request is
    for (; row != rows.stages.end() && row->request == result.request; ++row) {
      const DeviceId next = ids.at(row->device);
      jobs[at].encoding.add(row->hop_start_s, row->encode_s);
      jobs[next].computing.add(row->compute_start_s, row->decode_s + row->compute_s);
      takes_part[next] = true;
      carry(at, next, Bytes(row->hop_bytes));
      at = next;
    }
    if (has_returned(result.status)) carry(at, source, kResultBytes);
  }
  assert(row == rows.stages.end());
  for (DeviceId device = 0; device < jobs.size(); ++device)
    if (takes_part[device]) usage.computing[device] = time_by_jobs(std::move(jobs[device]));
  return usage;
}

}  // namespace twinfer
