// Frames over a real loopback connection, between friends and from strangers.
#include "live/connection.h"

#include <cstring>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "live/connection_pair.h"
#include "live/message_overhead.h"

namespace twinfer {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{5};

wire::Header request_header(std::uint64_t id) {
  wire::Header header;
  header.mutable_request()->set_id(id);
  return header;
}

ReceiveRules rules_for(std::uint64_t payload_bytes) {
  ReceiveRules rules = no_payload(kPatience, kPatience);
  rules.limits.payload_bytes = payload_bytes;
  rules.allocate = [](const wire::Header&, std::uint64_t bytes) {
    return std::vector<WireTensor>{allocate_bytes(1, {}, bytes / 2), allocate_bytes(2, {}, bytes - bytes / 2)};
  };
  return rules;
}

// What a reader says of these raw bytes, after which the sender leaves.
std::string error_after(const std::string& bytes, const ReceiveRules& rules) {
  asio::io_context io;
  Tcp::acceptor acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  Tcp::socket sender(io);
  sender.connect(acceptor.local_endpoint());
  const auto reader = Connection::adopt(acceptor.accept(), "peer");
  sender.send(asio::buffer(bytes));
  sender.close();
  try {
    run_to_end(io, reader->receive(rules));
  } catch (const ConnectionError& error) {
    return error.what();
  }
  return "";
}

std::string raw_frame(const wire::Header& header, std::uint64_t payload_bytes, const std::string& payload) {
  const std::vector<std::byte> head = encode_head(header, payload_bytes);
  return std::string(reinterpret_cast<const char*>(head.data()), head.size()) + payload;
}

TEST_CASE("tensors arrive byte for byte in the memory that the reader allotted") {
  ConnectionPair pair;
  WireTensor sent = allocate_bytes(0, {}, 3'000'001);
  for (std::size_t i = 0; i < sent.bytes.size(); ++i) sent.bytes[i] = static_cast<std::byte>(i * 7);
  std::thread sender([&] {
    const std::vector<WireTensor> tensors{sent};
    run_to_end(pair.first_io, pair.first->send(request_header(9), tensors, kPatience));
  });
  const ReceiveRules rules = rules_for(sent.bytes.size());
  const Frame frame = run_to_end(pair.second_io, pair.second->receive(rules));
  sender.join();

  CHECK(frame.header.request().id() == 9);
  REQUIRE(frame.tensors.size() == 2);
  CHECK(std::memcmp(frame.tensors[0].bytes.data(), sent.bytes.data(), 1'500'000) == 0);
  CHECK(std::memcmp(frame.tensors[1].bytes.data(), sent.bytes.data() + 1'500'000, 1'500'001) == 0);
}

TEST_CASE("a held message arrives no earlier than its hold ends, and whole") {
  ConnectionPair pair;
  const std::vector<WireTensor> tensors{allocate_bytes(0, {}, 1)};
  tensors[0].bytes[0] = std::byte{42};
  const SteadyTime until = steady_now() + milliseconds(20);
  std::thread sender(
      [&] { run_to_end(pair.first_io, pair.first->send(request_header(1), tensors, kPatience, until)); });
  const ReceiveRules rules = rules_for(1);
  const Frame frame = run_to_end(pair.second_io, pair.second->receive(rules));
  sender.join();

  CHECK(frame.received >= until);
  CHECK(frame.tensors[1].bytes[0] == std::byte{42});
}

TEST_CASE("a held message without tensors arrives whole") {
  ConnectionPair pair;
  std::thread sender([&] {
    run_to_end(pair.first_io, pair.first->send(request_header(1), {}, kPatience, steady_now() + milliseconds(5)));
  });
  const ReceiveRules rules = rules_for(0);
  const Frame frame = run_to_end(pair.second_io, pair.second->receive(rules));
  sender.join();
  CHECK(frame.header.request().id() == 1);
}

TEST_CASE("garbage, another version and boundless lengths are refused by name") {
  const ReceiveRules rules = rules_for(100);
  CHECK(error_after("HTTP/1.1 400 Bad Request\r\n\r\n", rules) == "peer: does not speak twinfer's protocol");
  std::string other = raw_frame(request_header(1), 0, "");
  other[4] = 9;
  CHECK(error_after(other, rules) == "peer: speaks protocol version 9, this program speaks 4");
  CHECK(error_after(raw_frame(request_header(1), 101, ""), rules) ==
        "peer: sent a payload of 101 bytes, 100 are allowed here");
  std::string broken = raw_frame(request_header(1), 0, "");
  broken[kPreambleBytes] = '\xff';
  CHECK(error_after(broken, rules) == "peer: sent a header that cannot be read");
}

TEST_CASE("a frame that breaks off anywhere ends the connection") {
  const std::string whole = raw_frame(request_header(1), 4, "abcd");
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK(error_after(whole.substr(0, length), rules_for(4)) == "peer: closed the connection");
  CHECK(error_after(whole, rules_for(4)).empty());
}

TEST_CASE("a reader that allots other memory than was announced refuses the frame") {
  ReceiveRules rules = rules_for(100);
  rules.allocate = [](const wire::Header&, std::uint64_t bytes) {
    return std::vector<WireTensor>{allocate_bytes(0, {}, bytes + 1)};
  };
  CHECK(error_after(raw_frame(request_header(1), 4, "abcd"), rules) == "peer: sent a payload of another size");
}

TEST_CASE("a peer that says nothing is given up after the patience") {
  ConnectionPair pair;
  const ReceiveRules rules = no_payload(milliseconds(10), kPatience);
  CHECK_THROWS_WITH_AS(run_to_end(pair.first_io, pair.first->receive(rules)), doctest::Contains(": no answer in time"),
                       ConnectionError);
}

TEST_CASE("a peer that stops in the middle of a frame is given up after the patience") {
  ConnectionPair pair;
  std::thread sender([&] {
    const std::vector<WireTensor> tensors{allocate_bytes(0, {}, 10)};
    const SteadyTime too_late = steady_now() + std::chrono::minutes(1);
    const auto held = [&] {
      run_to_end(pair.second_io, pair.second->send(request_header(1), tensors, kPatience, too_late));
    };
    CHECK_THROWS_AS(held(), ConnectionError);
  });
  ReceiveRules rules = rules_for(10);
  rules.frame = milliseconds(10);
  CHECK_THROWS_WITH_AS(run_to_end(pair.first_io, pair.first->receive(rules)), doctest::Contains(": no answer in time"),
                       ConnectionError);
  asio::post(pair.second_io, [&] { pair.second->close(); });
  sender.join();
}

TEST_CASE("a peer that reads nothing is given up after the patience") {
  ConnectionPair pair;
  const std::vector<WireTensor> tensors{allocate_bytes(0, {}, 64 << 20)};  // more than both ends' buffers take
  CHECK_THROWS_WITH_AS(run_to_end(pair.first_io, pair.first->send(request_header(1), tensors, milliseconds(50))),
                       doctest::Contains(": no answer in time"), ConnectionError);
}

TEST_CASE("a peer that accepts nothing is given up after the patience") {
  asio::io_context io;
  Tcp::acceptor acceptor(io);
  acceptor.open(Tcp::v4());
  acceptor.bind({asio::ip::address_v4::loopback(), 0});
  acceptor.listen(0);  // one connection waits, for others there is no room
  Tcp::socket waiting(io);
  waiting.connect(acceptor.local_endpoint());
  const Endpoint endpoint{"127.0.0.1", acceptor.local_endpoint().port()};
  const std::string message = to_string(endpoint) + ": cannot be reached in time";
  CHECK_THROWS_WITH_AS(run_to_end(io, dial(endpoint, milliseconds(50))), message.c_str(), ConnectionError);
}

TEST_CASE("an endpoint where nobody listens is named") {
  asio::io_context io;
  std::uint16_t port = 0;
  {
    const Tcp::acceptor gone(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = gone.local_endpoint().port();
  }
  const Endpoint endpoint{"127.0.0.1", port};
  const std::string message = to_string(endpoint) + ": Connection refused";
  CHECK_THROWS_WITH_AS(run_to_end(io, dial(endpoint, kPatience)), message.c_str(), ConnectionError);
}

TEST_CASE("a small message costs some time and well below a second") {
  const Seconds overhead = measure_message_overhead(20);
  CHECK(overhead > Seconds(0));
  CHECK(overhead < Seconds(0.5));
}

}  // namespace
}  // namespace twinfer
