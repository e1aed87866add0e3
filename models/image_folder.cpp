// Folders of image files, one folder a class, read with OpenCV as colour images.
// All must be of one size: nothing is scaled.
#include <algorithm>
#include <cctype>
#include <set>

#include <ATen/ops/empty.h>
#include <opencv2/imgcodecs.hpp>

#include "core/error.h"
#include "models/file_bytes.h"
#include "models/image_sets.h"

namespace twinfer {
namespace {

using Path = std::filesystem::path;

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
constexpr std::size_t kMostClasses = 1000;

bool is_image(const Path& file) {
  static const std::set<std::string> kExtensions{".jpg", ".jpeg", ".png", ".bmp"};
  std::string extension = file.extension();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return kExtensions.contains(extension);
}

std::vector<Path> sorted_images(const Path& dir) {
  std::vector<Path> images;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    if (is_image(entry.path())) images.push_back(entry.path());
  std::ranges::sort(images);
  return images;
}

struct File {
  Path path;
  int label;
};

std::vector<File> list_files(const Path& dir) {
  const std::vector<std::string> classes = class_names(dir);
  if (classes.empty()) throw InputError(dir, "", "", "holds no folder of a class");
  if (classes.size() > kMostClasses)
    throw InputError(dir, "classes", std::to_string(classes.size()), "must be at most " + std::to_string(kMostClasses));
  std::vector<File> files;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const std::vector<Path> images = sorted_images(dir / classes[label]);
    if (images.empty()) throw InputError(dir / classes[label], "", "", "holds no image");
    for (const Path& image : images) files.push_back({image, static_cast<int>(label)});
    if (files.size() > kMostImages)
      throw InputError(dir, "images", "", "must be at most " + std::to_string(kMostImages));
  }
  return files;
}

// A JPEG that breaks off still decodes, to an image with grey below; its end marker tells.
bool is_cut_off(const std::string& bytes) { return bytes.starts_with("\xFF\xD8") && !bytes.ends_with("\xFF\xD9"); }

cv::Mat decode(const Path& file) {
  const std::string bytes = read_file_bytes(file, kLargestFile);
  if (is_cut_off(bytes)) throw InputError(file, "", "", "is a truncated image");
  cv::Mat image;
  try {
    const cv::Mat raw(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data()));
    image = cv::imdecode(raw, cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {
    image.release();
  }
  if (image.empty()) throw InputError(file, "", "", "is no image, or a damaged one");
  if (image.rows > kLargestSide || image.cols > kLargestSide)
    throw InputError(file, "size", std::to_string(image.cols) + "x" + std::to_string(image.rows),
                     "must be at most " + std::to_string(kLargestSide) + " a side");
  return image;
}

// From rows of blue, green and red to planes of red, green and blue.
void copy_planes(const cv::Mat& image, std::uint8_t* planes) {
  const auto area = static_cast<std::size_t>(image.rows) * static_cast<std::size_t>(image.cols);
  std::size_t at = 0;
  for (int row = 0; row < image.rows; ++row) {
    const std::uint8_t* pixel = image.ptr<std::uint8_t>(row);
    for (int column = 0; column < image.cols; ++column, pixel += 3, ++at)
      for (std::size_t plane = 0; plane < 3; ++plane) planes[plane * area + at] = pixel[2 - plane];
  }
}

}  // namespace

std::vector<std::string> class_names(const Path& dir) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    if (entry.is_directory()) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

LabelledImages load_image_folder(const Path& dir) {
  const std::vector<File> files = list_files(dir);
  LabelledImages data;
  std::size_t bytes_each = 0;
  for (const File& file : files) {
    const cv::Mat image = decode(file.path);
    if (data.labels.empty()) {
      bytes_each = image.total() * 3;
      if (bytes_each * files.size() > kMostPixelBytes)
        throw InputError(dir, "images", std::to_string(files.size()), "would take over 2 GiB of memory");
      data.images = at::empty({static_cast<long>(files.size()), 3, image.rows, image.cols}, at::kByte);
    }
    if (image.rows != data.images.size(2) || image.cols != data.images.size(3))
      throw InputError(file.path, "size", std::to_string(image.cols) + "x" + std::to_string(image.rows),
                       "must be " + std::to_string(data.images.size(3)) + "x" + std::to_string(data.images.size(2)) +
                           " as the images before");
    copy_planes(image, data.images.data_ptr<std::uint8_t>() + data.labels.size() * bytes_each);
    data.samples.push_back(data.labels.size());
    data.labels.push_back(file.label);
  }
  return data;
}

}  // namespace twinfer
