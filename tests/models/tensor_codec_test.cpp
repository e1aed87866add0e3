// Tensors as bytes.
#include "models/tensor_codec.h"

#include <cstring>

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>

#include "core/error.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/models/split_run.h"

namespace twinfer {
namespace {

at::Tensor counted() { return at::arange(6, at::kFloat).view({1, 2, 3}); }

TEST_CASE("a contiguous tensor is encoded without a copy") {
  const at::Tensor tensor = counted();
  const EncodedTensor encoded = encode_tensor(tensor);
  CHECK(static_cast<const void*>(encoded.bytes.data()) == tensor.data_ptr<float>());
  CHECK(encoded.bytes.size() == 24);
  CHECK(encoded.shape == std::vector<long>{1, 2, 3});
}

TEST_CASE("a view with gaps is encoded as what it shows") {
  const at::Tensor turned = counted().transpose(1, 2);
  REQUIRE_FALSE(turned.is_contiguous());
  CHECK(at::equal(through_codec(turned), turned));
}

TEST_CASE("what is decoded is what was encoded") { CHECK(at::equal(through_codec(counted()), counted())); }

TEST_CASE("a shape is refused before anything is allocated for it") {
  CHECK_THROWS_WITH_AS(make_decode_buffer({}, 100), "tensor: shape: must have at least one dimension", InputError);
  CHECK_THROWS_WITH_AS(make_decode_buffer({1, 0, 2}, 100), "tensor: shape: `1x0x2`: sizes must be at least 1",
                       InputError);
  CHECK_THROWS_WITH_AS(make_decode_buffer({1, -3}, 100), "tensor: shape: `1x-3`: sizes must be at least 1", InputError);
  CHECK_THROWS_WITH_AS(make_decode_buffer({26}, 100), "tensor: shape: `26`: must not need more than 100 bytes",
                       InputError);
  // 4 * 2^31 * 2^31 bytes are 0 modulo 2^64
  CHECK_THROWS_WITH_AS(make_decode_buffer({1L << 31, 1L << 31}, std::size_t{1} << 40),
                       "tensor: shape: `2147483648x2147483648`: must not need more than 1099511627776 bytes",
                       InputError);
  CHECK(make_decode_buffer({25}, 100).bytes.size() == 100);
}

}  // namespace
}  // namespace twinfer
