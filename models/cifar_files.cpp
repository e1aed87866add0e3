// CIFAR's binary files (Krizhevsky, "Learning multiple layers of features from
// tiny images", 2009): records of the class, for CIFAR-100 the coarse class
// before it, then 32x32 bytes of red, of green and of blue.
#include <cstring>

#include <ATen/ops/empty.h>

#include "core/error.h"
#include "models/file_bytes.h"
#include "models/image_sets.h"

namespace twinfer {
namespace {

constexpr long kSide = 32;
constexpr std::size_t kPixels = 3 * kSide * kSide;

struct Format {
  std::vector<int> classes;  // of each class byte; the last one is taken
  [[nodiscard]] std::size_t record() const { return classes.size() + kPixels; }
};

std::string read_records(const std::filesystem::path& file, const Format& format) {
  std::string bytes = read_file_bytes(file, kMostImages * format.record());
  if (bytes.size() % format.record() != 0)
    throw InputError(file, "size", std::to_string(bytes.size()),
                     "must be a multiple of " + std::to_string(format.record()) + " bytes");
  return bytes;
}

void check_classes(const std::filesystem::path& file, const std::string& bytes, const Format& format) {
  for (std::size_t begin = 0; begin < bytes.size(); begin += format.record())
    for (std::size_t i = 0; i < format.classes.size(); ++i)
      if (const int given = static_cast<unsigned char>(bytes[begin + i]); given >= format.classes[i])
        throw InputError(file, "image " + std::to_string(begin / format.record() + 1) + ", class",
                         std::to_string(given), "must be below " + std::to_string(format.classes[i]));
}

LabelledImages load(const std::vector<std::filesystem::path>& files, const Format& format) {
  std::string bytes;
  for (const auto& file : files) {
    const std::string more = read_records(file, format);
    check_classes(file, more, format);
    bytes += more;
    if (bytes.size() > kMostImages * format.record())
      throw InputError(file, "images", "", "make over " + std::to_string(kMostImages) + " with those before");
  }
  const std::size_t count = bytes.size() / format.record();
  LabelledImages data;
  data.images = at::empty({static_cast<long>(count), 3, kSide, kSide}, at::kByte);
  for (std::size_t i = 0; i < count; ++i) {
    const char* const pixels = bytes.data() + i * format.record() + format.classes.size();
    std::memcpy(data.images.data_ptr<std::uint8_t>() + i * kPixels, pixels, kPixels);
    data.labels.push_back(static_cast<unsigned char>(pixels[-1]));
    data.samples.push_back(i);
  }
  return data;
}

}  // namespace

LabelledImages load_cifar10(const std::vector<std::filesystem::path>& files) { return load(files, {{10}}); }

LabelledImages load_cifar100(const std::filesystem::path& file) { return load({file}, {{20, 100}}); }

}  // namespace twinfer
