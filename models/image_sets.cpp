// Tells by its files which kind of data set a folder holds.
#include "models/image_sets.h"

#include <optional>

#include "core/error.h"

namespace twinfer {
namespace {

using Path = std::filesystem::path;

std::optional<Path> zipped_or_not(const Path& file) {
  if (std::filesystem::exists(file)) return file;
  Path zipped = file;
  zipped += ".gz";
  if (std::filesystem::exists(zipped)) return zipped;
  return std::nullopt;
}

std::vector<Path> cifar10_files(const Path& dir, ImagePart part) {
  if (part == ImagePart::kTest) return {dir / "test_batch.bin"};
  std::vector<Path> files;
  for (int batch = 1; batch <= 5; ++batch) files.push_back(dir / ("data_batch_" + std::to_string(batch) + ".bin"));
  return files;
}

// A class that one part lacks would shift the numbers of those after it.
void check_same_classes(const Path& dir) {
  if (!std::filesystem::is_directory(dir / "train") || !std::filesystem::is_directory(dir / "test")) return;
  if (class_names(dir / "train") != class_names(dir / "test"))
    throw InputError(dir, "classes", "", "train/ and test/ must have folders of the same names");
}

}  // namespace

LabelledImages load_images(const Path& dir, ImagePart part) {
  const bool test = part == ImagePart::kTest;
  if (!std::filesystem::is_directory(dir)) throw InputError(dir, "", "", "is no folder");
  const Path classes = dir / (test ? "test" : "train");
  if (std::filesystem::is_directory(classes)) {
    check_same_classes(dir);
    return load_image_folder(classes);
  }
  if (const auto files = cifar10_files(dir, part); std::filesystem::exists(files.front())) return load_cifar10(files);
  if (const Path file = dir / (test ? "test.bin" : "train.bin"); std::filesystem::exists(file))
    return load_cifar100(file);
  const std::string prefix = test ? "t10k" : "train";
  const auto images = zipped_or_not(dir / (prefix + "-images-idx3-ubyte"));
  const auto labels = zipped_or_not(dir / (prefix + "-labels-idx1-ubyte"));
  if (images && labels) return load_idx(*images, *labels);
  throw InputError(dir, "", "",
                   std::string("holds no data set: neither ") + (test ? "test" : "train") +
                       "/CLASS/ nor files of CIFAR-10, CIFAR-100 or MNIST");
}

}  // namespace twinfer
