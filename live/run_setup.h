// Everything between a plan and its first request: stages on workers,
// connections between them, and a first request to warm them up.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/workload.h"
#include "live/deployment.h"
#include "live/fleet_members.h"
#include "live/message_sender.h"

namespace twinfer {

// The coordinator's connections of one run, one for each turn.
struct RunConnections {
  std::vector<std::shared_ptr<Connection>> data;                  // into stage 0
  std::vector<std::vector<std::shared_ptr<Connection>>> results;  // from each stage
};

// A plan in place: requests that set out by it go this way.
struct RunPath {
  LivePlan live;
  std::uint64_t deployment = 0;
  RunConnections connections;
};

struct PadTotals {
  std::uint64_t pads = 0;
  std::uint64_t late = 0;
};

std::uint64_t new_deployment();

// Beside the other deployments of `run`. One stage after another, so that each is measured
// undisturbed. Throws ConnectionError with a worker's reason, InputError as check_dilation does.
Task<void> deploy_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment, std::uint64_t run);

// Throws ConnectionError.
Task<RunConnections> connect_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment);

// Gives every sender of the deployment the shapes of `then`, on connections of its own.
// Throws ConnectionError.
Task<void> reshape_all(Fleet::Members& fleet, const LivePlan& then, std::uint64_t deployment);

// Sends that many bytes to a worker, a piece at a time, and returns when it has them all.
// `control` is used by nobody else. Throws ConnectionError.
Task<void> send_parameters(Connection& control, Bytes bytes);

// Frees the workers and adds up what they counted. Throws ConnectionError.
Task<void> undeploy_all(Fleet::Members& fleet, const LivePlan& live, std::uint64_t deployment, PadTotals& totals);

// A request on its way to stage 0.
Outgoing request_message(const LivePlan& live, const Request& request, const WireTensor& input);

// Sends one request through every layer, unpadded, where `id` has its turn, and
// awaits its result, which carries the logits. REQUIRES: no other request is open.
// Throws ConnectionError.
Task<wire::Result> send_probe(const LivePlan& live, const RunConnections& connections, std::uint64_t id,
                              const WireTensor& input);

}  // namespace twinfer
