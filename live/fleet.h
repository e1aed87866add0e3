// The workers of a run, one for each device that a plan may use.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "core/platform.h"

namespace twinfer {

struct FleetOptions {
  std::filesystem::path program;     // started as `program worker ...` for endpoints marked `spawn`
  std::filesystem::path models_dir;  // handed to started workers
  Seconds patience{20};              // for a worker to start and to answer
};

// Starts or finds the workers and holds a connection to each. Several runs may
// follow each other on one fleet. Started workers end with it.
class Fleet {
 public:
  // Throws InputError: a device without an endpoint, a worker that does not
  // start, cannot be reached, or speaks something else.
  Fleet(const Platform& platform, const std::vector<DeviceId>& devices, const FleetOptions& options);
  ~Fleet();

  struct Members;  // fleet_members.h
  [[nodiscard]] Members& members() { return *members_; }

 private:
  std::unique_ptr<Members> members_;
};

}  // namespace twinfer
