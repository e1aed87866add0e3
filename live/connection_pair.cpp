#include "live/connection_pair.h"

namespace twinfer {

ConnectionPair::ConnectionPair() {
  // The kernel completes the connect before anybody accepts.
  Tcp::acceptor acceptor(second_io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const Endpoint endpoint{"127.0.0.1", acceptor.local_endpoint().port()};
  first = run_to_end(first_io, dial(endpoint, std::chrono::seconds(5)));
  second = Connection::adopt(acceptor.accept(), "127.0.0.1");
}

}  // namespace twinfer
