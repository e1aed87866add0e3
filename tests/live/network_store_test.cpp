// Weights in a worker's cache: only those that were announced.
#include "live/network_store.h"

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "core/digest.h"
#include "core/error.h"
#include "models/weights.h"
#include "models/zoo.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // SHA-256 of "abc"

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

TEST_CASE("received weights are found by their hash and their size") {
  const TemporaryFolder cache;
  const NetworkStore store({}, cache.path());
  CHECK_FALSE(store.find_weights(kAbc, 3));
  store.keep_weights(kAbc, bytes_of("abc"));
  CHECK(store.find_weights(kAbc, 3) == cache / kAbc);
  CHECK_FALSE(store.find_weights(kAbc, 4));
}

TEST_CASE("weights with another hash than was announced are refused, and those in the cache stay") {
  const TemporaryFolder cache;
  const NetworkStore store({}, cache.path());
  store.keep_weights(kAbc, bytes_of("abc"));
  const std::string abd = "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";
  CHECK_THROWS_WITH_AS(store.keep_weights(kAbc, bytes_of("abd")),
                       ("weights: `" + abd + "`: received bytes do not have the announced SHA-256 " + kAbc).c_str(),
                       InputError);
  CHECK(cache.read(kAbc) == "abc");
  CHECK(std::distance(std::filesystem::directory_iterator(cache.path()), std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("weights and modules of the models folder are found by their content, whatever they are called") {
  const TemporaryFolder models;
  const NetworkStore store(models.path(), "no-cache");
  const auto module = models.write("imported/any.pt", "abc");
  CHECK(store.find_weights(kAbc, 3) == module);
  const auto weights = models.write("weights/other.pt", "abc");
  CHECK(store.find_weights(kAbc, 3) == weights);
}

TEST_CASE("a kept file with another content than its name says is not taken") {
  const TemporaryFolder cache;
  cache.write(kAbc, "abd");
  CHECK_FALSE(NetworkStore({}, cache.path()).find_weights(kAbc, 3));
}

TEST_CASE("the stages of a network share it, another seed makes another") {
  NetworkStore store({}, "no-cache");
  NetworkKey key{"digits", default_input_shape("digits"), 1, "", false};
  const std::shared_ptr<const Network> first = store.network(key, 0);
  CHECK(store.network(key, 0) == first);
  key.weights_seed = 2;
  CHECK(store.network(key, 0) != first);
}

TEST_CASE("a network whose weights have another size than was announced is refused") {
  const TemporaryFolder cache;
  NetworkStore store({}, cache.path());
  const std::vector<long> shape = default_input_shape("digits");
  save_weights(make_network("digits", shape, 1), cache / "made");
  const std::string sha256 = file_sha256(cache / "made");
  std::filesystem::rename(cache / "made", cache / sha256);
  const std::uint64_t bytes = std::filesystem::file_size(cache / sha256);
  const NetworkKey key{"digits", shape, 1, sha256, false};
  CHECK_THROWS_WITH_AS(
      store.network(key, bytes + 1),
      ("weights: `" + std::to_string(bytes + 1) + "`: the received file has another number of bytes").c_str(),
      InputError);
  CHECK(store.network(key, bytes)->input_shape() == shape);
}

}  // namespace
}  // namespace twinfer
