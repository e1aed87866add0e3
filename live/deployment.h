// A plan as the messages that put it on workers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/cost_model.h"
#include "core/plan.h"
#include "core/scenario.h"
#include "live/wire.pb.h"

namespace twinfer {

// Everything that messages about one run are made from. Borrows all of it.
struct LivePlan {
  const Scenario& scenario;
  const Plan& plan;
  const CostModel& cost;
};

// Trained weights, where the model has some, or an imported network whole.
struct WeightsFile {
  std::filesystem::path path;
  std::string sha256;
  std::uint64_t bytes = 0;
  bool imported = false;
};

// The module of an imported network; else the file of models_dir/weights whose
// name without extension is `model`; the first by name if there are several.
std::optional<WeightsFile> find_weights_file(const std::filesystem::path& models_dir, const std::string& model);

// By how much the run's time is slower than the scenario's; 1 unless everything is emulated.
double dilation_of(const Scenario& scenario);

// A position in the plan, and one of its stage's devices.
struct StageReplica {
  std::size_t stage = 0;
  std::size_t replica = 0;
};
DeviceId device_of(const LivePlan& live, const StageReplica& at);

// All of a plan's, by stage.
std::vector<StageReplica> replicas_of(const Plan& plan);

// What the sender of a connection into `stage` adds to the real transport, dilated.
wire::SendShape hop_shape(const LivePlan& live, std::size_t stage, const Way& way);

// Undilated time of the whole stage, decoding and every active head included.
Seconds whole_stage_cost(const LivePlan& live, const StageReplica& at);

// Lateness of a pad, in real time, that is not worth counting.
Seconds forgiven_lateness(const LivePlan& live);

// The message that deploys one replica of a stage; `endpoint_of` says where others run.
wire::Deploy make_deploy(const LivePlan& live, const StageReplica& at, std::uint64_t deployment,
                         const std::optional<WeightsFile>& weights,
                         const std::function<std::string(DeviceId)>& endpoint_of);

// What that replica's senders add under the conditions of `live`, for one that is deployed.
wire::Reshape make_reshape(const LivePlan& live, const StageReplica& at, std::uint64_t deployment);

// Share of its emulated time that a stage's real computing may take: the rest
// is room for a busy machine.
inline constexpr double kLargestRealShare = 0.8;

// Throws InputError, with the dilation that would do, if a stage's real time on a
// worker leaves too little to pad. `measured` is by replicas_of().
void check_dilation(const LivePlan& live, const std::vector<Seconds>& measured);

}  // namespace twinfer
