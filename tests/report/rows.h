// Rows for report tests, with every field set and none alike.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "report/result_store.h"

namespace twinfer {

inline ResultRow returned_row(std::uint64_t request, double arrival_s, double latency_s,
                              std::optional<std::uint64_t> exit = 2, std::optional<bool> correct = true) {
  ResultRow row;
  row.request = request;
  row.sample = request + 100;
  row.status = exit && *exit < 2 ? Status::kExited : Status::kOk;
  row.arrival_s = arrival_s;
  row.latency_s = latency_s;
  row.exit = exit;
  row.predicted = 7;
  row.correct = correct;
  row.bytes_sent = 1000;
  return row;
}

inline ResultRow failed_row(std::uint64_t request, double arrival_s) {
  ResultRow row;
  row.request = request;
  row.sample = request + 100;
  row.status = Status::kFailed;
  row.arrival_s = arrival_s;
  row.latency_s = 30;
  row.error = "worker \"pc\" is gone, 3 tries";
  return row;
}

inline StageRow stage_row(std::uint64_t request, std::uint64_t stage, const std::string& device, double hop_start_s) {
  StageRow row;
  row.request = request;
  row.stage = stage;
  row.device = device;
  row.hop_start_s = hop_start_s;
  row.hop_wait_s = 0.001;
  row.encode_s = 0.002;
  row.transfer_s = 0.004;
  row.queue_s = 0.008;
  row.compute_start_s = hop_start_s + 0.002 + 0.004 + 0.008;
  row.decode_s = 0.016;
  row.compute_s = 0.032;
  row.hop_bytes = 4096;
  return row;
}

inline RunInfo run_info(const std::string& batch, const std::string& policy) {
  RunInfo run;
  run.batch = batch;
  run.mode = Mode::kLive;
  run.scenario = "quick, start";
  run.scenario_text = "name: \"quick\"\nseed: 1\n";
  run.policy = policy;
  run.plan = "pi[1-4] cloud[5-12]";
  run.predicted_latency_s = 0.1;
  run.seed = 18446744073709551615ULL;
  run.network_model = "CM02";
  run.commit = "abc";
  run.machine = "host, CPU, 2 cores";
  run.started = "2026-01-31T12:00:00Z";
  return run;
}

}  // namespace twinfer
