// Networks and weights that a worker has at hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace twinfer {

class Network;

struct NetworkKey {
  std::string model;
  std::vector<long> input_shape;
  std::uint64_t weights_seed = 0;
  std::string weights_sha256;  // empty: weights are drawn from the seed
  bool imported = false;       // the weights file is the network itself

  friend bool operator==(const NetworkKey&, const NetworkKey&) = default;
};

// Thread-safe.
class NetworkStore {
 public:
  // Weights, and modules of imported networks, are looked up by their SHA-256 among
  // the files of `models_dir`/weights and /imported (may be empty), then in
  // `cache_dir`, where received ones are kept.
  NetworkStore(std::filesystem::path models_dir, std::filesystem::path cache_dir);

  [[nodiscard]] std::optional<std::filesystem::path> find_weights(const std::string& sha256, std::uint64_t bytes) const;

  // Throws InputError if the content does not have that SHA-256 or cannot be written.
  void keep_weights(const std::string& sha256, std::span<const std::byte> content) const;

  // Built once, then shared by every stage of it until another one is asked for.
  // Throws InputError on an unknown model, a wrong shape, unfit weights, or a module
  // that cannot be imported.
  // REQUIRES: find_weights knows the weights, if there are any.
  std::shared_ptr<const Network> network(const NetworkKey& key, std::uint64_t weights_bytes);

 private:
  [[nodiscard]] Network build(const NetworkKey& key, std::uint64_t weights_bytes) const;

  std::filesystem::path models_dir_;
  std::filesystem::path cache_dir_;
  std::mutex mutex_;  // over the two below
  NetworkKey latest_key_;
  std::shared_ptr<const Network> latest_;
};

// $XDG_CACHE_HOME/twinfer/weights, or ~/.cache/..., or the temporary folder.
std::filesystem::path default_weights_cache();

}  // namespace twinfer
