// What a calibration found, and its files: a platform and a profile for each device.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/calibration_data.h"
#include "cli/calibration_task.h"
#include "sim/platform_writer.h"

namespace twinfer {

struct Calibration {
  std::vector<FittedWay> ways;
  std::map<DeviceId, Seconds> overheads;  // of devices where a way begins
  std::vector<WayCost> costs;             // of `ways`, with those overheads
  Attribution attribution;                // of `costs`
  std::map<DeviceId, CalibrationMachine> machines;
  Platform platform;
  std::map<DeviceId, LatencyProfile> profiles;
};

// Throws InputError where the measurements tell no fit.
Calibration make_calibration(const CalibrationTarget& target, const CalibrationMeasurements& measured,
                             const std::filesystem::path& out);

// What hosts of one machine share: the name of one that it goes by, and part of its boot id. Empty
// where it did not tell.
std::string machine_name(const Calibration& calibration, DeviceId device);

struct CalibrationFiles {
  std::filesystem::path platform;
  std::vector<std::filesystem::path> profiles;
};

// "Platform: here.xml", and a line for each profile.
std::string files_text(const CalibrationFiles& files);

// Writes all of them, or none if one cannot be written or SimGrid does not read the platform.
// Throws InputError.
CalibrationFiles write_files(const Platform& platform, const PlatformNotes& notes,
                             const std::map<DeviceId, LatencyProfile>& profiles, const std::filesystem::path& out,
                             const std::filesystem::path& profile_dir);

// The comments and properties that go into the platform's file.
PlatformNotes notes_of(const Calibration& calibration, const CalibrationTarget& target, const CalibrationTask& task);

}  // namespace twinfer
