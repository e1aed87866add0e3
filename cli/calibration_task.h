// What a calibration is of: a scenario, a platform file, or named workers.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <cxxopts.hpp>

#include "cli/calibration_data.h"
#include "core/platform.h"

namespace twinfer {

struct CalibrationTarget {
  Platform platform;                                    // as it was stated, endpoints as --workers has them
  std::vector<DeviceId> devices;                        // to measure
  std::vector<Way> ways;                                // between them
  std::optional<DeviceId> source;                       // of requests, whose loopback is measured, too
  bool own_topology = false;                            // no platform was stated: a link for each way
  bool links_only = false;                              // profiles keep their computing
  bool profiles_only = false;                           // links and overheads stay as they are; no ways
  std::string model;                                    // empty: no profiles
  std::string input_key;                                // folder of the profiles
  std::vector<long> input_shape;                        // of the model
  std::optional<Bytes> largest;                         // tensor of the model
  unsigned threads = 1;                                 // per executor
  std::filesystem::path models_dir;                     // graphs and weights
  std::vector<std::optional<LatencyProfile>> profiles;  // by device, as they are
};

// --workers, --platform, --model, --input, --threads, --links-only, --profiles-only, --models.
void add_target_options(cxxopts::Options& options);

// Throws InputError, UsageError where neither SCENARIO, --platform nor --workers is given.
CalibrationTarget chosen_target(const cxxopts::ParseResult& arguments);

// Profiles are called PREFIX-DEVICE.
std::string calibrated_profile(const std::filesystem::path& out, const Device& device);

// The target's part for twinfer-node. Positions of its workers are those in target.devices.
CalibrationTask task_of(const CalibrationTarget& target, const std::filesystem::path& out);

}  // namespace twinfer
