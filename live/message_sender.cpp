#include "live/message_sender.h"

#include <utility>

namespace twinfer {

void stamp_times(Outgoing& message, SteadyTime start, SteadyTime encoded) {
  if (message.header.has_result()) return message.header.mutable_result()->set_start_ns(to_ns(start));

  wire::Request& request = *message.header.mutable_request();
  request.clear_tensors();
  std::uint64_t bytes = 0;
  for (const WireTensor& tensor : message.tensors) {
    wire::Tensor& described = *request.add_tensors();
    described.set_layer(tensor.layer);
    described.mutable_shape()->Assign(tensor.shape.begin(), tensor.shape.end());
    bytes += tensor.bytes.size();
  }
  wire::StageTimes& times = *request.add_stages();
  times.set_stage(static_cast<std::uint32_t>(request.stages_size() - 1));
  times.set_ready_ns(to_ns(message.ready));
  times.set_hop_start_ns(to_ns(start));
  times.set_encoded_ns(to_ns(encoded));
  times.set_tensor_bytes(bytes);
}

MessageSender::MessageSender(asio::io_context& io, OutgoingQueue& queue, PadCounts& pads, wire::SendShape shape,
                             std::chrono::nanoseconds patience)
    : queue_(queue),
      pads_(pads),
      shape_(std::move(shape)),
      patience_(patience),
      item_(AsyncSignal::make(io)),
      late_timer_(io) {
  queue_.on_item([item = item_] { item->raise(); });
}

SendLane::SendLane(asio::io_context& io, std::size_t capacity, PadCounts& pads, wire::SendShape shape,
                   std::chrono::nanoseconds patience)
    : queue(capacity), sender(io, queue, pads, std::move(shape), patience) {}

Task<std::optional<Outgoing>> MessageSender::next() {
  for (;;) {
    std::optional<Outgoing> message = queue_.try_pop();
    if (message || queue_.closed()) co_return message;
    co_await item_->wait();
  }
}

Task<void> MessageSender::run(std::shared_ptr<Connection> connection) {
  for (;;) {
    unsent_ = co_await next();
    if (!unsent_) co_return;
    co_await send(*connection, *unsent_);
    unsent_.reset();
  }
}

Task<void> MessageSender::send(Connection& connection, Outgoing& message) {
  if (!message.shaped) return send_plainly(connection, message);
  return shape_.held() ? send_held(connection, message) : send_late(connection, message);
}

Task<void> MessageSender::send_plainly(Connection& connection, Outgoing& message) {
  const SteadyTime now = steady_now();
  stamp_times(message, now, now);  // encoding is free: tensors leave from where they are
  co_await connection.send(message.header, message.tensors, patience_);
}

// What waits for the wire is prepared, but not taken up.
Task<void> MessageSender::send_held(Connection& connection, Outgoing& message) {
  const Seconds encode(shape_.encode_s());
  const Seconds preparing = encode + Seconds(shape_.overhead_s());
  const Seconds transmit(shape_.transmit_s());
  const Seconds latency(shape_.latency_s());
  const SteadyTime prepared = preparing_.book(preparing_.begin(message.ready), preparing);
  const SteadyTime on_wire = wire_.begin(prepared);
  const SteadyTime end = wire_.book(on_wire, transmit) + to_duration(latency);
  const SteadyTime start = on_wire - to_duration(preparing);
  stamp_times(message, start, start + to_duration(encode));
  co_await connection.send(message.header, message.tensors, patience_, end);
  Pacer::count(pads_, preparing + transmit + latency, end, steady_now());
}

// Latency before a message and latency behind it are one to whoever receives it: the
// bytes of a message that waited for the one before it arrive right behind that one.
Task<void> MessageSender::send_late(Connection& connection, Outgoing& message) {
  const Seconds encode(shape_.encode_s());
  const SteadyTime start = preparing_.begin(message.ready);
  const SteadyTime prepared = preparing_.book(start, encode + Seconds(shape_.overhead_s()));
  const SteadyTime leaves = prepared + to_duration(Seconds(shape_.latency_s()));
  if (leaves > message.ready) co_await wait_precisely(late_timer_, leaves);
  stamp_times(message, start, start + to_duration(encode));
  co_await connection.send(message.header, message.tensors, patience_);
}

}  // namespace twinfer
