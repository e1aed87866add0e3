#include "live/frame.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace twinfer {
namespace {

constexpr std::array<char, 4> kMagic{'T', 'W', 'N', 'F'};
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kReservedAt = 6;
constexpr std::size_t kHeaderAt = 8;
constexpr std::size_t kPayloadAt = 12;

template <class Unsigned>
void put(std::span<std::byte> bytes, std::size_t at, Unsigned value) {
  for (std::size_t i = 0; i < sizeof value; ++i) bytes[at + i] = static_cast<std::byte>((value >> (8 * i)) & 0xff);
}

template <class Unsigned>
Unsigned take(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  return static_cast<Unsigned>(value);
}

void check_length(const std::string& what, std::uint64_t length, std::uint64_t limit) {
  if (length > limit)
    throw FrameError("sent a " + what + " of " + std::to_string(length) + " bytes, " + std::to_string(limit) +
                     " are allowed here");
}

}  // namespace

PreambleBytes encode_preamble(const Preamble& preamble) {
  PreambleBytes bytes{};
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  put(bytes, kVersionAt, preamble.version);
  put(bytes, kHeaderAt, preamble.header_bytes);
  put(bytes, kPayloadAt, preamble.payload_bytes);
  return bytes;
}

Preamble decode_preamble(const PreambleBytes& bytes, const FrameLimits& limits) {
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
    throw FrameError("does not speak twinfer's protocol");

  Preamble preamble;
  preamble.version = take<std::uint16_t>(bytes, kVersionAt);
  if (preamble.version != kProtocolVersion)
    throw FrameError("speaks protocol version " + std::to_string(preamble.version) + ", this program speaks " +
                     std::to_string(kProtocolVersion));
  if (take<std::uint16_t>(bytes, kReservedAt) != 0) throw FrameError("does not speak twinfer's protocol");

  preamble.header_bytes = take<std::uint32_t>(bytes, kHeaderAt);
  preamble.payload_bytes = take<std::uint64_t>(bytes, kPayloadAt);
  check_length("header", preamble.header_bytes, limits.header_bytes);
  check_length("payload", preamble.payload_bytes, limits.payload_bytes);
  return preamble;
}

std::vector<std::byte> encode_head(const wire::Header& header, std::uint64_t payload_bytes) {
  const std::size_t header_bytes = header.ByteSizeLong();
  Preamble preamble;
  preamble.header_bytes = static_cast<std::uint32_t>(header_bytes);
  preamble.payload_bytes = payload_bytes;

  std::vector<std::byte> bytes(kPreambleBytes + header_bytes);
  std::ranges::copy(encode_preamble(preamble), bytes.begin());
  header.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(bytes.data() + kPreambleBytes));
  return bytes;
}

wire::Header decode_header(std::span<const std::byte> bytes) {
  wire::Header header;
  if (!header.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw FrameError("sent a header that cannot be read");
  if (header.body_case() == wire::Header::BODY_NOT_SET) throw FrameError("sent a header without a message");
  return header;
}

std::string message_name(const wire::Header& header) {
  const auto* field = wire::Header::descriptor()->FindFieldByNumber(header.body_case());
  return field == nullptr ? "nothing" : field->name();
}

}  // namespace twinfer
