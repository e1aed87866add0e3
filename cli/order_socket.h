// This side of what is said to a steered live run (live/plan_orders.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace twinfer {

class OrderSocket {
 public:
  // Throws std::system_error if no socket can be had.
  OrderSocket();
  ~OrderSocket();
  OrderSocket(const OrderSocket&) = delete;
  OrderSocket& operator=(const OrderSocket&) = delete;

  // The end that the live side has as its standard input.
  [[nodiscard]] int theirs() const { return theirs_; }

  void order(std::size_t plan);
  // An order was given and has no answer yet.
  [[nodiscard]] bool waits() const { return ordered_; }

  struct Answer {
    std::size_t plan = 0;
    std::uint64_t first = 0;  // request that sets out by it
  };
  // The next one that came; nothing if none did. Does not wait.
  std::optional<Answer> answer();

 private:
  int ours_ = -1;
  int theirs_ = -1;
  bool ordered_ = false;
  std::string said_;  // and not yet taken
};

}  // namespace twinfer
