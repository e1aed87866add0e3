// Data sets of a few images, and files that are none.
#include "models/image_sets.h"

#include <ATen/core/Tensor.h>
#include <zlib.h>

#include "core/error.h"
#include "models/pixels.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

int pixel(const LabelledImages& data, long image, long channel, long row, long column) {
  return data.images[image][channel][row][column].item<int>();
}

// What loading complains of, without the folder's path.
std::string complaint(const TemporaryFolder& folder, ImagePart part = ImagePart::kTest) {
  return refusal_of(folder, [&] { load_images(folder.path(), part); });
}

std::string byte(int value) { return {static_cast<char>(value)}; }

// A record of CIFAR: class bytes, then red, green and blue of one value each.
std::string record(const std::string& classes, int red, int green, int blue) {
  return classes + std::string(1024, static_cast<char>(red)) + std::string(1024, static_cast<char>(green)) +
         std::string(1024, static_cast<char>(blue));
}

TEST_CASE("CIFAR-10's training files are read one after the other") {
  const TemporaryFolder folder;
  for (int batch = 1; batch <= 5; ++batch)
    folder.write("data_batch_" + std::to_string(batch) + ".bin", record(byte(batch), 10 * batch, 200, 255));
  const LabelledImages data = load_images(folder.path(), ImagePart::kTraining);
  CHECK(data.labels == std::vector<int>{1, 2, 3, 4, 5});
  CHECK(data.samples == std::vector<std::size_t>{0, 1, 2, 3, 4});
  CHECK(data.images.sizes().vec() == std::vector<long>{5, 3, 32, 32});
  CHECK(pixel(data, 3, 0, 31, 31) == 40);
  CHECK(pixel(data, 3, 1, 0, 0) == 200);
  CHECK(pixel(data, 3, 2, 0, 0) == 255);
}

TEST_CASE("CIFAR-100's fine class is taken") {
  const TemporaryFolder folder;
  folder.write("test.bin", record(byte(19) + byte(99), 1, 2, 3) + record(byte(0) + byte(7), 4, 5, 6));
  const LabelledImages data = load_images(folder.path(), ImagePart::kTest);
  CHECK(data.labels == std::vector<int>{99, 7});
  CHECK(pixel(data, 1, 2, 5, 5) == 6);
}

TEST_CASE("CIFAR files that are cut off or hold wrong classes are refused") {
  const TemporaryFolder folder;
  folder.write("test_batch.bin", record(byte(1), 1, 2, 3).substr(0, 3000));
  CHECK(complaint(folder) == "test_batch.bin: size: `3000`: must be a multiple of 3073 bytes");
  folder.write("test_batch.bin", record(byte(1), 1, 2, 3) + record(byte(10), 1, 2, 3));
  CHECK(complaint(folder) == "test_batch.bin: image 2, class: `10`: must be below 10");
  folder.write("test_batch.bin", "");
  CHECK(complaint(folder) == "test_batch.bin: is empty");

  folder.write("data_batch_1.bin", record(byte(1), 1, 2, 3));
  CHECK(complaint(folder, ImagePart::kTraining) == "data_batch_2.bin: cannot be read");

  const TemporaryFolder hundred;
  hundred.write("test.bin", record(byte(20) + byte(1), 1, 2, 3));
  CHECK(complaint(hundred) == "test.bin: image 1, class: `20`: must be below 20");
}

std::string big_endian(int value) { return byte(0) + byte(0) + byte(value >> 8) + byte(value & 255); }

// Two images of two rows and three columns.
const std::string kIdxImages = big_endian(0x803) + big_endian(2) + big_endian(2) + big_endian(3) + "abcdefghijkl";
const std::string kIdxLabels = big_endian(0x801) + big_endian(2) + byte(7) + byte(1);

void zip(const std::filesystem::path& file, const std::string& bytes) {
  gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
}

TEST_CASE("idx files are read gzipped or not") {
  const TemporaryFolder folder;
  zip(folder / "t10k-images-idx3-ubyte.gz", kIdxImages);
  folder.write("t10k-labels-idx1-ubyte", kIdxLabels);
  const LabelledImages data = load_images(folder.path(), ImagePart::kTest);
  CHECK(data.images.sizes().vec() == std::vector<long>{2, 1, 2, 3});
  CHECK(pixel(data, 1, 0, 0, 0) == 'g');
  CHECK(pixel(data, 1, 0, 1, 2) == 'l');
  CHECK(data.labels == std::vector<int>{7, 1});
}

TEST_CASE("idx files with wrong sizes are refused") {
  const TemporaryFolder folder;
  const std::string name = "t10k-images-idx3-ubyte";
  folder.write("t10k-labels-idx1-ubyte", kIdxLabels);
  folder.write(name, kIdxImages.substr(0, 27));
  CHECK(complaint(folder) == name + ": size: `27`: its dimensions ask for 28 bytes");
  folder.write(name, kIdxLabels);
  CHECK(complaint(folder) == name + ": is no idx file of bytes in 3 dimensions");
  folder.write(name, big_endian(0x803) + big_endian(1) + big_endian(2) + big_endian(400));
  CHECK(complaint(folder) == name + ": dimension 3: `400`: must be 1 to 256");
  folder.write(name, big_endian(0x803) + big_endian(1) + big_endian(2) + big_endian(3) + "abcdef");
  CHECK(complaint(folder) == "t10k-labels-idx1-ubyte: labels: `2`: there are 1 images");
  zip(folder / (name + ".gz"), kIdxImages);
  std::filesystem::remove(folder / name);
  std::filesystem::resize_file(folder / (name + ".gz"), 30);
  CHECK(complaint(folder) == name + ".gz: is damaged or truncated");
}

