// Where a worker listens: "HOST:PORT".
#pragma once

#include <cstdint>
#include <string>

namespace twinfer {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

std::string to_string(const Endpoint& endpoint);

// IPv6 hosts stand in brackets: "[::1]:9000". Throws InputError naming `field`.
Endpoint parse_endpoint(const std::string& text, const std::string& file, const std::string& field);

}  // namespace twinfer
