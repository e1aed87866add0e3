// How a message looks on a connection: a fixed preamble, a protobuf header, then
// raw tensor bytes. All preamble fields are little-endian:
//
//   magic "TWNF" | version u16 | zero u16 | header bytes u32 | payload bytes u64
//
// Lengths are bounded before anything is allocated. The preamble's layout is the
// same in every protocol version, so that another version is told from garbage.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "live/wire.pb.h"

namespace twinfer {

inline constexpr std::uint16_t kProtocolVersion = 4;
inline constexpr std::size_t kPreambleBytes = 20;

// A peer broke the protocol. `what()` completes the sentence "PEER: ...".
struct FrameError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Largest lengths that a reader accepts at one moment.
struct FrameLimits {
  std::uint32_t header_bytes = 64 * 1024;
  std::uint64_t payload_bytes = 0;
};

struct Preamble {
  std::uint16_t version = kProtocolVersion;
  std::uint32_t header_bytes = 0;
  std::uint64_t payload_bytes = 0;
};

using PreambleBytes = std::array<std::byte, kPreambleBytes>;

PreambleBytes encode_preamble(const Preamble& preamble);

// Throws FrameError on another magic, another version, or a length beyond `limits`.
Preamble decode_preamble(const PreambleBytes& bytes, const FrameLimits& limits);

// Preamble and header, ready to be sent before `payload_bytes` of payload.
std::vector<std::byte> encode_head(const wire::Header& header, std::uint64_t payload_bytes);

// Throws FrameError on bytes that are no header, or a header without a message.
wire::Header decode_header(std::span<const std::byte> bytes);

// "hello", "result", ...: what a header carries, for error messages.
std::string message_name(const wire::Header& header);

}  // namespace twinfer
