// SimGrid, set up in one place: models, precision, silence, and a platform file
// whose errors leave as InputError.
//
// CM02 (Casanova and Marchal, RR-LIP 2002-40) without cross traffic and without
// TCP's window makes an idle transfer last exactly latency + bytes / bandwidth.
// LV08 (Velho and Legrand, SIMUTools 2009) keeps SimGrid's calibration: latency
// times 13.01, bandwidth times 0.97, acknowledgements that load the way back.
#pragma once

#include <filesystem>
#include <string>

#include <simgrid/s4u.hpp>

#include "core/platform.h"
#include "core/units.h"

namespace twinfer {

struct EngineSettings {
  std::filesystem::path platform;
  std::string network_model = "CM02";
  std::string scenario_file = {};  // to blame for an unknown network model
  // Events closer than this happen together. Must stay above the spacing of
  // doubles at the end of the simulated time, or SimGrid's clock gets stuck.
  Seconds timing_precision{1e-9};
};

// REQUIRES: the first one of its process (SimGrid keeps its Engine and clock).
class SimEngine {
 public:
  // Throws InputError on an unknown network model, and with SimGrid's message
  // and line on a platform file that it rejects with an exception. It aborts on
  // some: callers run in a child process.
  explicit SimEngine(const EngineSettings& settings);

  void run() { engine_.run(); }
  [[nodiscard]] const simgrid::s4u::Engine& engine() const { return engine_; }

  // Throws InputError if the platform file has no such host.
  // Gives every link the bandwidth and latency that `platform` has for it, which a
  // scenario may have stated anew.
  void restate_links(const Platform& platform);

  [[nodiscard]] simgrid::s4u::Host* host(const std::string& name) const;

 private:
  simgrid::s4u::Engine engine_;
  std::string platform_file_;
};

}  // namespace twinfer
