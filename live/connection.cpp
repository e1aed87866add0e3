#include "live/connection.h"

#include <algorithm>

#include <boost/asio/connect.hpp>
#include <netinet/tcp.h>

namespace twinfer {
namespace {

// A peer whose machine vanished is noticed after idle + interval x count seconds.
void keep_alive(Tcp::socket& socket) {
  socket.set_option(asio::socket_base::keep_alive(true));
  const int fd = socket.native_handle();
  const int idle_s = 10, interval_s = 5, count = 4;
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

// Leaves out the last byte and returns it.
std::byte take_last_byte(std::vector<asio::const_buffer>& buffers) {
  while (buffers.back().size() == 0) buffers.pop_back();
  const asio::const_buffer last = buffers.back();
  buffers.back() = asio::const_buffer(last.data(), last.size() - 1);
  return static_cast<const std::byte*>(last.data())[last.size() - 1];
}

void skip(std::vector<asio::const_buffer>& buffers, std::size_t sent) {
  std::size_t whole = 0;
  while (whole < buffers.size() && sent >= buffers[whole].size()) sent -= buffers[whole++].size();
  buffers.erase(buffers.begin(), buffers.begin() + static_cast<std::ptrdiff_t>(whole));
  if (!buffers.empty()) buffers.front() += sent;
}

std::uint64_t total_bytes(std::span<const WireTensor> tensors) {
  std::uint64_t total = 0;
  for (const WireTensor& tensor : tensors) total += tensor.bytes.size();
  return total;
}

}  // namespace

std::shared_ptr<Connection> Connection::adopt(Tcp::socket socket, std::string peer) {
  socket.set_option(Tcp::no_delay(true));
  keep_alive(socket);
  return std::shared_ptr<Connection>(new Connection(std::move(socket), std::move(peer)));
}

Connection::Connection(Tcp::socket socket, std::string peer)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      read_timer_(socket_.get_executor()),
      write_timer_(socket_.get_executor()),
      hold_timer_(socket_.get_executor()) {}

void Connection::arm(asio::steady_timer& timer, std::chrono::nanoseconds patience) {
  timer.expires_after(patience);
  timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<Connection> self = weak.lock();
    if (error || !self) return;
    self->late_ = true;
    self->close();
  });
}

void Connection::close() {
  boost::system::error_code ignored;  // closing what is closed is fine
  socket_.close(ignored);
  hold_timer_.cancel();
}

ConnectionError Connection::lost(const boost::system::system_error& error) const {
  if (late_) return ConnectionError(peer_ + ": no answer in time");
  if (error.code() == asio::error::eof || error.code() == asio::error::connection_reset ||
      error.code() == asio::error::broken_pipe)
    return ConnectionError(peer_ + ": closed the connection");
  return ConnectionError(peer_ + ": " + error.code().message());
}

Task<std::size_t> Connection::read_first(std::span<std::byte> into) {
  boost::system::error_code error;
  const std::size_t got = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                                           asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::eof) throw ConnectionEnded(peer_ + ": closed the connection");
  if (error) throw boost::system::system_error(error);
  co_return got;
}

Task<void> Connection::read(std::span<std::byte> into) {
  while (!into.empty()) {
    const std::size_t got =
        co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), asio::use_awaitable);
    into = into.subspan(got);
  }
}

Task<void> Connection::write(std::vector<asio::const_buffer> buffers) {
  skip(buffers, 0);
  while (!buffers.empty()) {
    const std::size_t sent = co_await socket_.async_write_some(buffers, asio::use_awaitable);
    skip(buffers, sent);
  }
}

Task<Frame> Connection::receive(const ReceiveRules& rules) {
  try {
    Frame frame = co_await receive_frame(rules);
    read_timer_.cancel();
    co_return frame;
  } catch (const FrameError& error) {
    close();
    throw ConnectionError(peer_ + ": " + error.what());
  } catch (const boost::system::system_error& error) {
    close();
    throw lost(error);
  }
}

