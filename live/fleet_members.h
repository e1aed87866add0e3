// What a fleet holds, for those who run something on it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/platform.h"
#include "live/child_process.h"
#include "live/connection.h"
#include "live/fleet.h"

namespace twinfer {

struct FleetMember {
  std::string device;
  std::unique_ptr<ChildProcess> child;  // of a spawned worker
  Endpoint endpoint;
  std::shared_ptr<Connection> control;
};

struct Fleet::Members {
  asio::io_context io{1};
  std::map<DeviceId, FleetMember> by_device;
};

}  // namespace twinfer
