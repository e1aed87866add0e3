#include "sim/row_book.h"

#include <utility>

namespace twinfer {

RowBook::RowBook(Setup setup)
    : times_(&setup.times),
      routes_(std::move(setup.routes)),
      deadline_(setup.deadline),
      since_s_(setup.requests.size()),
      stages_reached_(setup.requests.size()),
      ended_(setup.requests.size()) {
  results_.reserve(setup.requests.size());
  stage_rows_.reserve(setup.requests.size() * times_->stages());
  for (const Request& request : setup.requests) {
    ResultRow& row = results_.emplace_back();
    row.request = request.id;
    row.sample = request.sample;
    row.arrival_s = request.arrival.si();
    for (std::size_t stage = 0; stage < times_->stages(); ++stage) {
      StageRow& part = stage_rows_.emplace_back();
      part.request = request.id;
      part.stage = stage;
      part.device = serving(setup.stage_devices[stage], request.id);
    }
  }
}

double RowBook::turn(std::uint64_t id, double now_s) { return now_s - std::exchange(since_s_[id], now_s); }

void RowBook::admit(std::uint64_t id, double arrival_s, double now_s) {
  results_[id].arrival_s = arrival_s;
  results_[id].admission_s = now_s - arrival_s;
  since_s_[id] = now_s;
}

void RowBook::take_up_hop(std::uint64_t id, std::size_t stage, double now_s) {
  StageRow& row = stage_row(id, stage);
  stages_reached_[id] = stage + 1;
  row.hop_start_s = now_s;
  row.hop_wait_s = turn(id, now_s);
}

void RowBook::hold_up_hop(std::uint64_t id, std::size_t stage, double wait_s) {
  StageRow& row = stage_row(id, stage);
  row.hop_start_s += wait_s;
  row.hop_wait_s += wait_s;
  since_s_[id] += wait_s;
}

void RowBook::reach_stage(std::uint64_t id, std::size_t stage, double now_s) {
  StageRow& row = stage_row(id, stage);
  const Passage& hop = serving(times_->hops(stage), id);
  row.encode_s = hop.cost.encode.si();
  row.transfer_s = turn(id, now_s) - row.encode_s;
  row.hop_bytes = hop.bytes.si();
  if (hop.between_devices) results_[id].bytes_sent += row.hop_bytes;
}

void RowBook::start_job(std::uint64_t id, std::size_t stage, double now_s) {
  StageRow& row = stage_row(id, stage);
  row.compute_start_s = now_s;
  row.queue_s = turn(id, now_s);
}

void RowBook::end_job(std::uint64_t id, std::size_t stage, Seconds decode, Seconds compute, double now_s) {
  StageRow& row = stage_row(id, stage);
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
  const Route& route = routes_[id];
  const Passage& passage = serving(times_->results(route.last_stage), id);
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

void RowBook::fail(std::uint64_t id, double arrival_s, double now_s) {
  admit(id, arrival_s, now_s);
  ResultRow& row = results_[id];
  row.latency_s = now_s - arrival_s;
  row.status = Status::kFailed;
  row.error = routes_[id].error;
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
  for (StageRow& row : stage_rows_)
    if (row.stage < stages_reached_[row.request]) rows.stages.push_back(std::move(row));
  rows.results = std::move(results_);
  return rows;
}

}  // namespace twinfer
