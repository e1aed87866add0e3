// A tensor as the transport sees it: a shape and bytes that somebody keeps alive.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/layer_graph.h"

namespace twinfer {

struct WireTensor {
  LayerId layer = 0;  // that made it
  std::vector<long> shape;
  std::shared_ptr<void> owner;  // of `bytes`
  std::span<std::byte> bytes;
};

// Plain memory for payloads that are no tensors, and for tests without LibTorch.
WireTensor allocate_bytes(LayerId layer, std::vector<long> shape, std::size_t bytes);

}  // namespace twinfer
