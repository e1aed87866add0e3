#include "live/way_probe.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/table_file.h"
#include "live/check_pause.h"
#include "live/handshake.h"

namespace twinfer {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kRequestHead = 160;  // bytes: preamble and header of a request on its second stage
constexpr unsigned kRounds = 5;            // over all sizes, so that a slow spell falls on all alike
constexpr unsigned kWarmUp = 20;
constexpr unsigned kTrains = 8;  // a round
constexpr unsigned kTrainLength = 32;
constexpr int kMostSizes = 24;  // with kMostRepeats, an answer stays within a header's bounds
constexpr std::uint32_t kMostRepeats = 200;
constexpr double kLongest_s = 600;
constexpr std::size_t kFilling = 32U << 10;            // bytes, which the slowest link carries in a receiver's patience
constexpr std::chrono::seconds kFillingPatience{600};  // until sockets are through with what they took

wire::Header probe_header(bool answer) {
  wire::Header header;
  wire::Probe& probe = *header.mutable_probe();
  probe.set_answer(answer);
  std::string filler;
  while (encode_head(header, 0).size() < kRequestHead) probe.set_filler(filler += ' ');
  return header;
}

ReceiveRules probe_rules(std::uint64_t largest) {
  ReceiveRules rules = no_payload(kPatience, kPatience);
  rules.limits.payload_bytes = largest;
  rules.allocate = [](const wire::Header& header, std::uint64_t bytes) {
    if (!header.has_probe()) throw FrameError("sent a payload that is no probe's");
    return std::vector<WireTensor>{allocate_bytes(0, {}, bytes)};
  };
  return rules;
}

// Touched, since a page that was never written is read from nowhere.
WireTensor written_bytes(std::size_t bytes) {
  WireTensor tensor = allocate_bytes(0, {}, bytes);
  std::memset(tensor.bytes.data(), 1, bytes);
  return tensor;
}

// A worker's layers leave nothing of a message's code and buffers in the cores' own caches.
class Caches {
 public:
  // Where layers would: on another thread. After a millisecond of computing of its own, the scheduler makes a thread
  // wait for the kernel's part of a message (0.7 ms above 1 kB, measured); one that slept is served at once.
  void empty() {
    std::jthread([this] {
      for (const Line& line : lines_) sum_ = sum_ + line.first;
    });
  }

 private:
  static constexpr std::size_t kBytes = 8U << 20;  // above the second-level caches of today
  struct alignas(64) Line {
    unsigned char first = 1;
  };
  std::vector<Line> lines_{kBytes / sizeof(Line)};
  volatile unsigned sum_ = 0;  // else the compiler sees that nobody reads
};

class WayProbe {
 public:
  WayProbe(std::shared_ptr<Connection> connection, const wire::MeasureWay& question)
      : connection_(std::move(connection)),
        question_(question),
        patience_(kPatience + to_duration(Seconds(question.budget_s()))),
        payload_(written_bytes(*std::ranges::max_element(question.sizes()))),
        rules_(probe_rules(kSmallProbe)) {
    rules_.idle = rules_.frame = patience_;
    for (const std::uint64_t bytes : question.sizes()) measured_.add_sizes()->set_bytes(bytes);
  }

  Task<wire::WayMeasured> run() {
    for (unsigned i = 0; i < kWarmUp; ++i) co_await round_trip(kSmallProbe);
    begin_ = steady_now();
    for (unsigned round = 0; round < kRounds; ++round) {
      for (int size = 0; size < measured_.sizes_size(); ++size)
        if (fits(size, round)) co_await time_size(size);
      co_await time_gaps();
    }
    co_return measured_;
  }

 private:
  Task<void> send(std::uint64_t bytes, const wire::Header& header) {
    WireTensor part = payload_;
    part.bytes = part.bytes.first(bytes);
    const std::vector<WireTensor> tensors{part};
    co_await connection_->send(header, tensors, patience_);
  }

  // As between requests, whose layers run before.
  Task<void> pause() {
    caches_.empty();
    asio::steady_timer timer(co_await asio::this_coro::executor, to_duration(Seconds(question_.pause_s())));
    co_await timer.async_wait(asio::use_awaitable);
  }

  Task<Seconds> round_trip(std::uint64_t bytes) {
    const SteadyTime start = steady_now();
    co_await send(bytes, answered_);
    const Frame answer = co_await connection_->receive(rules_);
    co_return seconds_between(start, answer.received);
  }

  // A round's share of the budget, for one size.
  [[nodiscard]] double share_s() const { return question_.budget_s() / measured_.sizes_size() / kRounds; }

  // By the slope of the sizes before, and while there is budget. A later round knows.
  [[nodiscard]] bool fits(int size, unsigned round) const {
    if (size == 0) return true;
    if (seconds_between(begin_, steady_now()).si() > question_.budget_s()) return false;
    if (round > 0) return measured_.sizes(size).round_trip_s_size() > 0;
    const wire::SizeTimes& first = measured_.sizes(0);
    const wire::SizeTimes& before = measured_.sizes(size - 1);
    if (before.round_trip_s().empty()) return false;
    const double before_s = std::ranges::min(before.round_trip_s());
    const double longer_s = std::max(0.0, before_s - std::ranges::min(first.round_trip_s()));
    const auto more_bytes = static_cast<double>(measured_.sizes(size).bytes() - before.bytes());
    const auto known_bytes = static_cast<double>(before.bytes() - first.bytes());
    return before_s + (known_bytes > 0 ? longer_s / known_bytes * more_bytes : 0) <= share_s();
  }

