// SimGrid, set up in one place: models, precision, silence, and a platform file
// whose errors leave as InputError.
//
// CM02 (Casanova and Marchal, RR-LIP 2002-40) without cross traffic and without
// TCP's window makes an idle transfer last exactly latency + bytes / bandwidth.
// LV08 (Velho and Legrand, SIMUTools 2009) keeps SimGrid's calibration: latency
// times 13.01, bandwidth times 0.97, acknowledgements that load the way back.
//
// To SimGrid itself links have no latency: whoever transfers adds it behind, so that
// it does not keep the next transfer of a connection from starting. Flows that meet
// on a link share it equally.
#pragma once

#include <filesystem>
#include <optional>
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

  // Gives every link the bandwidth that `platform` has for it, which a scenario may
  // have stated anew, and no latency. Throws InputError if the file has no such link.
  void restate_links(const Platform& platform);

  // Makes computing slower where several cores of a machine compute (Device::slowdown). Times of
  // executors are those of one alone, on `threads` cores. Throws InputError as restate_links.
  void state_contention(const Platform& platform, unsigned threads);

  // What the network model makes of a route's stated latency.
  [[nodiscard]] Seconds latency_of(Seconds stated) const;
  // What it lets one flow have at most on such a route, TCP's window per round trip;
  // nothing: all of it. Bytes per second.
  [[nodiscard]] std::optional<double> window_rate(Seconds stated) const;

  // Throws InputError if the platform file has no such host.
  [[nodiscard]] simgrid::s4u::Host* host(const std::string& name) const;

 private:
  simgrid::s4u::Engine engine_;
  std::string platform_file_;
  bool lv08_;
};

}  // namespace twinfer
