// One question, fully resolved: everything that a plan, a simulation or a live
// run depends on, as values.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/cost_model.h"
#include "core/exit_settings.h"
#include "core/exit_trace.h"
#include "core/latency_profile.h"
#include "core/layer_graph.h"
#include "core/platform.h"
#include "core/units.h"

namespace twinfer {

enum class ArrivalProcess { kPeriodic, kPoisson, kClosed };
enum class CostDraw { kMedian, kSampled };

struct Arrivals {
  ArrivalProcess process = ArrivalProcess::kClosed;
  double rate_hz = 0;               // of periodic and Poisson arrivals; 0 where `load` says it
  std::optional<double> load = {};  // share of what the plan sustains, 1 / its bottleneck
};

// What a live run takes from profiles and platform in place of the real thing.
enum class Emulation {
  kNothing,
  kCompute,  // computing is padded to the profiles; messages cross the real network
  kAll       // and connections are held for what the platform's links would take
};

struct LiveSettings {
  Emulation emulate = Emulation::kNothing;
  double dilation = 1;  // every cost, link and arrival slowed by this factor
  Seconds timeout{30};  // real time without any progress after which a run gives up
};

// When a policy decides again during a run, and what deciding takes.
struct Replan {
  double on_bandwidth_change = 0;  // of a link, relative to the last decision
  Seconds planning{0.005};         // results/planners.md
};

// A layer that must, or must not, stand on a device.
struct PlacementConstraint {
  LayerId layer = 0;
  DeviceId device = 0;
  bool must = true;

  friend bool operator==(const PlacementConstraint&, const PlacementConstraint&) = default;
};

// Beyond which `twinfer validate` fails (docs/validation.md). Nothing: not gated.
struct Gates {
  std::optional<double> mean_error = {}, p50_error = {}, p90_error = {}, p95_error = {}, p99_error = {};  // relative
  std::optional<double> throughput_error = {};                                                            // relative
  std::optional<double> attainment_error = {};  // of the share of requests within the deadline
  std::optional<double> component_error = {};   // of any component's mean, relative to the mean latency
  std::optional<double> tau = {};               // least agreement of the rankings of the policies
  std::optional<double> regret = {};            // relative
  std::optional<double> noise = {};             // of the median errors of P50 and P95, in median noise floors
  std::optional<double> share = {};             // of a grid's pairs that keep each limit; nothing: all
};

inline constexpr std::array<std::pair<const char*, std::optional<double> Gates::*>, 12> kGates{{
    {"mean_error", &Gates::mean_error},
    {"p50_error", &Gates::p50_error},
    {"p90_error", &Gates::p90_error},
    {"p95_error", &Gates::p95_error},
    {"p99_error", &Gates::p99_error},
    {"throughput_error", &Gates::throughput_error},
    {"attainment_error", &Gates::attainment_error},
    {"component_error", &Gates::component_error},
    {"tau", &Gates::tau},
    {"regret", &Gates::regret},
    {"noise", &Gates::noise},
    {"share", &Gates::share},
}};

struct Scenario {
  std::string file;
  std::string name;
  std::string model;
  std::string input_key;  // file name of graph and profiles: the model, or "MODEL-SHAPE" where `input` is given
  std::filesystem::path models_dir;  // holds graphs/, profiles/, exits/, weights/, data/
  LayerGraph graph;
  Platform platform;
  std::filesystem::path data_dir = {};  // images that live runs take; looked at by those only; empty: not given
  std::vector<std::optional<LatencyProfile>> profiles = {};  // by device; those of source, target and chain
  std::optional<ExitTrace> trace = {};                       // where the model has a recorded one

  DeviceId source = 0;                     // where requests arise and results return
  DeviceId target = 0;                     // the other side of two-way splits
  std::vector<DeviceId> chain = {};        // devices of chain policies, in order
  std::vector<std::string> policies = {};  // "local", "split:3", ...
  std::uint64_t replicas = 1;              // of a stage at most, for policies that replicate
  std::vector<PlacementConstraint> constraints = {};
  ExitSettings exits = {};
  Arrivals arrivals = {};
  std::uint64_t requests = 0;   // at least 1
  std::uint64_t pd_num = 0;     // requests in flight at most; 0: no limit (at least 1 if closed)
  std::string scheduling = {};  // "fifo"
  std::optional<Seconds> deadline = {};
  std::optional<double> min_accuracy = {};  // share of right answers that `joint` keeps
  std::uint64_t seed = 1;
  unsigned threads = 1;            // per executor; profiles must have been taken at it
  std::uint64_t weights_seed = 1;  // of models without trained weights
  CostDraw costs = CostDraw::kMedian;
  std::uint64_t draw = 0;             // which draw of sampled costs; of no file: who simulates many says it
  std::string network_model = {};     // SimGrid's name: "CM02"
  std::optional<Replan> replan = {};  // nothing: one plan for all of the run
  LiveSettings live = {};
  Gates gates = {};
};

// What a run of the plan asks its exits: what the policy chose, or else the scenario's.
inline const ExitSettings& exits_of(const Scenario& scenario, const Plan& plan) {
  return plan.exits ? *plan.exits : scenario.exits;
}

// Reads the platform that a scenario names: sim/ gives SimGrid's parser,
// a resolved scenario carries its own. Throws InputError.
using PlatformReader = std::function<Platform(const std::filesystem::path& file)>;

// Reads and checks every field (docs/formats.md). A relative path is looked up
// beside the scenario, then in each parent folder, then in the source tree.
// Throws InputError with file, field, value and what is allowed.
// Where `platform` is a map instead of a file name, the scenario is a resolved
// one and `read_platform` is not called.
Scenario load_scenario(const std::filesystem::path& file, const PlatformReader& read_platform);

// A field of a scenario that is to have another value.
struct FieldChange {
  std::string path;   // names joined by dots: "arrivals.rate_hz"
  std::string value;  // YAML: "12", "[pi, cloud]", "{rule: none}"

  friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

// Loads many scenarios and reads each file that they name once: of a thousand runs
// only the fields differ.
class ScenarioLoader {
 public:
  explicit ScenarioLoader(PlatformReader read_platform);
  ~ScenarioLoader();
  ScenarioLoader(const ScenarioLoader&) = delete;
  ScenarioLoader& operator=(const ScenarioLoader&) = delete;

  // load_scenario of the file with `changes` made to it, in their order. A field
  // that the file lacks is added; a wrong one is told as if it stood in the file.
  Scenario load(const std::filesystem::path& file, const std::vector<FieldChange>& changes = {});

  // SHA-256 of all that the scenario's results follow from: its fields and the content
  // of platform, graph, profiles and trace, wherever these files lie.
  // REQUIRES: loaded here.
  std::string fingerprint(const Scenario& scenario);

 private:
  std::unique_ptr<class ScenarioFiles> files_;
};

// The scenario as text, with its platform inline and paths absolute, so that the
// side without SimGrid loads the same value. Doubles survive exactly.
std::string resolved_text(const Scenario& scenario);

// Writes that text. Throws InputError if the file cannot be written.
void save_resolved_scenario(const Scenario& scenario, const std::filesystem::path& file);

std::string to_string(ArrivalProcess process);
std::string to_string(CostDraw draw);
std::string to_string(Emulation emulation);  // as `live.emulate` has it

}  // namespace twinfer
