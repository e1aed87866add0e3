#include "core/cut.h"

#include <vector>

#include <doctest/doctest.h>

#include "tests/support/tiny.h"

namespace twinfer {
namespace {

void check_cut(const LayerGraph& graph, LayerId after, const std::vector<LayerId>& tensors, double bytes) {
  CAPTURE(after);
  const Cut cut = cut_after(graph, after);
  CHECK(cut.tensors == tensors);
  CHECK(cut.bytes.si() == bytes);
}

TEST_CASE("a cut of a chain ships the output before it") {
  const LayerGraph graph = tiny::chain({100, 40, 8});
  check_cut(graph, 0, {0}, 100);
  check_cut(graph, 1, {1}, 40);
  check_cut(graph, 2, {}, 0);
}

TEST_CASE("a tensor that several later layers read crosses once") {
  // Layers 2, 3 and 4 all read layer 1.
  const LayerGraph graph = tiny::dag({{{}, 100}, {{0}, 40}, {{1}, 8}, {{1, 2}, 8}, {{1, 3}, 4}});
  check_cut(graph, 1, {1}, 40);
  check_cut(graph, 2, {1, 2}, 48);
  check_cut(graph, 3, {1, 3}, 48);
}

TEST_CASE("a tensor that only a later stage reads is relayed across every cut up to it") {
  // The input is read again by layer 3, the residual connection around 1 and 2.
  const LayerGraph graph = tiny::dag({{{}, 100}, {{0}, 40}, {{1}, 8}, {{0, 2}, 16}, {{3}, 4}});
  check_cut(graph, 1, {0, 1}, 140);
  check_cut(graph, 2, {0, 2}, 108);
  check_cut(graph, 3, {3}, 16);
}

TEST_CASE("a tensor whose last reader is before the cut does not cross") {
  // Two branches from layer 1: 2 reads it and ends in 4, 3 reads it last.
  const LayerGraph graph = tiny::dag({{{}, 100}, {{0}, 40}, {{1}, 8}, {{1}, 16}, {{2, 3}, 4}});
  check_cut(graph, 3, {2, 3}, 24);
}

}  // namespace
}  // namespace twinfer