// A bitmap of 2x1 pixels, the left one red, the right one blue: 54 bytes of
// header, rows of 8 bytes.
const std::string kRedBlue = std::string("BM") + byte(62) + std::string(7, '\0') + byte(54) + std::string(3, '\0') +
                             byte(40) + std::string(3, '\0') + byte(2) + std::string(3, '\0') + byte(1) +
                             std::string(3, '\0') + byte(1) + byte(0) + byte(24) + byte(0) + std::string(24, '\0') +
                             byte(0) + byte(0) + byte(255) + byte(255) + byte(0) + byte(0) + byte(0) + byte(0);

TEST_CASE("an image folder has a class for each folder in the order of their names") {
  const TemporaryFolder folder;
  folder.write("test/zebra/1.bmp", kRedBlue);
  folder.write("test/ant/2.bmp", kRedBlue);
  folder.write("test/ant/1.bmp", kRedBlue);
  folder.write("test/ant/notes.txt", "no image");
  const LabelledImages data = load_images(folder.path(), ImagePart::kTest);
  CHECK(data.labels == std::vector<int>{0, 0, 1});
  CHECK(data.images.sizes().vec() == std::vector<long>{3, 3, 1, 2});
  // red, green and blue planes
  CHECK(pixel(data, 2, 0, 0, 0) == 255);
  CHECK(pixel(data, 2, 2, 0, 0) == 0);
  CHECK(pixel(data, 2, 0, 0, 1) == 0);
  CHECK(pixel(data, 2, 2, 0, 1) == 255);
}

TEST_CASE("an image's extension may be in capitals") {
  const TemporaryFolder folder;
  folder.write("test/ant/1.BMP", kRedBlue);
  CHECK(load_images(folder.path(), ImagePart::kTest).labels.size() == 1);
}

TEST_CASE("training and test folders of other classes are refused") {
  const TemporaryFolder folder;
  folder.write("train/ant/1.bmp", kRedBlue);
  folder.write("train/bee/1.bmp", kRedBlue);
  folder.write("test/ant/1.bmp", kRedBlue);
  const std::string message =
      folder.path().string() + ": classes: train/ and test/ must have folders of the same names";
  CHECK(complaint(folder) == message);
  CHECK(complaint(folder, ImagePart::kTraining) == message);
}

TEST_CASE("image folders with bad images, or none, are refused by name") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "test");
  CHECK(complaint(folder) == "test: holds no folder of a class");
  std::filesystem::create_directories(folder / "test/ant");
  CHECK(complaint(folder) == "test/ant: holds no image");
  folder.write("test/ant/1.jpg", "\xFF\xD8 and then nothing");
  CHECK(complaint(folder) == "test/ant/1.jpg: is a truncated image");
  folder.write("test/ant/1.jpg", "text");
  CHECK(complaint(folder) == "test/ant/1.jpg: is no image, or a damaged one");
  folder.write("test/ant/1.jpg", std::string(2 << 20, 'x'));
  CHECK(complaint(folder) == "test/ant/1.jpg: holds over 1048576 bytes");

  std::filesystem::remove(folder / "test/ant/1.jpg");
  folder.write("test/ant/1.bmp", kRedBlue);
  std::string narrow = kRedBlue;
  narrow[18] = 1;  // the width
  folder.write("test/ant/2.bmp", narrow);
  CHECK(complaint(folder) == "test/ant/2.bmp: size: `1x1`: must be 2x1 as the images before");
}

TEST_CASE("a folder that holds no data set is refused") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(load_images(folder / "none", ImagePart::kTest),
                       ((folder / "none").string() + ": is no folder").c_str(), InputError);
  const std::string held = ": holds no data set: neither ";
  CHECK_THROWS_WITH_AS(
      load_images(folder.path(), ImagePart::kTraining),
      (folder.path().string() + held + "train/CLASS/ nor files of CIFAR-10, CIFAR-100 or MNIST").c_str(), InputError);
}

TEST_CASE("bytes become what a network takes, channel by channel") {
  const TemporaryFolder folder;
  folder.write("test/ant/1.bmp", kRedBlue);
  const at::Tensor input = network_input(load_images(folder.path(), ImagePart::kTest).images);
  // (255 / 255 - 0.4914) / 0.2470 and (0 - 0.4822) / 0.2435
  CHECK(input[0][0][0][0].item<double>() == doctest::Approx(2.0591).epsilon(1e-4));
  CHECK(input[0][1][0][0].item<double>() == doctest::Approx(-1.9803).epsilon(1e-4));
}

}  // namespace
}  // namespace twinfer
