// Labelled images from the data sets that users have on disk. Every reader checks
// every size and class, and keeps no more than its limits.
//
//   image folder  DIR/{train,test}/CLASS/*.{jpg,jpeg,png,bmp}, classes in the order of their names
//   CIFAR-10      DIR/data_batch_1.bin .. _5.bin and test_batch.bin
//   CIFAR-100     DIR/train.bin and test.bin; the fine classes
//   MNIST         DIR/{train,t10k}-images-idx3-ubyte and -labels-idx1-ubyte, gzipped (.gz) or not
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/dataset.h"

namespace twinfer {

enum class ImagePart { kTraining, kTest };

// Images as bytes (network_input turns them into a network's input), sample ids
// from 0 in the order of the files. Throws InputError naming the file and what is
// wrong, or DIR if it holds none of these.
LabelledImages load_images(const std::filesystem::path& dir, ImagePart part);

// The readers behind it. A class is a folder's place among these names.
std::vector<std::string> class_names(const std::filesystem::path& dir);
LabelledImages load_image_folder(const std::filesystem::path& dir);
LabelledImages load_cifar10(const std::vector<std::filesystem::path>& files);
LabelledImages load_cifar100(const std::filesystem::path& file);
LabelledImages load_idx(const std::filesystem::path& images, const std::filesystem::path& labels);

// The most images of a set, and the largest width or height of one.
inline constexpr std::size_t kMostImages = 200'000;
inline constexpr long kLargestSide = 256;
inline constexpr std::size_t kMostPixelBytes = std::size_t{2} << 30;  // of a set

}  // namespace twinfer
