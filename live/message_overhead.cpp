#include "live/message_overhead.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

#include "live/connection.h"
#include "live/connection_pair.h"
#include "live/steady_time.h"

namespace twinfer {
namespace {

constexpr std::size_t kMessageBytes = 256;
constexpr unsigned kWarmUp = 20;

wire::Header message_header() {
  wire::Header header;
  header.mutable_request()->set_id(1);
  return header;
}

ReceiveRules message_rules() {
  ReceiveRules rules = no_payload(std::chrono::seconds(5), std::chrono::seconds(5));
  rules.limits.payload_bytes = kMessageBytes;
  rules.allocate = [](const wire::Header&, std::uint64_t bytes) {
    return std::vector<WireTensor>{allocate_bytes(0, {}, bytes)};
  };
  return rules;
}

Task<void> exchange_once(const std::shared_ptr<Connection>& connection, const wire::Header& header,
                         const std::vector<WireTensor>& payload, const ReceiveRules& rules, bool sends_first) {
  if (sends_first) co_await connection->send(header, payload, rules.frame);
  co_await connection->receive(rules);
  if (!sends_first) co_await connection->send(header, payload, rules.frame);
}

// Half of each round trip: both directions run the same code.
Task<void> exchange(std::shared_ptr<Connection> connection, unsigned repeat, bool sends_first,
                    std::vector<double>& one_way_s) {
  const wire::Header header = message_header();
  const ReceiveRules rules = message_rules();
  const std::size_t head_bytes = encode_head(header, 0).size();
  const std::vector<WireTensor> payload{allocate_bytes(0, {}, kMessageBytes - head_bytes)};
  for (unsigned i = 0; i < kWarmUp + repeat; ++i) {
    const SteadyTime start = steady_now();
    co_await exchange_once(connection, header, payload, rules, sends_first);
    if (i >= kWarmUp) one_way_s.push_back(seconds_between(start, steady_now()).si() / 2);
  }
}

}  // namespace

Seconds measure_message_overhead(unsigned repeat) {
  ConnectionPair pair;
  std::vector<double> one_way_s, ignored;
  std::exception_ptr echo_error;
  std::jthread echo([&] {
    try {
      run_to_end(pair.second_io, exchange(pair.second, repeat, false, ignored));
    } catch (...) {
      echo_error = std::current_exception();
    }
  });
  run_to_end(pair.first_io, exchange(pair.first, repeat, true, one_way_s));
  echo.join();
  if (echo_error) std::rethrow_exception(echo_error);

  const auto middle = one_way_s.begin() + static_cast<std::ptrdiff_t>(one_way_s.size() / 2);
  std::ranges::nth_element(one_way_s, middle);
  return Seconds(*middle);
}

}  // namespace twinfer
