// The only place where work becomes time. Policies, the simulator, the emulated
// live system and the reports read costs from here, so that a calibration error
// is one bug and not four.
//
// Ignores: queueing and contention. Those are what the back ends are for.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/cut.h"
#include "core/latency_profile.h"
#include "core/layer_graph.h"
#include "core/plan.h"
#include "core/platform.h"
#include "core/stage_work.h"

namespace twinfer {

// Size of a result message: class, confidence, exit and stage times.
inline constexpr Bytes kResultBytes{256};

// What a message costs before it is a tensor at the other end, part by part.
// The sender encodes and pays the message overhead; then the message's bytes hold the
// connection's wire while the sender prepares the next; latency follows and holds
// nothing, so that messages on a long way travel behind one another; decoding holds
// the receiving executor.
struct HopCost {
  Seconds encode;
  Seconds overhead;
  Seconds transmit;  // bytes / bandwidth; zero within a device whose loopback is not stated
  Seconds latency;   // of the links; the same
  Seconds hand_off;  // between the receiver's threads: median
  Seconds decode;
  [[nodiscard]] Seconds preparing() const { return encode + overhead; }
  // Behind the wire, holding nothing.
  [[nodiscard]] Seconds lag() const { return latency + hand_off; }
  [[nodiscard]] Seconds wire() const { return transmit + lag(); }
  [[nodiscard]] Seconds sending() const { return preparing() + wire(); }
  // Between two messages of a busy connection.
  [[nodiscard]] Seconds holding() const { return std::max(preparing(), transmit); }
};

// Contention-free cost of layers and messages. Borrows its arguments, which must
// outlive it. Immutable once built, hence safe to share between threads.
class CostModel {
 public:
  // `profiles[d]` belongs to device d; a device without one takes no part.
  // Throws InputError naming the profile's file, and the layer or key that does
  // not fit, if a profile lacks a layer or head of `graph`, states other output
  // bytes, or was taken for another model or input shape.
  CostModel(const LayerGraph& graph, const Platform& platform,
            const std::vector<std::optional<LatencyProfile>>& profiles);
  // All three are borrowed; a temporary would be gone with the statement.
  CostModel(const LayerGraph& graph, const Platform& platform,
            std::vector<std::optional<LatencyProfile>>&& profiles) = delete;

  // Median time for `device` to run one layer or head, batch 1, weights resident.
  // REQUIRES: the device has a profile.
  [[nodiscard]] Seconds compute(LayerId layer, DeviceId device) const;
  [[nodiscard]] Seconds head(ExitId head, DeviceId device) const;

  // Median time for layers first..last, both included, no heads. O(1).
  [[nodiscard]] Seconds compute(LayerId first, LayerId last, DeviceId device) const;

  // Median time for what a request runs of a stage, and the distribution of it: at a kept quantile every layer and head
  // is at the same one of its own.
  [[nodiscard]] Seconds compute(const StageWork& work, DeviceId device) const;
  [[nodiscard]] LatencyDistribution computing(const StageWork& work, DeviceId device) const;

  // The tensors of `cut` from one device to another. On one device only the
  // codec and the message overhead remain. REQUIRES: a route, and profiles.
  [[nodiscard]] HopCost hop(const Cut& cut, DeviceId from, DeviceId to) const;

  // The result's way back to the source: kResultBytes, no codec.
  [[nodiscard]] HopCost result_return(DeviceId from, DeviceId source) const;

  // The same for what takes turns, on average over all turns.
  [[nodiscard]] Seconds compute(const StageWork& work, const std::vector<DeviceId>& devices) const;
  [[nodiscard]] HopCost hop(const Cut& cut, const std::vector<Way>& ways) const;
  [[nodiscard]] HopCost result_return(const std::vector<Way>& ways) const;

  // Of an idle route: payload / bottleneck bandwidth, and the sum of its links' latencies.
  // Zero within a device whose loopback the platform does not state.
  [[nodiscard]] Seconds transmit(Bytes payload, DeviceId from, DeviceId to) const;
  [[nodiscard]] Seconds latency(DeviceId from, DeviceId to) const;
  // REQUIRES: the device has a profile.
  [[nodiscard]] Seconds message_overhead(DeviceId from) const { return tables_.at(from).message_overhead; }

  // Of messages to its executor, and of results to it. REQUIRES: the device has a profile.
  [[nodiscard]] const LatencyDistribution& hand_off(DeviceId to) const { return tables_.at(to).hand_off; }
  [[nodiscard]] const LatencyDistribution& result_hand_off(DeviceId source) const {
    return tables_.at(source).result_hand_off;
  }

  // Cores that an operator of its profile may use. REQUIRES: the device has a profile.
  [[nodiscard]] unsigned threads(DeviceId device) const { return tables_.at(device).threads; }

  [[nodiscard]] const LayerGraph& graph() const { return *graph_; }
  [[nodiscard]] const Platform& platform() const { return *platform_; }
  [[nodiscard]] bool has_profile(DeviceId device) const { return !tables_.at(device).before.empty(); }

 private:
  struct Table {
    std::vector<const LayerLatency*> layers;
    std::vector<const LatencyDistribution*> heads;
    std::vector<Seconds> before;  // before[i]: median time of layers 0..i-1
    Seconds message_overhead;
    LatencyDistribution hand_off, result_hand_off;
    unsigned threads = 1;
  };
  const LayerGraph* graph_;
  const Platform* platform_;
  std::vector<Table> tables_;  // by device
};

// The link that takes longest of every byte of a message, where messages take turns
// on `ways`: each way carries its share of them, and a link what crosses it.
struct LinkLoad {
  LinkId link = 0;
  double s_per_byte = 0;  // zero: no way crosses a link
};
LinkLoad busiest_link(const Platform& platform, const std::vector<Way>& ways);

// What a message takes of the cores of the machines at its ends (Device::message_cores), each of them once and by the
// first of its devices; nothing within a device.
std::vector<std::pair<DeviceId, Seconds>> message_core_times(const Platform& platform, const Way& way, Bytes bytes);

// Times of a plan without contention, but for the bottleneck, as every policy reports them: on average
// over the turns of its replicas.
struct PlanCost {
  std::vector<HopCost> hops;      // hops[i] leads into stage i; hops[0] comes from the source
  std::vector<Seconds> computes;  // decode + layers + active heads of stage i
  HopCost result;                 // from the last stage
  Seconds latency;                // sum of all
  // What the busiest resource is held for by an average request: a replica's computing, the cores of
  // a machine by several executors, with what these take from each other (Device::slowdown), and by
  // messages, a connection's holding, or a link under connections that take turns.
  Seconds bottleneck;
  std::string bottleneck_at;
};
PlanCost plan_cost(const CostModel& cost, const std::vector<Stage>& stages, DeviceId source,
                   const std::vector<ExitId>& active_heads);

}  // namespace twinfer
