#include "sim/sim_engine.h"

#include <algorithm>
#include <sstream>

#include <simgrid/Exception.hpp>
#include <xbt/log.h>

#include "core/error.h"

namespace twinfer {
namespace {

namespace s4u = simgrid::s4u;

// LV08's: SimGrid 3.32 keeps them to itself.
constexpr double kLatencyFactor = 13.01;
constexpr double kTcpWindow = 4194304;  // bytes

// Before there is an engine: it makes its contexts at once. Returns its name.
std::string prepare_contexts() {
#ifdef __SANITIZE_ADDRESS__
  // To AddressSanitizer, SimGrid's own stacks are overflows of the heap.
  s4u::Engine::set_config("contexts/factory", std::string("thread"));
#endif
  return "twinfer";
}

void set_network_model(const std::string& model, const std::string& scenario_file) {
  if (model != "CM02" && model != "LV08") throw InputError(scenario_file, "network_model", model, "CM02 or LV08");
  s4u::Engine::set_config("network/model", model);
  if (model == "LV08") return;
  s4u::Engine::set_config("network/crosstraffic", false);
  s4u::Engine::set_config("network/TCP-gamma", 0.0);
}

void set_timing_precision(Seconds precision) {
  std::ostringstream value;  // std::to_string would round it to zero
  value << precision.si();
  s4u::Engine::set_config("surf/precision:" + value.str());
}

// "Parse error at FILE:LINE: text" -> "line LINE: text". Of several lines only the
// first, unless it announces the others.
std::string without_file(const std::string& message, const std::string& file) {
  const std::string first = message.substr(0, message.find('\n'));
  const std::string& line = first.ends_with(':') ? message : first;
  const auto at = line.find(file + ":");
  return at == std::string::npos ? line : "line " + line.substr(at + file.size() + 1);
}

}  // namespace

SimEngine::SimEngine(const EngineSettings& settings)
    : engine_(prepare_contexts()), platform_file_(settings.platform.string()), lv08_(settings.network_model == "LV08") {
  xbt_log_control_set("root.thresh:critical");
  set_network_model(settings.network_model, settings.scenario_file);
  set_timing_precision(settings.timing_precision);
  s4u::Engine::set_config("contexts/stack-size", 64);  // KiB; thousands of shallow actors
  try {
    engine_.load_platform(platform_file_);
    engine_.seal_platform();
  } catch (const simgrid::Exception& error) {
    throw InputError(platform_file_, "", "", without_file(error.what(), platform_file_));
  } catch (const std::invalid_argument& error) {
    throw InputError(platform_file_, "", "", without_file(error.what(), platform_file_));
  }
}

void SimEngine::restate_links(const Platform& platform) {
  for (const Link& stated : platform.links) {
    s4u::Link* const link = engine_.link_by_name_or_null(stated.name);
    if (link == nullptr) throw InputError(platform_file_, "link", stated.name, "is not in this platform file");
    if (link->get_bandwidth() != stated.bandwidth.si()) link->set_bandwidth(stated.bandwidth.si());
  }
  for (s4u::Link* const link : engine_.get_all_links()) link->set_latency(0);
}

void SimEngine::state_contention(const Platform& platform, unsigned threads) {
  for (DeviceId id = 0; id < platform.devices.size(); ++id) {
    const Device& machine = platform.devices[id];
    if (machine.contention == 1 || platform.machine_of(id) != id) continue;
    // `whole`: of all cores together.
    host(machine.name)
        ->set_sharing_policy(s4u::Host::SharingPolicy::NONLINEAR, [machine, threads](double whole, int executors) {
          const double cores = machine.cores;
          const double alone = std::min<double>(threads, cores);
          const double busy = std::clamp<double>(static_cast<double>(executors) * threads, alone, cores);
          return whole * busy / cores * machine.slowdown(alone) / machine.slowdown(busy);
        });
  }
}

Seconds SimEngine::latency_of(Seconds stated) const { return lv08_ ? kLatencyFactor * stated : stated; }

std::optional<double> SimEngine::window_rate(Seconds stated) const {
  if (!lv08_ || stated <= Seconds(0)) return std::nullopt;
  return kTcpWindow / (2 * latency_of(stated).si());
}

s4u::Host* SimEngine::host(const std::string& name) const {
  s4u::Host* const host = engine_.host_by_name_or_null(name);
  if (host == nullptr) throw InputError(platform_file_, "host", name, "is not in this platform file");
  return host;
}

}  // namespace twinfer
