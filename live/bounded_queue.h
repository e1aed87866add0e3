// A queue of bounded length between an IO thread and a compute thread.
//
// Threads block in push() and pop(); a coroutine, which must not block, tries,
// and is told through on_item and on_space when to try again.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace twinfer {

// Thread-safe. After close() nothing enters and nothing comes out.
template <class T>
class BoundedQueue {
 public:
  // REQUIRES: capacity >= 1.
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Called after an item entered, or left, and on close(), by the thread that
  // did it. REQUIRES: set before other threads use the queue; callable from any.
  void on_item(std::function<void()> notify) { on_item_ = std::move(notify); }
  void on_space(std::function<void()> notify) { on_space_ = std::move(notify); }

  // Blocks while the queue is full. False once it is closed.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    space_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    lock.unlock();
    announce(item_, on_item_);
    return true;
  }

  // Takes `item` only if it returns true: false on a full or closed queue.
  bool try_push(T& item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    announce(item_, on_item_);
    return true;
  }

  // Blocks while the queue is empty, then takes the item at position
  // `select(items)`. Nothing once it is closed.
  template <class Select>
  std::optional<T> pop(const Select& select) {
    std::unique_lock lock(mutex_);
    item_.wait(lock, [this] { return closed_ || !items_.empty(); });
    if (closed_) return std::nullopt;
    T item = take(select(std::as_const(items_)));
    lock.unlock();
    announce(space_, on_space_);
    return item;
  }

  std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    if (closed_ || items_.empty()) return std::nullopt;
    T item = take(0);
    lock.unlock();
    announce(space_, on_space_);
    return item;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      items_.clear();
    }
    space_.notify_all();
    announce(item_, on_item_);
    if (on_space_) on_space_();
  }

  [[nodiscard]] bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  T take(std::size_t position) {
    const auto at = items_.begin() + static_cast<std::ptrdiff_t>(position);
    T item = std::move(*at);
    items_.erase(at);
    return item;
  }

  static void announce(std::condition_variable& waiters, const std::function<void()>& notify) {
    waiters.notify_all();
    if (notify) notify();
  }

  const std::size_t capacity_;
  std::function<void()> on_item_;
  std::function<void()> on_space_;
  mutable std::mutex mutex_;
  std::condition_variable item_;
  std::condition_variable space_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace twinfer
