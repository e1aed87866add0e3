#include "live/live_rows.h"

namespace twinfer {
namespace {

DeviceId device_of(const RowContext& context, std::uint64_t request, int stage) {
  return serving(context.plan.stages[static_cast<std::size_t>(stage)].devices, request);
}

double scaled_s(const RowContext& context, std::int64_t ns) {
  return static_cast<double>(ns) * 1e-9 / context.dilation;
}

double since_start_s(const RowContext& context, std::int64_t ns) {
  return scaled_s(context, ns - to_ns(context.origin));
}

std::int64_t aligned_ns(const RowContext& context, std::uint64_t request, int stage, std::int64_t worker_ns) {
  return context.clocks.at(device_of(context, request, stage)).to_coordinator(worker_ns);
}

DeviceId sender_of(const RowContext& context, std::uint64_t request, int stage) {
  return stage == 0 ? context.scenario.source : device_of(context, request, stage - 1);
}

// A sender is done with a message when the kernel has it, but its bytes get on the wire
// only when the last byte of the one before has left, a latency before it came. So long
// the message waited for its connection.
void wait_behind(const RowContext& context, std::uint64_t request, int stage, std::int64_t before_ns,
                 wire::StageTimes& times) {
  const DeviceId from = sender_of(context, request, stage);
  const Seconds ahead =
      context.cost.latency(from, device_of(context, request, stage)) + context.cost.message_overhead(from);
  const std::int64_t encode_ns = times.encoded_ns() - times.hop_start_ns();
  const std::int64_t free_ns = before_ns - to_duration(context.dilation * ahead).count() - encode_ns;
  if (free_ns <= times.hop_start_ns()) return;
  times.set_hop_start_ns(free_ns);
  times.set_encoded_ns(free_ns + encode_ns);
}

// One stage of a request on one clock, the coordinator's: only then do the parts
// add up, since a drift that is taken out stretches what a worker measured.
wire::StageTimes aligned(const RowContext& context, std::uint64_t request, int stage, const wire::StageTimes& times) {
  const auto sender = [&](std::int64_t ns) {
    return stage == 0 ? ns : aligned_ns(context, request, stage - 1, ns);  // the coordinator itself sends into stage 0
  };
  const auto receiver = [&](std::int64_t ns) { return aligned_ns(context, request, stage, ns); };
  wire::StageTimes on_one_clock = times;
  on_one_clock.set_ready_ns(sender(times.ready_ns()));
  on_one_clock.set_hop_start_ns(sender(times.hop_start_ns()));
  on_one_clock.set_encoded_ns(sender(times.encoded_ns()));
  on_one_clock.set_received_ns(receiver(times.received_ns()));
  on_one_clock.set_start_ns(receiver(times.start_ns()));
  on_one_clock.set_decoded_ns(receiver(times.decoded_ns()));
  on_one_clock.set_end_ns(receiver(times.end_ns()));
  if (times.behind_ns() != 0) wait_behind(context, request, stage, receiver(times.behind_ns()), on_one_clock);
  return on_one_clock;
}

bool between_devices(const RowContext& context, std::uint64_t request, int stage) {
  return sender_of(context, request, stage) != device_of(context, request, stage);
}

double bytes_sent(const RowContext& context, const wire::Result& result) {
  double bytes = 0;
  for (int stage = 0; stage < result.stages_size(); ++stage)
    if (between_devices(context, result.id(), stage)) bytes += static_cast<double>(result.stages(stage).tensor_bytes());
  if (device_of(context, result.id(), result.stages_size() - 1) != context.scenario.source) bytes += kResultBytes.si();
  return bytes;
}

Status status_of(const RowContext& context, const wire::Result& result, double latency_s) {
  const std::optional<Seconds>& deadline = context.scenario.deadline;
  if (deadline && latency_s > deadline->si()) return Status::kMissed;
  return result.exit() < context.scenario.graph.exit_heads().size() ? Status::kExited : Status::kOk;
}

void fill_from_result(const RowContext& context, const EndedRequest& ended, ResultRow& row) {
  const wire::Result& result = *ended.result;
  const int last = result.stages_size() - 1;
  row.status = status_of(context, result, row.latency_s);
  row.exit = result.exit();
  row.predicted = result.predicted();
  if (context.scenario.trace)
    row.correct = result.predicted() == context.scenario.trace->samples.at(ended.request.sample).true_class;
  row.bytes_sent = bytes_sent(context, result);
  const std::int64_t computed_ns = aligned_ns(context, result.id(), last, result.stages(last).end_ns());
  const std::int64_t taken_up_ns = aligned_ns(context, result.id(), last, result.start_ns());
  row.result_wait_s = scaled_s(context, taken_up_ns - computed_ns);
  row.result_return_s = scaled_s(context, to_ns(ended.ended) - taken_up_ns);
}

}  // namespace

ResultRow make_result_row(const RowContext& context, const EndedRequest& ended) {
  ResultRow row;
  row.request = ended.request.id;
  row.sample = ended.request.sample;
  row.arrival_s = since_start_s(context, to_ns(ended.arrival));
  row.admission_s = scaled_s(context, to_ns(ended.admitted) - to_ns(ended.arrival));
  row.latency_s = scaled_s(context, to_ns(ended.ended) - to_ns(ended.arrival));
  row.error = ended.error;
  if (ended.error.empty()) fill_from_result(context, ended, row);
  return row;
}

std::vector<StageRow> make_stage_rows(const RowContext& context, const EndedRequest& ended) {
  std::vector<StageRow> rows;
  if (!ended.error.empty()) return rows;
  const wire::Result& result = *ended.result;
  for (int stage = 0; stage < result.stages_size(); ++stage) {
    const wire::StageTimes times = aligned(context, result.id(), stage, result.stages(stage));
    StageRow row;
    row.request = ended.request.id;
    row.stage = static_cast<std::uint64_t>(stage);
    row.device = context.scenario.platform.devices[device_of(context, result.id(), stage)].name;
    row.hop_start_s = since_start_s(context, times.hop_start_ns());
    row.hop_wait_s = scaled_s(context, times.hop_start_ns() - times.ready_ns());
    row.encode_s = scaled_s(context, times.encoded_ns() - times.hop_start_ns());
    row.transfer_s = scaled_s(context, times.received_ns() - times.encoded_ns());
    row.queue_s = scaled_s(context, times.start_ns() - times.received_ns());
    row.compute_start_s = since_start_s(context, times.start_ns());
    row.decode_s = scaled_s(context, times.decoded_ns() - times.start_ns());
    row.compute_s = scaled_s(context, times.end_ns() - times.decoded_ns());
    row.hop_bytes = static_cast<double>(times.tensor_bytes());
    rows.push_back(row);
  }
  return rows;
}

}  // namespace twinfer