  Task<void> time_size(int size) {
    wire::SizeTimes& times = *measured_.mutable_sizes(size);
    const unsigned repeat = std::max(1U, question_.repeat() / kRounds);
    const SteadyTime start = steady_now();
    for (unsigned i = 0; i < repeat; ++i) {
      co_await pause();
      const Seconds time = co_await round_trip(times.bytes());
      times.add_round_trip_s(time.si());
      if (seconds_between(start, steady_now()).si() > share_s()) break;
    }
  }

  Task<void> time_gaps() {
    for (unsigned i = 0; i < kTrains; ++i) {
      const Seconds alone = co_await round_trip(kSmallProbe);
      const SteadyTime start = steady_now();
      for (unsigned sent = 0; sent < kTrainLength; ++sent) co_await send(kSmallProbe, unanswered_);
      co_await round_trip(kSmallProbe);
      const Seconds train = seconds_between(start, steady_now());
      measured_.add_gap_s(std::max(0.0, (train - alone).si() / kTrainLength));
    }
  }

  std::shared_ptr<Connection> connection_;
  const wire::MeasureWay& question_;
  std::chrono::nanoseconds patience_;
  WireTensor payload_;
  Caches caches_;
  ReceiveRules rules_;
  wire::Header answered_ = probe_header(true);
  wire::Header unanswered_ = probe_header(false);
  wire::WayMeasured measured_;
  SteadyTime begin_;
};

}  // namespace

Task<void> answer_probes(std::shared_ptr<Connection> connection) {
  const ReceiveRules rules = probe_rules(kLargestProbe);
  const wire::Header header = probe_header(false);
  const std::vector<WireTensor> small{written_bytes(kSmallProbe)};
  Caches caches;
  for (;;) {
    Frame frame;
    try {
      frame = co_await connection->receive(rules);
    } catch (const ConnectionEnded&) {
      co_return;  // measured
    }
    if (!frame.header.has_probe()) throw ConnectionError(connection->peer() + ": sent no probe");
    if (!frame.header.probe().answer()) continue;
    co_await connection->send(header, small, kPatience);
    caches.empty();
  }
}

void check_measure_way(const wire::MeasureWay& question) {
  if (question.sizes().empty() || question.sizes_size() > kMostSizes)
    throw InputError("", "sizes", std::to_string(question.sizes_size()), "must be 1 to " + std::to_string(kMostSizes));
  std::uint64_t least = kSmallProbe;
  for (const std::uint64_t bytes : question.sizes()) {
    if (bytes < least || bytes > kLargestProbe)
      throw InputError("", "sizes", std::to_string(bytes),
                       "must ascend, from " + std::to_string(kSmallProbe) + " to " + std::to_string(kLargestProbe));
    least = bytes + 1;
  }
  if (question.repeat() < 1 || question.repeat() > kMostRepeats)
    throw InputError("", "repeat", std::to_string(question.repeat()), "must be 1 to " + std::to_string(kMostRepeats));
  if (!(question.budget_s() > 0 && question.budget_s() <= kLongest_s))
    throw InputError("", "budget_s", format_number(question.budget_s()), "must be above 0 and at most 600 seconds");
  check_pause(question.pause_s());
}

namespace {

Task<std::shared_ptr<Connection>> dial_for_probes(const std::string& endpoint) {
  wire::Hello hello;
  hello.set_role(wire::PROBE);
  co_return co_await dial_worker(parse_endpoint(endpoint, "", "endpoint"), hello, kPatience);
}

}  // namespace

Task<BytesPerSecond> fill_way(std::string endpoint, std::function<bool()> enough) {
  const std::shared_ptr<Connection> connection = co_await dial_for_probes(endpoint);
  const wire::Header unanswered = probe_header(false), answered = probe_header(true);
  const std::vector<WireTensor> filling{written_bytes(kFilling)}, last{written_bytes(kSmallProbe)};
  const SteadyTime start = steady_now();
  double bytes = 0;
  do {
    co_await connection->send(unanswered, filling, kFillingPatience);
    bytes += kFilling;
  } while (!enough());
  co_await connection->send(answered, last, kFillingPatience);
  ReceiveRules rules = probe_rules(kSmallProbe);
  rules.idle = rules.frame = kFillingPatience;
  const Frame answer = co_await connection->receive(rules);
  co_return BytesPerSecond(bytes / seconds_between(start, answer.received).si());
}

Task<wire::WayMeasured> measure_way(wire::MeasureWay question) {
  WayProbe probe(co_await dial_for_probes(question.endpoint()), question);
  wire::WayMeasured measured = co_await probe.run();
  co_return measured;
}

}  // namespace twinfer
