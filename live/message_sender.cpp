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

MessageSender::MessageSender(asio::io_context& io, OutgoingQueue& queue, PadCounts& pads,
                             std::optional<wire::SendCost> cost, std::chrono::nanoseconds patience)
    : queue_(queue), pads_(pads), cost_(std::move(cost)), patience_(patience), item_(AsyncSignal::make(io)) {
  queue_.on_item([item = item_] { item->raise(); });
}

SendLane::SendLane(asio::io_context& io, std::size_t capacity, PadCounts& pads, std::optional<wire::SendCost> cost,
                   std::chrono::nanoseconds patience)
    : queue(capacity), sender(io, queue, pads, std::move(cost), patience) {}

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
  if (!message.padded || !cost_) {
    const SteadyTime now = steady_now();
    stamp_times(message, now, now);  // encoding is free: tensors leave from where they are
    co_await connection.send(message.header, message.tensors, patience_);
    co_return;
  }
  const Seconds encode(cost_->encode_s());
  const Seconds cost = encode + Seconds(cost_->rest_s());
  const SteadyTime begin = pacer_.begin(message.ready);
  const SteadyTime end = pacer_.book(begin, cost);
  stamp_times(message, begin, begin + to_duration(encode));
  co_await connection.send(message.header, message.tensors, patience_, end);
  Pacer::count(pads_, cost, end, steady_now());
}

}  // namespace twinfer
