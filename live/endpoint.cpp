#include "live/endpoint.h"

#include <charconv>

#include "core/error.h"

namespace twinfer {

std::string to_string(const Endpoint& endpoint) {
  const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + endpoint.host + "]" : endpoint.host;
  return host + ":" + std::to_string(endpoint.port);
}

Endpoint parse_endpoint(const std::string& text, const std::string& file, const std::string& field) {
  const InputError wrong(file, field, text, "must be HOST:PORT, port 0 to 65535");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) throw wrong;

  Endpoint endpoint;
  endpoint.host = text.substr(0, colon);
  if (endpoint.host.front() == '[' && endpoint.host.back() == ']')
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  else if (endpoint.host.find(':') != std::string::npos)
    throw wrong;

  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  if (error != std::errc{} || stop != end || endpoint.host.empty()) throw wrong;
  return endpoint;
}

}  // namespace twinfer