Task<Frame> Connection::receive_frame(const ReceiveRules& rules) {
  PreambleBytes preamble_bytes{};
  if (rules.idle) arm(read_timer_, *rules.idle);
  const std::size_t began = co_await read_first(preamble_bytes);
  arm(read_timer_, rules.frame);
  co_await read(std::span(preamble_bytes).subspan(began));
  const Preamble preamble = decode_preamble(preamble_bytes, rules.limits);

  std::vector<std::byte> header_bytes(preamble.header_bytes);
  co_await read(header_bytes);
  Frame frame;
  frame.header = decode_header(header_bytes);
  if (preamble.payload_bytes > 0) {
    frame.tensors = rules.allocate(frame.header, preamble.payload_bytes);
    if (total_bytes(frame.tensors) != preamble.payload_bytes) throw FrameError("sent a payload of another size");
    for (const WireTensor& tensor : frame.tensors) co_await read(tensor.bytes);
  }
  frame.received = steady_now();
  co_return frame;
}

Task<void> Connection::send(const wire::Header& header, std::span<const WireTensor> tensors,
                            std::chrono::nanoseconds patience, std::optional<SteadyTime> hold_until) {
  const std::vector<std::byte> head = encode_head(header, total_bytes(tensors));
  std::vector<asio::const_buffer> buffers{asio::buffer(head)};
  for (const WireTensor& tensor : tensors) buffers.push_back(asio::buffer(tensor.bytes.data(), tensor.bytes.size()));

  try {
    arm(write_timer_, patience);
    if (hold_until) {
      const std::byte last = take_last_byte(buffers);
      co_await write(std::move(buffers));
      write_timer_.cancel();
      co_await hold(*hold_until);
      arm(write_timer_, patience);
      buffers.assign(1, asio::buffer(&last, 1));
      co_await write(std::move(buffers));
    } else {
      co_await write(std::move(buffers));
    }
    write_timer_.cancel();
  } catch (const boost::system::system_error& error) {
    close();
    throw lost(error);
  }
}

Task<void> Connection::hold(SteadyTime until) {
  if (steady_now() < until) co_await wait_precisely(hold_timer_, until);
}

Task<void> wait_precisely(asio::steady_timer& timer, SteadyTime until) {
  timer.expires_at(until - kSpin);
  boost::system::error_code cancelled;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  while (!cancelled && steady_now() < until) co_await asio::post(timer.get_executor(), asio::use_awaitable);
}

namespace {

// Resolves and connects; the guard closes the socket when time is up.
Task<Tcp::socket> connect_socket(const Endpoint& endpoint, std::chrono::nanoseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  Tcp::resolver resolver(executor);
  const auto addresses =
      co_await resolver.async_resolve(endpoint.host, std::to_string(endpoint.port), asio::use_awaitable);

  const auto socket = std::make_shared<Tcp::socket>(executor);
  asio::steady_timer guard(executor, patience);
  guard.async_wait([weak = std::weak_ptr(socket)](const boost::system::error_code& error) {
    const std::shared_ptr<Tcp::socket> late = weak.lock();
    boost::system::error_code ignored;
    if (!error && late) late->close(ignored);
  });
  co_await asio::async_connect(*socket, addresses, asio::use_awaitable);
  co_return std::move(*socket);
}

}  // namespace

Task<std::shared_ptr<Connection>> dial(const Endpoint& endpoint, std::chrono::nanoseconds patience) {
  try {
    Tcp::socket socket = co_await connect_socket(endpoint, patience);
    co_return Connection::adopt(std::move(socket), to_string(endpoint));
  } catch (const boost::system::system_error& error) {
    const bool late = error.code() == asio::error::operation_aborted;
    throw ConnectionError(to_string(endpoint) + ": " +
                          (late ? std::string("cannot be reached in time") : error.code().message()));
  }
}

ReceiveRules no_payload(std::optional<std::chrono::nanoseconds> idle, std::chrono::nanoseconds frame) {
  ReceiveRules rules;
  rules.idle = idle;
  rules.frame = frame;
  return rules;
}

}  // namespace twinfer
