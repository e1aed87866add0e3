// How two programs meet: both send a hello at once, so that each learns the
// other's protocol version; the worker then accepts the dialer's role or says
// why not.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "live/connection.h"

namespace twinfer {

// Exchanges hellos. Throws ConnectionError on silence, garbage, another version.
Task<wire::Hello> exchange_hellos(Connection& connection, const wire::Hello& mine, std::chrono::nanoseconds patience);

// Dials a worker and takes up `hello`'s role there. Throws ConnectionError.
Task<std::shared_ptr<Connection>> dial_worker(const Endpoint& endpoint, const wire::Hello& hello,
                                              std::chrono::nanoseconds patience);

// Sends one message and waits for the answer; a failure() answer is thrown as
// ConnectionError, any answer but `expected` too.
Task<wire::Header> ask(Connection& connection, const wire::Header& question, wire::Header::BodyCase expected,
                       std::chrono::nanoseconds patience);

}  // namespace twinfer
