#include "live/wire_tensor.h"

#include <utility>

namespace twinfer {

WireTensor allocate_bytes(LayerId layer, std::vector<long> shape, std::size_t bytes) {
  const std::shared_ptr<std::byte[]> memory(new std::byte[bytes]);
  return {layer, std::move(shape), std::shared_ptr<void>(memory, memory.get()), {memory.get(), bytes}};
}

}  // namespace twinfer
