// Inputs by sample number.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace twinfer {

struct LabelledImages {
  at::Tensor images;                 // N x C x H x W, float32 as the network takes them, or bytes (pixels.h)
  std::vector<int> labels;           // N
  std::vector<std::size_t> samples;  // N ids in the whole data set
};

struct DataSplit {
  LabelledImages training;
  LabelledImages held_out;
};

// The UCI optical digits of models/data/digits.csv.gz, up-scaled, split into
// training and held-out samples in a fixed way (the same at every seed).
// Throws InputError on a missing, empty or truncated file.
DataSplit load_digits(const std::filesystem::path& file);

// Throws InputError naming `dir` unless all images are of `shape`, batch apart.
void check_image_shape(const LabelledImages& data, const std::vector<long>& shape, const std::string& model,
                       const std::filesystem::path& dir);

// Whether a model's data set lies in the models folder.
bool has_own_data(const std::string& model);

// Where the digits lie in a models folder.
std::filesystem::path digits_file(const std::filesystem::path& models_dir);

// The input tensor of one request: the data set's sample where the model has a
// data set in `models_dir`/data, or else a test image of the folder `data_dir`
// (image_sets.h) if one is given, and a seeded normal tensor of `shape` if not.
// Keeps what it has loaded. Throws InputError on bad data.
class InputSource {
 public:
  InputSource(const std::string& model, const std::filesystem::path& models_dir, const std::vector<long>& shape,
              std::uint64_t seed, const std::filesystem::path& data_dir = {});
  [[nodiscard]] at::Tensor input(std::uint64_t sample) const;  // batch 1; `sample` is the data set's id
  // The class of a sample; nothing where inputs are drawn at random.
  [[nodiscard]] std::optional<int> label(std::uint64_t sample) const;

 private:
  void check_sample(std::uint64_t sample) const;

  std::vector<long> shape_;
  std::uint64_t seed_;
  LabelledImages data_;  // empty without a data set
};

}  // namespace twinfer
