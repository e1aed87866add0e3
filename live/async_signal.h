// Wakes one coroutine from any thread.
#pragma once

#include <atomic>
#include <memory>

#include "live/asio.h"

namespace twinfer {

// A raise that nobody waits for yet is kept; several count as one. Waiters must
// therefore look again at what they wait for.
class AsyncSignal : public std::enable_shared_from_this<AsyncSignal> {
 public:
  static std::shared_ptr<AsyncSignal> make(asio::io_context& io) {
    return std::shared_ptr<AsyncSignal>(new AsyncSignal(io));
  }

  // Thread-safe. The io_context must outlive every caller.
  void raise() {
    if (raised_.exchange(true)) return;
    asio::post(io_, [self = shared_from_this()] { self->timer_.cancel(); });
  }

  // Until raised, or until `deadline`. REQUIRES: one waiter, on the io_context's
  // thread, holding a shared_ptr to this object.
  Task<void> wait(asio::steady_timer::time_point deadline = asio::steady_timer::time_point::max()) {
    if (raised_.exchange(false)) co_return;
    timer_.expires_at(deadline);
    boost::system::error_code cancelled_or_expired;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled_or_expired));
    raised_ = false;
  }

 private:
  explicit AsyncSignal(asio::io_context& io) : io_(io), timer_(io) {}

  asio::io_context& io_;
  asio::steady_timer timer_;
  std::atomic<bool> raised_{false};
};

}  // namespace twinfer
