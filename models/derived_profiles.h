// Profiles of devices that are not at hand: a measured profile, every time
// multiplied by one factor per model and device, such that a published total is
// met. Says nothing of single layers: a device whose convolutions are relatively
// faster than its linear layers is not seen.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/latency_profile.h"

namespace twinfer {

// One line of models/profiles/derived.csv.
struct Derivation {
  std::string model;
  std::string device;
  Seconds published;   // total of the anchor's layers on the device
  std::string anchor;  // measured profile that the total is compared with: "resnet50/reference"
  std::string layers;  // prefix of the anchor's layers that the total counts; empty: all
  std::string source;  // publication and figure
};

// Throws InputError on a missing or malformed file, or a total that is not positive.
std::vector<Derivation> load_derivations(const std::filesystem::path& file);

// Sum of the median times of the layers whose name starts with `prefix`.
// Throws InputError naming the profile if there is none.
Seconds total_compute(const LatencyProfile& profile, const std::string& prefix);

// `measured` for `device`: computing times the factor; codec and message
// overhead too where it is above 1, else unchanged, because an accelerator does
// not speed up the sockets of its host. REQUIRES: factor > 0.
LatencyProfile scale_profile(const LatencyProfile& measured, const std::string& device, double factor,
                             const std::string& source);

// Reads PROFILES/derived.csv and the measured PROFILES/MODEL/reference.csv, writes
// PROFILES/MODEL/DEVICE.csv for each line, and gives the files written.
std::vector<std::filesystem::path> derive_profiles(const std::filesystem::path& profiles_dir);

}  // namespace twinfer
