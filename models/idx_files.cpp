// LeCun's idx files, as MNIST comes in: a magic number that states bytes and the
// number of dimensions, the dimensions as big-endian 32-bit numbers, the bytes.
#include <cstdint>
#include <cstring>

#include <ATen/ops/empty.h>

#include "core/error.h"
#include "models/file_bytes.h"
#include "models/image_sets.h"

namespace twinfer {
namespace {

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

struct Idx {
  std::vector<std::size_t> dimensions;
  std::string bytes;
  [[nodiscard]] std::size_t header() const { return 4 + 4 * dimensions.size(); }
};

Idx read_idx(const std::filesystem::path& file, std::size_t dimensions) {
  Idx idx{{}, read_file_bytes(file, kMostPixelBytes)};
  const std::uint32_t magic = 0x800 + static_cast<std::uint32_t>(dimensions);  // 8: bytes without a sign
  if (idx.bytes.size() < 4 + 4 * dimensions || big_endian(idx.bytes, 0) != magic)
    throw InputError(file, "", "", "is no idx file of bytes in " + std::to_string(dimensions) + " dimensions");
  std::size_t size = 1;
  for (std::size_t i = 0; i < dimensions; ++i) {
    const std::size_t most = i == 0 ? kMostImages : static_cast<std::size_t>(kLargestSide);
    idx.dimensions.push_back(big_endian(idx.bytes, 4 + 4 * i));
    if (idx.dimensions.back() < 1 || idx.dimensions.back() > most)
      throw InputError(file, "dimension " + std::to_string(i + 1), std::to_string(idx.dimensions.back()),
                       "must be 1 to " + std::to_string(most));
    size *= idx.dimensions.back();
  }
  if (idx.bytes.size() != idx.header() + size)
    throw InputError(file, "size", std::to_string(idx.bytes.size()),
                     "its dimensions ask for " + std::to_string(idx.header() + size) + " bytes");
  return idx;
}

}  // namespace

LabelledImages load_idx(const std::filesystem::path& images, const std::filesystem::path& labels) {
  const Idx pixels = read_idx(images, 3);
  const Idx classes = read_idx(labels, 1);
  const std::size_t count = pixels.dimensions[0];
  if (classes.dimensions[0] != count)
    throw InputError(labels, "labels", std::to_string(classes.dimensions[0]),
                     "there are " + std::to_string(count) + " images");
  LabelledImages data;
  data.images = at::empty(
      {static_cast<long>(count), 1, static_cast<long>(pixels.dimensions[1]), static_cast<long>(pixels.dimensions[2])},
      at::kByte);
  std::memcpy(data.images.data_ptr<std::uint8_t>(), pixels.bytes.data() + pixels.header(),
              pixels.bytes.size() - pixels.header());
  for (std::size_t i = 0; i < count; ++i) {
    data.labels.push_back(static_cast<unsigned char>(classes.bytes[classes.header() + i]));
    data.samples.push_back(i);
  }
  return data;
}

}  // namespace twinfer
