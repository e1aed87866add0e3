#include "live/handshake.h"

namespace twinfer {
namespace {

Task<wire::Header> expect(Connection& connection, wire::Header::BodyCase expected, std::chrono::nanoseconds patience) {
  const ReceiveRules rules = no_payload(patience, patience);
  const Frame frame = co_await connection.receive(rules);
  if (frame.header.has_failure()) throw ConnectionError(connection.peer() + ": " + frame.header.failure().text());
  if (frame.header.body_case() != expected)
    throw ConnectionError(connection.peer() + ": answered with an unexpected message: " + message_name(frame.header));
  co_return frame.header;
}

}  // namespace

Task<wire::Hello> exchange_hellos(Connection& connection, const wire::Hello& mine, std::chrono::nanoseconds patience) {
  wire::Header header;
  *header.mutable_hello() = mine;
  co_await connection.send(header, {}, patience);
  const wire::Header theirs = co_await expect(connection, wire::Header::kHello, patience);
  co_return theirs.hello();
}

Task<std::shared_ptr<Connection>> dial_worker(const Endpoint& endpoint, const wire::Hello& hello,
                                              std::chrono::nanoseconds patience) {
  std::shared_ptr<Connection> connection = co_await dial(endpoint, patience);
  co_await exchange_hellos(*connection, hello, patience);
  co_await expect(*connection, wire::Header::kConnected, patience);
  co_return connection;
}

Task<wire::Header> ask(Connection& connection, const wire::Header& question, wire::Header::BodyCase expected,
                       std::chrono::nanoseconds patience) {
  co_await connection.send(question, {}, patience);
  wire::Header answer = co_await expect(connection, expected, patience);
  co_return answer;
}

}  // namespace twinfer
