// A tensor as bytes on the wire and back: float32, contiguous, host byte order
// (little-endian is checked at build time). Neither way copies a contiguous tensor.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace twinfer {

struct EncodedTensor {
  std::vector<long> shape;
  at::Tensor keep_alive;  // owns `bytes`
  std::span<const std::byte> bytes;
};

// REQUIRES: a float32 CPU tensor.
EncodedTensor encode_tensor(const at::Tensor& tensor);

// An uninitialised tensor to receive into, and the bytes behind it.
struct DecodeBuffer {
  at::Tensor tensor;
  std::span<std::byte> bytes;
};
// Throws InputError if the shape is empty, not positive, or above `limit_bytes`.
DecodeBuffer make_decode_buffer(const std::vector<long>& shape, std::size_t limit_bytes);

}  // namespace twinfer
