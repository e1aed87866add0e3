// Weights in files, whole and broken.
#include "models/weights.h"

#include <fstream>
#include <iterator>

#include <ATen/core/Dict.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include "core/digest.h"
#include "core/error.h"
#include "models/zoo.h"
#include "tests/models/doctest_after_torch.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

Network digits(std::uint64_t seed) { return make_network("digits", default_input_shape("digits"), seed); }

void write(const std::filesystem::path& file, const std::vector<char>& bytes) {
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<char> read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

c10::Dict<std::string, at::Tensor> dictionary_of(const Network& network) {
  c10::Dict<std::string, at::Tensor> dictionary;
  for (const auto& [name, tensor] : network.state()) dictionary.insert(name, tensor);
  return dictionary;
}

// What loading a file says, and that it leaves the network as it was.
std::string complaint_about(const std::filesystem::path& file) {
  Network network = digits(1);
  const Network untouched = digits(1);
  const std::string complaint = refusal_of([&] { load_weights(network, file); });
  for (std::size_t i = 0; i < network.state().size(); ++i)
    CHECK(at::equal(network.state()[i].second, untouched.state()[i].second));
  return complaint;
}

TEST_CASE("weights come back from a file as they were saved") {
  const TemporaryFolder folder;
  const Network saved = digits(1);
  save_weights(saved, folder / "w.pt");
  Network loaded = digits(2);
  load_weights(loaded, folder / "w.pt");
  for (std::size_t i = 0; i < saved.state().size(); ++i)
    CHECK(at::equal(saved.state()[i].second, loaded.state()[i].second));
}

TEST_CASE("equal weights give equal files, so that workers know them by hash") {
  const TemporaryFolder folder;
  save_weights(digits(1), folder / "a.pt");
  save_weights(digits(1), folder / "b.pt");
  save_weights(digits(2), folder / "c.pt");
  CHECK(file_sha256(folder / "a.pt") == file_sha256(folder / "b.pt"));
  CHECK(file_sha256(folder / "a.pt") != file_sha256(folder / "c.pt"));
}

TEST_CASE("weights that are missing, empty, truncated or foreign are refused") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "w.pt";
  CHECK(complaint_about(file) == file.string() + ": cannot be read");

  write(file, {});
  CHECK(complaint_about(file) == file.string() + ": is empty");

  save_weights(digits(1), file);
  const std::vector<char> whole = read(file);
  for (const std::size_t kept : {std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
    write(file, {whole.begin(), whole.begin() + static_cast<long>(kept)});
    CHECK(complaint_about(file) == file.string() + ": is no weights file, or a truncated one");
  }

  write(file, std::vector<char>(1000, 'x'));
  CHECK(complaint_about(file) == file.string() + ": is no weights file, or a truncated one");

  write(file, torch::jit::pickle_save(c10::IValue(42)));
  CHECK(complaint_about(file) == file.string() + ": is no weights file, or a truncated one");
}

TEST_CASE("weights of another network are refused by the first parameter that does not fit") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "w.pt";
  const std::string start = file.string() + ": ";

  auto dictionary = dictionary_of(digits(2));
  dictionary.insert_or_assign("block1.conv2.weight", at::zeros({64, 32, 5, 5}));
  write(file, torch::jit::pickle_save(dictionary));
  CHECK(complaint_about(file) == start + "block1.conv2.weight: `64x32x5x5`: must have the shape 64x32x3x3");

  dictionary = dictionary_of(digits(2));
  REQUIRE(dictionary.erase("exit2.2.bias") == 1);
  write(file, torch::jit::pickle_save(dictionary));
  CHECK(complaint_about(file) == start + "exit2.2.bias: missing; digits needs it");

  dictionary = dictionary_of(digits(2));
  dictionary.insert("fc.weight", at::zeros({2}));
  write(file, torch::jit::pickle_save(dictionary));
  CHECK(complaint_about(file) == start + "fc.weight: unknown; digits has no such parameter");

  dictionary = dictionary_of(digits(2));
  dictionary.insert_or_assign("classifier.bias", at::zeros({10}, at::kDouble));
  write(file, torch::jit::pickle_save(dictionary));
  CHECK(complaint_about(file) == start + "classifier.bias: `Double`: must be of type Float");
}

TEST_CASE("batch norm's training counter in published weights does no harm") {
  const TemporaryFolder folder;
  auto dictionary = dictionary_of(digits(2));
  dictionary.insert("bn1.num_batches_tracked", at::zeros({}, at::kLong));
  write(folder / "w.pt", torch::jit::pickle_save(dictionary));
  Network network = digits(1);
  CHECK_NOTHROW(load_weights(network, folder / "w.pt"));
}

TEST_CASE("weights that cannot be written leave nothing behind") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "no such folder" / "w.pt";
  CHECK_THROWS_WITH_AS(save_weights(digits(1), file),
                       (file.string() + ": cannot be written (No such file or directory)").c_str(), InputError);
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace twinfer
