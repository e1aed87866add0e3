#include "live/endpoint.h"

#include <string>

#include <doctest/doctest.h>

#include "core/error.h"

namespace twinfer {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_endpoint(text, "p.xml", "endpoint");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("an endpoint survives printing and parsing") {
  for (const Endpoint& endpoint : {Endpoint{"127.0.0.1", 9000}, Endpoint{"pi.local", 0}, Endpoint{"::1", 65535}})
    CHECK(parse_endpoint(to_string(endpoint), "", "") == endpoint);
  CHECK(to_string(Endpoint{"::1", 1}) == "[::1]:1");
}

TEST_CASE("text that is no endpoint is refused with file, field and value") {
  for (const std::string text : {"", "9000", ":9000", "host", "host:", "host:65536", "host:-1", "host:1x", "::1:5"})
    CHECK(error_of(text) ==
          "p.xml: endpoint: " + (text.empty() ? "" : "`" + text + "`: ") + "must be HOST:PORT, port 0 to 65535");
}

}  // namespace
}  // namespace twinfer
