// What one hop costs: a tensor from one thread to another over loopback, through
// frames and connections, beside blocking sockets moving the same bytes.
//
//   hop_bench [ROUNDS]                   (300 rounds)
//
// Both ways alternate message by message, so that a slow moment of the machine
// meets both; each message is answered before the next one leaves. A hop is timed
// from before the send to the last byte's arrival. The sockets write a head of
// the same length and read into memory that is there already; connections receive
// into new tensors, as a worker does. Aim: at most 1.3 times at 1 MB and above,
// under 100 us for 1 kB.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "live/connection_pair.h"

namespace twinfer {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kWarmUp = 20;

// Two blocking ends of one loopback connection.
struct SocketPair {
  int first = -1;
  int second = -1;

  SocketPair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(listener, reinterpret_cast<sockaddr*>(&address), length);
    listen(listener, 1);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    first = socket(AF_INET, SOCK_STREAM, 0);
    connect(first, reinterpret_cast<sockaddr*>(&address), length);
    second = accept(listener, nullptr, nullptr);
    close(listener);
    const int on = 1;
    for (const int end : {first, second}) setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~SocketPair() {
    close(first);
    close(second);
  }
};

void must(bool worked) {
  if (worked) return;
  std::perror("hop_bench");
  std::exit(1);
}

void read_all(int end, std::span<std::byte> into) {
  while (!into.empty()) {
    const ssize_t got = read(end, into.data(), into.size());
    must(got > 0);
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

void write_all(int end, std::span<const std::byte> head, std::span<const std::byte> payload) {
  while (!head.empty() || !payload.empty()) {
    iovec parts[2] = {{const_cast<std::byte*>(head.data()), head.size()},
                      {const_cast<std::byte*>(payload.data()), payload.size()}};
    const ssize_t sent = writev(end, parts, 2);
    must(sent > 0);
    const std::size_t of_head = std::min(head.size(), static_cast<std::size_t>(sent));
    head = head.subspan(of_head);
    payload = payload.subspan(static_cast<std::size_t>(sent) - of_head);
  }
}

wire::Header request_header(std::size_t bytes) {
  wire::Header header;
  header.mutable_request()->set_id(1);
  header.mutable_request()->add_tensors()->add_shape(static_cast<long>(bytes / 4));
  return header;
}

ReceiveRules tensor_rules(std::size_t bytes) {
  ReceiveRules rules = no_payload(std::nullopt, kPatience);
  rules.limits.payload_bytes = bytes;
  rules.allocate = [](const wire::Header&, std::uint64_t payload_bytes) {
    return std::vector<WireTensor>{allocate_bytes(0, {}, payload_bytes)};
  };
  return rules;
}

// The receiving thread: takes a message each way, notes when it was there, answers.
class Receiver {
 public:
  Receiver(ConnectionPair& connections, SocketPair& sockets, std::size_t bytes, std::size_t rounds)
      : thread_([this, &connections, &sockets, bytes, rounds] {
          const ReceiveRules rules = tensor_rules(bytes);
          const wire::Header answer = request_header(0);
          const std::size_t head_bytes = encode_head(request_header(bytes), bytes).size();
          std::vector<std::byte> memory(head_bytes + bytes);
          for (std::size_t i = 0; i < rounds; ++i) {
            ours.push_back(run_to_end(connections.second_io, connections.second->receive(rules)).received);
            run_to_end(connections.second_io, connections.second->send(answer, {}, kPatience));
            read_all(sockets.second, std::span(memory).first(head_bytes));
            read_all(sockets.second, std::span(memory).subspan(head_bytes));
            raw.push_back(steady_now());
            write_all(sockets.second, std::span(memory).first(1), {});
          }
        }) {}
  void join() { thread_.join(); }

  std::vector<SteadyTime> ours;
  std::vector<SteadyTime> raw;

 private:
  std::thread thread_;
};

double median_us(const std::vector<SteadyTime>& sent, const std::vector<SteadyTime>& received) {
  std::vector<double> times_us;
  for (std::size_t i = kWarmUp; i < sent.size(); ++i)
    times_us.push_back(seconds_between(sent[i], received[i]).si() * 1e6);
  std::ranges::sort(times_us);
  return times_us[times_us.size() / 2];
}

void measure(std::size_t bytes, std::size_t rounds) {
  ConnectionPair connections;
  SocketPair sockets;
  const wire::Header header = request_header(bytes);
  const std::vector<std::byte> head = encode_head(header, bytes);
  const std::vector<WireTensor> tensors{allocate_bytes(0, {}, bytes)};
  std::ranges::fill(tensors[0].bytes, std::byte{1});
  const ReceiveRules answer_rules = tensor_rules(0);
  std::vector<SteadyTime> ours;
  std::vector<SteadyTime> raw;
  std::byte answer{};

  Receiver receiver(connections, sockets, bytes, kWarmUp + rounds);
  for (std::size_t i = 0; i < kWarmUp + rounds; ++i) {
    ours.push_back(steady_now());
    run_to_end(connections.first_io, connections.first->send(header, tensors, kPatience));
    run_to_end(connections.first_io, connections.first->receive(answer_rules));
    raw.push_back(steady_now());
    write_all(sockets.first, head, tensors[0].bytes);
    read_all(sockets.first, {&answer, 1});
  }
  receiver.join();
  const double ours_us = median_us(ours, receiver.ours);
  const double raw_us = median_us(raw, receiver.raw);
  std::printf("%10zu %12.1f %12.1f %8.2f\n", bytes, ours_us, raw_us, ours_us / raw_us);
  std::fflush(stdout);
}

}  // namespace
}  // namespace twinfer

int main(int argc, char** argv) {
  const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 300;
  std::printf("%10s %12s %12s %8s\n", "bytes", "ours us", "sockets us", "ratio");
  for (const std::size_t bytes :
       {std::size_t{1'000}, std::size_t{100'000}, std::size_t{1'000'000}, std::size_t{10'000'000}})
    twinfer::measure(bytes, rounds);
}
