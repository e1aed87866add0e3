#include "live/fleet.h"

#include "core/error.h"
#include "live/fleet_members.h"
#include "live/handshake.h"
#include "live/run_to_end.h"

namespace twinfer {
namespace {

constexpr std::string_view kGreeting = "listening on ";

std::unique_ptr<ChildProcess> start_worker(const FleetOptions& options) {
  std::vector<std::string> arguments{"worker", "--listen", "127.0.0.1:0"};
  if (!options.models_dir.empty()) arguments.insert(arguments.end(), {"--models", options.models_dir.string()});
  return std::make_unique<ChildProcess>(options.program, arguments);
}

Endpoint started_endpoint(ChildProcess& child, const FleetOptions& options) {
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(to_duration(options.patience));
  const std::string line = child.first_line(patience);
  if (!line.starts_with(kGreeting)) throw InputError(options.program.string(), "", line, "is no worker's greeting");
  return parse_endpoint(line.substr(kGreeting.size()), options.program.string(), "worker");
}

void check_endpoint(const Platform& platform, const Device& device) {
  if (device.endpoint.empty())
    throw InputError(platform.file, "endpoint", "",
                     device.name + " has none: live runs need `spawn` or HOST:PORT for every device of a plan");
}

std::shared_ptr<Connection> control_connection(asio::io_context& io, const Endpoint& endpoint, Seconds patience) {
  try {
    return run_to_end(io, dial_worker(endpoint, wire::Hello{}, to_duration(patience)));
  } catch (const ConnectionError& error) {
    throw InputError("", "", "", error.what());
  }
}

}  // namespace

Fleet::Fleet(const Platform& platform, const std::vector<DeviceId>& devices, const FleetOptions& options)
    : members_(std::make_unique<Members>()) {
  // All start before any is waited for: LibTorch takes its time to load.
  for (const DeviceId id : devices) {
    const Device& device = platform.devices.at(id);
    check_endpoint(platform, device);
    FleetMember& member = members_->by_device[id];
    member.device = device.name;
    if (device.endpoint == "spawn" && !member.child)
      member.child = start_worker(options);
    else if (!member.child)
      member.endpoint = parse_endpoint(device.endpoint, platform.file, "endpoint");
  }
  for (auto& [id, member] : members_->by_device) {
    if (member.child) member.endpoint = started_endpoint(*member.child, options);
    member.control = control_connection(members_->io, member.endpoint, options.patience);
  }
}

Fleet::~Fleet() = default;

}  // namespace twinfer
