#include "sim/row_book.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace twinfer {

RowBook::RowBook(const std::vector<Request>& requests, std::optional<Seconds> deadline)
    : deadline_(deadline),
      journeys_(requests.size()),
      since_s_(requests.size()),
      ended_(requests.size()),
      stage_rows_(requests.size()) {
  results_.reserve(requests.size());
  for (const Request& request : requests) {
    ResultRow& row = results_.emplace_back();
    row.request = request.id;
    row.sample = request.sample;
    row.arrival_s = request.arrival.si();
  }
}

double RowBook::turn(std::uint64_t id, double now_s) { return now_s - std::exchange(since_s_[id], now_s); }

void RowBook::admit(std::uint64_t id, Journey journey, double arrival_s, double now_s) {
  journeys_[id] = journey;
  ResultRow& row = results_[id];
  row.arrival_s = arrival_s;
  row.admission_s = now_s - arrival_s;
  since_s_[id] = now_s;
  if (!has_failed(id)) return;
  row.latency_s = row.admission_s;
  row.error = journey.route->error;
  ended_[id] = true;
}

void RowBook::take_up_hop(std::uint64_t id, std::size_t stage, double now_s) {
  StageRow& row = stage_rows_[id].emplace_back();
  row.request = id;
  row.stage = stage;
  row.device = journeys_[id].times->device(stage, id);
  row.hop_start_s = now_s;
  row.hop_wait_s = turn(id, now_s);
}

void RowBook::hold_up_hop(std::uint64_t id, std::size_t stage, double wait_s) {
  StageRow& row = stage_rows_[id][stage];
  row.hop_start_s += wait_s;
  row.hop_wait_s += wait_s;
  since_s_[id] += wait_s;
}

void RowBook::reach_stage(std::uint64_t id, std::size_t stage, double now_s) {
  StageRow& row = stage_rows_[id][stage];
  const Passage& hop = serving(journeys_[id].times->hops(stage), id);
  row.encode_s = hop.cost.encode.si();
  row.transfer_s = turn(id, now_s) - row.encode_s;
  row.hop_bytes = hop.bytes.si();
  if (hop.between_devices) results_[id].bytes_sent += row.hop_bytes;
}

void RowBook::start_job(std::uint64_t id, std::size_t stage, double now_s) {
  StageRow& row = stage_rows_[id][stage];
  row.compute_start_s = now_s;
  row.queue_s = turn(id, now_s);
}

void RowBook::end_job(std::uint64_t id, std::size_t stage, Seconds decode, Seconds compute, double now_s) {
  StageRow& row = stage_rows_[id][stage];
  const double held_s = turn(id, now_s);
  const Seconds work = decode + compute;
  row.decode_s = work > Seconds(0) ? held_s * (decode / work) : 0;
  row.compute_s = held_s - row.decode_s;
}

void RowBook::take_up_result(std::uint64_t id, double now_s) { results_[id].result_wait_s = turn(id, now_s); }

void RowBook::hold_up_result(std::uint64_t id, double wait_s) {
  results_[id].result_wait_s += wait_s;
  since_s_[id] += wait_s;
}

void RowBook::return_result(std::uint64_t id, double now_s) {
  ResultRow& row = results_[id];
  const Route& route = *journeys_[id].route;
  const Passage& passage = serving(journeys_[id].times->results(route.last_stage), id);
  row.result_return_s = turn(id, now_s);
  if (passage.between_devices) row.bytes_sent += passage.bytes.si();
  row.latency_s = now_s - row.arrival_s;
  row.exit = route.exit;
  row.predicted = route.predicted;
  row.correct = route.correct;
  row.status = route.leaves_at ? Status::kExited : Status::kOk;
  if (deadline_ && row.latency_s > deadline_->si()) row.status = Status::kMissed;
  ended_[id] = true;
}

RunRows RowBook::take(double now_s) {
  for (ResultRow& row : results_) {
    if (ended_[row.request]) continue;
    row.status = Status::kFailed;
    row.latency_s = now_s - row.arrival_s;
    row.error = "the simulation ended before the request did";
  }
  return collect();
}

RunRows RowBook::collect() {
  RunRows rows;
  for (std::vector<StageRow>& of_request : stage_rows_) std::ranges::move(of_request, std::back_inserter(rows.stages));
  rows.results = std::move(results_);
  return rows;
}

}  // namespace twinfer
