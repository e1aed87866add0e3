#include "models/tensor_codec.h"

#include <bit>

#include <ATen/ops/empty.h>

#include "core/error.h"
#include "core/layer_graph.h"

namespace twinfer {

static_assert(std::endian::native == std::endian::little, "tensors travel in host byte order, which must be little");

EncodedTensor encode_tensor(const at::Tensor& tensor) {
  TORCH_INTERNAL_ASSERT(tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat);
  const at::Tensor contiguous = tensor.contiguous();
  const auto* first = reinterpret_cast<const std::byte*>(contiguous.data_ptr<float>());
  return {contiguous.sizes().vec(), contiguous, {first, contiguous.nbytes()}};
}

DecodeBuffer make_decode_buffer(const std::vector<long>& shape, std::size_t limit_bytes) {
  if (shape.empty()) throw InputError("tensor", "shape", "", "must have at least one dimension");
  std::size_t bytes = sizeof(float);
  for (const long size : shape) {
    if (size < 1) throw InputError("tensor", "shape", format_shape(shape), "sizes must be at least 1");
    const auto factor = static_cast<std::size_t>(size);
    if (factor > limit_bytes / bytes)  // without overflow
      throw InputError("tensor", "shape", format_shape(shape),
                       "must not need more than " + std::to_string(limit_bytes) + " bytes");
    bytes *= factor;
  }
  at::Tensor tensor = at::empty(shape, at::kFloat);
  return {tensor, {reinterpret_cast<std::byte*>(tensor.data_ptr<float>()), bytes}};
}

}  // namespace twinfer
