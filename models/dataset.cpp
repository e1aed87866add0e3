#include "models/dataset.h"

#include <array>
#include <charconv>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "core/error.h"
#include "core/layer_graph.h"
#include "core/random.h"
#include "models/file_bytes.h"
#include "models/image_sets.h"
#include "models/pixels.h"
#include "models/zoo.h"

namespace twinfer {
namespace {

constexpr std::size_t kDigitsSamples = 1797;
constexpr std::size_t kPixels = 64;  // 8x8
constexpr int kDarkest = 16;
constexpr int kClasses = 10;
constexpr int kHeldOutEvery = 4;
constexpr std::size_t kLargestText = std::size_t{1} << 22;

// The whole numbers of one line, each at most `kDarkest`.
std::array<int, kPixels + 1> parse_line(std::string_view line, const std::string& file, std::size_t number) {
  std::array<int, kPixels + 1> values{};
  const char* next = line.data();
  const char* const end = line.data() + line.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto [after, error] = std::from_chars(next, end, values[i]);
    const bool last = i + 1 == values.size();
    const int most = last ? kClasses - 1 : kDarkest;
    if (error != std::errc{} || values[i] < 0 || values[i] > most ||
        (last ? after != end : after == end || *after != ','))
      throw InputError(file, "line " + std::to_string(number), std::string(line),
                       "must be 64 pixels of 0 to 16 and a class of 0 to 9");
    next = after + 1;
  }
  return values;
}

LabelledImages parse_digits(const std::filesystem::path& file) {
  const std::string text = read_file_bytes(file, kLargestText);
  std::vector<float> pixels;
  LabelledImages data;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const auto values = parse_line(std::string_view(text).substr(begin, end - begin), file, data.labels.size() + 1);
    for (std::size_t i = 0; i < kPixels; ++i) pixels.push_back(static_cast<float>(values[i]) / 8.0F - 1.0F);  // [-1, 1]
    data.samples.push_back(data.labels.size());
    data.labels.push_back(values.back());
    begin = end + 1;
  }
  if (data.labels.size() != kDigitsSamples)
    throw InputError(file, "samples", std::to_string(data.labels.size()), "must be " + std::to_string(kDigitsSamples));

  const at::Tensor small = at::from_blob(pixels.data(), {static_cast<long>(kDigitsSamples), 1, 8, 8}, at::kFloat);
  const std::vector<long> shape = default_input_shape("digits");
  data.images = at::upsample_bilinear2d(small, {shape[2], shape[3]}, /*align_corners=*/false);
  return data;
}

LabelledImages select(const LabelledImages& all, const std::vector<std::size_t>& samples) {
  LabelledImages chosen;
  std::vector<at::Tensor> images;
  for (const std::size_t sample : samples) {
    images.push_back(all.images[static_cast<long>(sample)]);
    chosen.labels.push_back(all.labels[sample]);
    chosen.samples.push_back(sample);
  }
  chosen.images = at::stack(images);
  return chosen;
}

}  // namespace

DataSplit load_digits(const std::filesystem::path& file) {
  const LabelledImages all = parse_digits(file);
  std::array<int, kClasses> seen{};
  std::vector<std::size_t> training;
  std::vector<std::size_t> held_out;
  for (const std::size_t sample : all.samples) {
    const int count = ++seen[static_cast<std::size_t>(all.labels[sample])];
    (count % kHeldOutEvery == 0 ? held_out : training).push_back(sample);
  }
  return {select(all, training), select(all, held_out)};
}

bool has_own_data(const std::string& model) { return model == "digits"; }

std::filesystem::path digits_file(const std::filesystem::path& models_dir) {
  return models_dir / "data" / "digits.csv.gz";
}

void check_image_shape(const LabelledImages& data, const std::vector<long>& shape, const std::string& model,
                       const std::filesystem::path& dir) {
  std::vector<long> given = data.images.sizes().vec();
  given[0] = 1;
  if (given != shape) throw InputError(dir, "images", format_shape(given), model + " takes " + format_shape(shape));
}

InputSource::InputSource(const std::string& model, const std::filesystem::path& models_dir,
                         const std::vector<long>& shape, std::uint64_t seed, const std::filesystem::path& data_dir)
    : shape_(shape), seed_(seed) {
  if (has_own_data(model)) {
    if (shape != default_input_shape(model))
      throw InputError(model, "input shape", format_shape(shape),
                       "must be " + format_shape(default_input_shape(model)));
    data_ = parse_digits(digits_file(models_dir));
    if (!data_dir.empty()) throw InputError("", "data", data_dir, model + " has its own, in " + models_dir.string());
  } else if (!data_dir.empty()) {
    data_ = load_images(data_dir, ImagePart::kTest);
    check_image_shape(data_, shape, model, data_dir);
  }
}

void InputSource::check_sample(std::uint64_t sample) const {
  if (sample >= data_.labels.size())
    throw InputError("", "sample", std::to_string(sample), "must be below " + std::to_string(data_.labels.size()));
}

std::optional<int> InputSource::label(std::uint64_t sample) const {
  if (!data_.images.defined()) return std::nullopt;
  check_sample(sample);
  return data_.labels[sample];
}

at::Tensor InputSource::input(std::uint64_t sample) const {
  if (data_.images.defined()) {
    check_sample(sample);
    return network_input(data_.images.narrow(0, static_cast<long>(sample), 1));
  }
  at::Generator generator = at::detail::createCPUGenerator(random_bits(seed_, RandomStream::kTensor, sample));
  return at::empty(shape_, at::kFloat).normal_(0, 1, generator);
}

}  // namespace twinfer
