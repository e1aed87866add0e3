// One TCP connection carrying frames.
//
//   reader coroutine -> receive()   preamble, header, then straight into tensors
//   sender coroutine -> send()      one gathered write, no tensor is copied
//
// At most one of each at a time. Every wait has a deadline; one that passes
// closes the connection.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "live/asio.h"
#include "live/endpoint.h"
#include "live/frame.h"
#include "live/steady_time.h"
#include "live/wire_tensor.h"

namespace twinfer {

// A peer that is gone, silent, or not what it should be: "PEER: what happened".
struct ConnectionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// It left between two frames, as one does who is done.
struct ConnectionEnded : ConnectionError {
  using ConnectionError::ConnectionError;
};

struct Frame {
  wire::Header header;
  std::vector<WireTensor> tensors;
  SteadyTime received;  // its last byte
};

// Memory for a payload. Throws FrameError where the header announces another
// payload than the reader expects; its tensors must fill `payload_bytes`.
using PayloadAllocator =
    std::function<std::vector<WireTensor>(const wire::Header& header, std::uint64_t payload_bytes)>;

struct ReceiveRules {
  FrameLimits limits;
  PayloadAllocator allocate;                     // may be empty if no payload is allowed
  std::optional<std::chrono::nanoseconds> idle;  // until a frame begins; nothing: TCP's keep-alive alone decides
  std::chrono::nanoseconds frame{std::chrono::seconds(30)};  // until the rest of it is there
};

// Lives on one io_context's thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `peer` names the other end in every error.
  static std::shared_ptr<Connection> adopt(Tcp::socket socket, std::string peer);

  // Throws ConnectionEnded at the peer's orderly end, else ConnectionError.
  Task<Frame> receive(const ReceiveRules& rules);

  // Throws ConnectionError. With `hold_until`, the last byte leaves no earlier
  // than then, the others at once. The tensors must live until it returns.
  Task<void> send(const wire::Header& header, std::span<const WireTensor> tensors, std::chrono::nanoseconds patience,
                  std::optional<SteadyTime> hold_until = std::nullopt);

  // Ends whatever waits on this connection with a ConnectionError.
  void close();
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  Connection(Tcp::socket socket, std::string peer);

  Task<Frame> receive_frame(const ReceiveRules& rules);
  Task<std::size_t> read_first(std::span<std::byte> into);
  Task<void> read(std::span<std::byte> into);
  Task<void> write(std::vector<asio::const_buffer> buffers);
  Task<void> hold(SteadyTime until);
  void arm(asio::steady_timer& timer, std::chrono::nanoseconds patience);
  [[nodiscard]] ConnectionError lost(const boost::system::system_error& error) const;

  Tcp::socket socket_;
  std::string peer_;
  asio::steady_timer read_timer_;
  asio::steady_timer write_timer_;
  asio::steady_timer hold_timer_;
  bool late_ = false;
};

// Waits for `until` to within microseconds, letting other coroutines run.
// Ends early if the timer is cancelled.
Task<void> wait_precisely(asio::steady_timer& timer, SteadyTime until);

// Throws ConnectionError naming the endpoint.
Task<std::shared_ptr<Connection>> dial(const Endpoint& endpoint, std::chrono::nanoseconds patience);

// For readers of messages that carry no tensors.
ReceiveRules no_payload(std::optional<std::chrono::nanoseconds> idle, std::chrono::nanoseconds frame);

}  // namespace twinfer
