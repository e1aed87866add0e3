// What crosses between `twinfer calibrate` and `twinfer-node calibrate`, as files in JSON:
// what to measure, and what was measured. Both are of one program version and short-lived.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/calibration.h"

namespace twinfer {

struct CalibrationWorker {
  std::string device;
  std::string endpoint;  // HOST:PORT or `spawn`
  std::string profile;   // name of the one to take; empty: none
};

struct CalibrationTask {
  std::vector<CalibrationWorker> workers;
  std::vector<Way> ways;         // between workers, by position
  std::optional<DeviceId> here;  // the worker of the device that measures, by position
  unsigned messages = 0;         // of each size, at most
  double budget_s = 0;           // of a way
  std::optional<Bytes> largest;  // message that matters; nothing: all sizes do
  double pause_s = 0;            // before a message, and a run of the network
  std::string model;             // of the profiles
  std::vector<long> input_shape;
  unsigned threads = 1;
  unsigned repeat = 1;
  std::filesystem::path models_dir;
};

struct CalibrationMachine {
  std::string hostname;
  std::string boot_id;
  std::string processor;
  unsigned cores = 1;
  Bytes memory;
  std::optional<double> contention = {};     // core/platform.h; nothing: not measured
  std::optional<double> message_cores = {};  // the same
};

struct CalibrationMeasurements {
  std::vector<CalibrationMachine> machines;             // by worker
  std::vector<std::optional<LatencyProfile>> profiles;  // by worker, hand-offs included
  std::vector<MeasuredWay> ways;                        // as in the task
};

// Reading throws InputError naming the file.
std::string to_text(const CalibrationTask& task);
std::string to_text(const CalibrationMeasurements& measurements);
CalibrationTask read_calibration_task(const std::filesystem::path& file);
CalibrationMeasurements read_calibration_measurements(const std::filesystem::path& file);

}  // namespace twinfer
