// What came out: the same rows from the simulator and from the live system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace twinfer {

enum class Mode { kSim, kLive };
enum class Status { kOk, kExited, kMissed, kDropped, kFailed };

std::string to_string(Mode mode);
std::string to_string(Status status);

// Whether the result came back, in time or late.
bool has_returned(Status status);

// One request. Times are seconds since the run's start, on the source's clock,
// in the scenario's time (a dilated live run is scaled back).
//
// latency = admission + sum over stages (hop_wait + encode + transfer + queue +
//           decode + compute) + result_wait + result_return
struct ResultRow {
  std::uint64_t request = 0;
  std::uint64_t sample = 0;
  Status status = Status::kFailed;
  double arrival_s = 0;
  double admission_s = 0;             // waited for the admission window
  double latency_s = 0;               // arrival to the result's return; until given up, if failed
  double result_wait_s = 0;           // result waited for its connection
  double result_return_s = 0;         // result on its way
  std::optional<std::uint64_t> exit;  // exit taken, the final one included; nothing if none was reached
  std::optional<int> predicted;       // class
  std::optional<bool> correct;        // nothing where the true class is not known
  double bytes_sent = 0;              // over links between devices, the result included
  std::string error;                  // why, if failed
};

// One request on one stage: the hop into it, then its executor.
struct StageRow {
  std::uint64_t request = 0;
  std::uint64_t stage = 0;  // position in the plan
  std::string device;
  double hop_start_s = 0;  // the connection took the message up
  double hop_wait_s = 0;   // message waited for the connection
  double encode_s = 0;
  double transfer_s = 0;       // overhead and wire
  double queue_s = 0;          // waited for the executor
  double compute_start_s = 0;  // the executor took the job up (decoding included)
  double decode_s = 0;
  double compute_s = 0;
  double hop_bytes = 0;  // tensor bytes of the message, also on one device
};

struct RunRows {
  std::vector<ResultRow> results;  // by request id
  std::vector<StageRow> stages;    // by request id, then stage
};

}  // namespace twinfer
