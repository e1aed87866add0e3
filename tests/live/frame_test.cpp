// The preamble and header of a frame, sound and hostile.
#include "live/frame.h"

#include <cstring>
#include <random>
#include <string>

#include <doctest/doctest.h>

namespace twinfer {
namespace {

constexpr FrameLimits kLimits{1000, 2000};

PreambleBytes preamble(std::uint16_t version, std::uint32_t header_bytes, std::uint64_t payload_bytes) {
  return encode_preamble({version, header_bytes, payload_bytes});
}

std::string error_of(const PreambleBytes& bytes) {
  try {
    decode_preamble(bytes, kLimits);
  } catch (const FrameError& error) {
    return error.what();
  }
  return "";
}

std::string header_error_of(const std::string& bytes) {
  try {
    decode_header(std::as_bytes(std::span(bytes)));
  } catch (const FrameError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a preamble is 20 little-endian bytes as documented") {
  // "TWNF", version 1, zero, header 0x0102 = 258, payload 0x010203 = 66051
  const unsigned char expected[20] = {'T', 'W', 'N', 'F', 1, 0, 0, 0, 2, 1, 0, 0, 3, 2, 1, 0, 0, 0, 0, 0};
  const PreambleBytes bytes = preamble(1, 258, 66051);

  CHECK(std::memcmp(bytes.data(), expected, sizeof expected) == 0);
}

TEST_CASE("a preamble survives encoding and decoding, up to the limits") {
  const Preamble read = decode_preamble(preamble(kProtocolVersion, 1000, 2000), kLimits);

  CHECK(read.version == kProtocolVersion);
  CHECK(read.header_bytes == 1000);
  CHECK(read.payload_bytes == 2000);
}

TEST_CASE("bytes that begin otherwise are told to be another protocol") {
  PreambleBytes bytes = preamble(kProtocolVersion, 1, 1);
  bytes[0] = std::byte{'H'};
  CHECK(error_of(bytes) == "does not speak twinfer's protocol");
}

TEST_CASE("a reserved field that is not zero is another protocol") {
  PreambleBytes bytes = preamble(kProtocolVersion, 1, 1);
  bytes[6] = std::byte{1};
  CHECK(error_of(bytes) == "does not speak twinfer's protocol");
}

TEST_CASE("another protocol version is named with ours") {
  CHECK(error_of(preamble(7, 1, 1)) == "speaks protocol version 7, this program speaks 4");
}

TEST_CASE("a header or payload beyond the limit is refused before it is read") {
  CHECK(error_of(preamble(kProtocolVersion, 1001, 0)) == "sent a header of 1001 bytes, 1000 are allowed here");
  CHECK(error_of(preamble(kProtocolVersion, 0, 2001)) == "sent a payload of 2001 bytes, 2000 are allowed here");
  CHECK(error_of(preamble(kProtocolVersion, 0xffffffff, ~0ULL)) ==
        "sent a header of 4294967295 bytes, 1000 are allowed here");
}

TEST_CASE("a head is the preamble, then the header that it announces") {
  wire::Header header;
  header.mutable_failure()->set_text("no");
  const std::vector<std::byte> head = encode_head(header, 77);

  PreambleBytes bytes;
  std::memcpy(bytes.data(), head.data(), bytes.size());
  const Preamble read = decode_preamble(bytes, kLimits);
  CHECK(read.payload_bytes == 77);
  REQUIRE(head.size() == kPreambleBytes + read.header_bytes);
  CHECK(decode_header(std::span(head).subspan(kPreambleBytes)).failure().text() == "no");
}

TEST_CASE("bytes that are no header are refused") {
  CHECK(header_error_of("\xff\xff\xff\xff") == "sent a header that cannot be read");
}

TEST_CASE("a truncated header is refused") {
  wire::Header header;
  header.mutable_failure()->set_text("a longer text");
  std::string bytes = header.SerializeAsString();
  bytes.pop_back();
  CHECK(header_error_of(bytes) == "sent a header that cannot be read");
}

TEST_CASE("an empty header is refused") { CHECK(header_error_of("") == "sent a header without a message"); }

TEST_CASE("a message is named by its field") {
  wire::Header header;
  CHECK(message_name(header) == "nothing");
  header.mutable_need_weights();
  CHECK(message_name(header) == "need_weights");
}

TEST_CASE("random bytes are read or refused, never anything else") {
  std::mt19937_64 random(1);
  std::size_t refused = 0;
  for (int round = 0; round < 20000; ++round) {
    PreambleBytes bytes = preamble(kProtocolVersion, 10, 10);
    for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    refused += error_of(bytes).empty() ? 0 : 1;

    std::string header(random() % 64, '\0');
    for (char& c : header) c = static_cast<char>(random());
    header_error_of(header);
  }
  CHECK(refused > 10000);
}

TEST_CASE("a changed byte of a real header is read or refused, never anything else") {
  wire::Header header;
  header.mutable_request()->set_id(5);
  header.mutable_request()->add_quantiles(0.5);
  header.mutable_request()->add_tensors()->add_shape(3);
  const std::string good = header.SerializeAsString();
  std::mt19937_64 random(2);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    header_error_of(bytes);
  }
  CHECK(header_error_of(good).empty());
}

}  // namespace
}  // namespace twinfer
