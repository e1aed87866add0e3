// The digits that come with Twinfer, and files that are not them.
#include "models/dataset.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <zlib.h>

#include "core/error.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

const std::filesystem::path kModels = std::filesystem::path(TWINFER_SOURCE_DIR) / "models";

const std::string kBlank = [] {
  std::string line;
  for (int pixel = 0; pixel < 64; ++pixel) line += "0,";
  return line + "0\n";
}();

std::filesystem::path zip(const TemporaryFolder& folder, const std::string& text) {
  const std::filesystem::path file = folder / "digits.csv.gz";
  gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  return file;
}

std::string complaint_about(const std::filesystem::path& file) {
  try {
    load_digits(file);
  } catch (const InputError& error) {
    return std::string(error.what()).substr(file.string().size() + 2);
  }
  return "";
}

TEST_CASE("a quarter of each class of the digits is held out") {
  const DataSplit data = load_digits(digits_file(kModels));
  CHECK(data.training.labels.size() == 1352);
  CHECK(data.held_out.labels.size() == 445);
  for (int label = 0; label < 10; ++label) {
    const auto held = std::ranges::count(data.held_out.labels, label);
    const auto all = held + std::ranges::count(data.training.labels, label);
    CHECK(held == all / 4);
  }
}

TEST_CASE("no sample is on both sides of the split") {
  const DataSplit data = load_digits(digits_file(kModels));
  std::set<std::size_t> samples(data.training.samples.begin(), data.training.samples.end());
  samples.insert(data.held_out.samples.begin(), data.held_out.samples.end());
  CHECK(samples.size() == 1797);
}

TEST_CASE("digits are 64x64 images between paper and ink") {
  const DataSplit data = load_digits(digits_file(kModels));
  CHECK(data.held_out.images.sizes().vec() == std::vector<long>{445, 1, 64, 64});
  CHECK(data.held_out.images.min().item<float>() == -1.0F);
  CHECK(data.held_out.images.max().item<float>() == 1.0F);
}

TEST_CASE("a request's input is its sample of the data set") {
  const DataSplit data = load_digits(digits_file(kModels));
  const InputSource source("digits", kModels, {1, 1, 64, 64}, 1);
  const std::size_t sample = data.held_out.samples[7];
  CHECK(at::equal(source.input(sample), data.held_out.images.narrow(0, 7, 1)));
  CHECK_THROWS_WITH_AS(source.input(1797), "sample: `1797`: must be below 1797", InputError);
}

TEST_CASE("inputs of a network without data are draws of seed and sample alone") {
  const std::vector<long> shape{1, 3, 8, 8};
  const InputSource source("alexnet", kModels, shape, 4);
  const at::Tensor first = source.input(1);
  const at::Tensor second = source.input(2);
  CHECK(at::equal(InputSource("alexnet", kModels, shape, 4).input(2), second));
  CHECK_FALSE(at::equal(first, second));
  CHECK_FALSE(at::equal(InputSource("alexnet", kModels, shape, 5).input(2), second));
}

TEST_CASE("a request's input is the test image of a data folder where one is given") {
  const TemporaryFolder folder;
  folder.write("test_batch.bin", std::string(3073, '\0') + std::string(1, '\1') + std::string(3072, '\xFF'));
  const InputSource source("cifar10-branchy", kModels, {1, 3, 32, 32}, 1, folder.path());
  // (1 - 0.4914) / 0.2470
  CHECK(source.input(1)[0][0][31][31].item<double>() == doctest::Approx(2.0591).epsilon(1e-4));
  CHECK_THROWS_WITH_AS(source.input(2), "sample: `2`: must be below 2", InputError);
  CHECK_THROWS_WITH_AS(InputSource("vgg16", kModels, {1, 3, 224, 224}, 1, folder.path()),
                       (folder.path().string() + ": images: `1x3x32x32`: vgg16 takes 1x3x224x224").c_str(), InputError);
}

TEST_CASE("digits are offered at their one shape only") {
  CHECK_THROWS_WITH_AS(InputSource("digits", kModels, {1, 1, 32, 32}, 1),
                       "digits: input shape: `1x1x32x32`: must be 1x1x64x64", InputError);
}

TEST_CASE("a data set that is missing or empty is refused") {
  const TemporaryFolder folder;
  CHECK(complaint_about(folder / "none.csv.gz") == "cannot be read");
  CHECK(complaint_about(zip(folder, "")) == "is empty");
  std::ofstream(folder / "nothing.csv.gz").close();
  CHECK(complaint_about(folder / "nothing.csv.gz") == "is empty");
}

TEST_CASE("a data set cut off within the archive or after a line is refused") {
  const TemporaryFolder folder;
  std::ifstream in(digits_file(kModels), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  std::ofstream(folder / "half.csv.gz", std::ios::binary) << whole.substr(0, whole.size() / 2);
  CHECK(complaint_about(folder / "half.csv.gz") == "is damaged or truncated");
  CHECK(complaint_about(zip(folder, kBlank + kBlank)) == "samples: `2`: must be 1797");
}

TEST_CASE("a line that is no digit is refused with its number") {
  const TemporaryFolder folder;
  const std::string allowed = ": must be 64 pixels of 0 to 16 and a class of 0 to 9";
  CHECK(complaint_about(zip(folder, kBlank + "1,2,3\n")) == "line 2: `1,2,3`" + allowed);
  const std::string dark = "17" + kBlank.substr(1, kBlank.size() - 2);
  CHECK(complaint_about(zip(folder, dark + "\n")) == "line 1: `" + dark + "`" + allowed);
  const std::string classless = kBlank.substr(0, kBlank.size() - 2) + "10";
  CHECK(complaint_about(zip(folder, classless + "\n")) == "line 1: `" + classless + "`" + allowed);
  const std::string longer = kBlank.substr(0, kBlank.size() - 1) + ",0";
  CHECK(complaint_about(zip(folder, longer + "\n")) == "line 1: `" + longer + "`" + allowed);
}

}  // namespace
}  // namespace twinfer
