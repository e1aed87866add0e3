// The queue between IO and compute threads; built without LibTorch, so that the
// thread sanitizer sees nothing but it.
#include "live/bounded_queue.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace twinfer {
namespace {

constexpr auto kFront = [](const auto&) { return std::size_t{0}; };

TEST_CASE("items leave in the order in which they came") {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) CHECK(queue.push(i));
  for (int i = 0; i < 3; ++i) CHECK(queue.pop(kFront) == i);
}

TEST_CASE("pop takes the item that it is told to, the others keep their order") {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) queue.push(i);
  CHECK(queue.pop([](const std::deque<int>& items) { return items.size() - 2; }) == 1);
  CHECK(queue.try_pop() == 0);
  CHECK(queue.try_pop() == 2);
}

TEST_CASE("a full queue refuses an item and leaves it to its owner") {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  CHECK(queue.try_push(first));
  CHECK_FALSE(queue.try_push(second));
  REQUIRE(second);
  CHECK(*second == 2);
}

TEST_CASE("an empty queue gives nothing to who will not wait") {
  BoundedQueue<int> queue(1);
  CHECK_FALSE(queue.try_pop());
}

TEST_CASE("nothing enters a closed queue and nothing leaves it") {
  BoundedQueue<int> queue(2);
  queue.push(1);
  queue.close();
  int item = 2;
  CHECK_FALSE(queue.push(2));
  CHECK_FALSE(queue.try_push(item));
  CHECK_FALSE(queue.pop(kFront));
  CHECK_FALSE(queue.try_pop());
  CHECK(queue.closed());
}

TEST_CASE("space and items are announced, closing announces both") {
  BoundedQueue<int> queue(2);
  int items = 0;
  int spaces = 0;
  queue.on_item([&] { ++items; });
  queue.on_space([&] { ++spaces; });
  int item = 1;
  queue.push(1);
  queue.try_push(item);
  queue.pop(kFront);
  queue.try_pop();
  CHECK(items == 2);
  CHECK(spaces == 2);
  queue.close();
  CHECK(items == 3);
  CHECK(spaces == 3);
}

TEST_CASE("closing frees a thread that waits for an item") {
  BoundedQueue<int> queue(1);
  std::optional<int> got = 1;
  std::thread waiting([&] { got = queue.pop(kFront); });
  queue.close();
  waiting.join();
  CHECK_FALSE(got);
}

TEST_CASE("closing frees a thread that waits for space") {
  BoundedQueue<int> queue(1);
  queue.push(1);
  bool entered = true;
  std::thread waiting([&] { entered = queue.push(2); });
  queue.close();
  waiting.join();
  CHECK_FALSE(entered);
}

TEST_CASE("a queue never holds more than its capacity, however fast its producer is") {
  constexpr std::size_t kItems = 1000;
  BoundedQueue<std::size_t> queue(2);
  std::atomic<std::size_t> entered{0};
  queue.on_item([&] {
    ++entered;
    entered.notify_one();
  });
  std::thread producer([&] {
    for (std::size_t i = 0; i < kItems; ++i) queue.push(i);
  });

  // Only a full queue is popped from, so that the producer always runs into the bound.
  std::size_t most = 0;
  for (std::size_t popped = 0; popped < kItems; ++popped) {
    const std::size_t full = std::min(popped + 2, kItems);
    for (std::size_t seen = entered; seen < full; seen = entered) entered.wait(seen);
    queue.pop([&](const std::deque<std::size_t>& items) {
      most = std::max(most, items.size());
      return std::size_t{0};
    });
  }
  producer.join();
  CHECK(most == 2);
}

TEST_CASE("many producers and consumers lose and double nothing") {
  constexpr std::uint64_t kEach = 2000;
  BoundedQueue<std::uint64_t> queue(4);
  std::atomic<std::uint64_t> sum{0};
  std::atomic<std::uint64_t> taken{0};
  std::atomic<std::uint64_t> announced{0};
  queue.on_item([&] { ++announced; });

  std::vector<std::thread> threads;
  for (std::uint64_t producer = 0; producer < 3; ++producer)
    threads.emplace_back([&, producer] {
      for (std::uint64_t i = 0; i < kEach; ++i) queue.push(producer * kEach + i);
    });
  for (int consumer = 0; consumer < 3; ++consumer)
    threads.emplace_back([&] {
      while (const std::optional<std::uint64_t> item = queue.pop(kFront)) {
        sum += *item;
        if (++taken == 3 * kEach) queue.close();
      }
    });
  for (std::thread& thread : threads) thread.join();

  // 0 + 1 + ... + 5999 = 5999 * 6000 / 2
  CHECK(sum == 17997000);
  CHECK(announced == 3 * kEach + 1);
}

}  // namespace
}  // namespace twinfer
