// Layer graphs compared field by field.
#pragma once

#include "core/layer_graph.h"
#include "tests/models/doctest_after_torch.h"

namespace twinfer {

inline void check_equal(const LayerGraph& a, const LayerGraph& b) {
  CHECK(a.model() == b.model());
  REQUIRE(a.size() == b.size());
  for (LayerId id = 0; id < a.size(); ++id) {
    CAPTURE(a.layer(id).name);
    CHECK(a.layer(id).name == b.layer(id).name);
    CHECK(a.layer(id).kind == b.layer(id).kind);
    CHECK(a.layer(id).inputs == b.layer(id).inputs);
    CHECK(a.layer(id).output_shape == b.layer(id).output_shape);
    CHECK(a.layer(id).output_bytes == b.layer(id).output_bytes);
    CHECK(a.layer(id).flops == b.layer(id).flops);
    CHECK(a.layer(id).parameter_bytes == b.layer(id).parameter_bytes);
  }
  REQUIRE(a.exit_heads().size() == b.exit_heads().size());
  for (ExitId id = 0; id < a.exit_heads().size(); ++id) {
    CHECK(a.exit_heads()[id].name == b.exit_heads()[id].name);
    CHECK(a.exit_heads()[id].layer == b.exit_heads()[id].layer);
    CHECK(a.exit_heads()[id].flops == b.exit_heads()[id].flops);
    CHECK(a.exit_heads()[id].parameter_bytes == b.exit_heads()[id].parameter_bytes);
  }
}

}  // namespace twinfer
