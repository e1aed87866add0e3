#include "sim/id_queue.h"

namespace twinfer {

void IdQueue::push(std::uint64_t id) {
  waiting_.push_back(id);
  if (!asleep_) return;
  asleep_ = false;
  arrived_->release();
}

void IdQueue::wait() {
  while (waiting_.empty()) {
    asleep_ = true;
    arrived_->acquire();
  }
}

std::uint64_t IdQueue::take(std::size_t position) {
  const std::uint64_t id = waiting_[position];
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(position));
  return id;
}

}  // namespace twinfer
