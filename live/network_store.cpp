#include "live/network_store.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/whole_file.h"
#include "models/imported_network.h"
#include "models/network.h"
#include "models/weights.h"
#include "models/zoo.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

bool is_lower_hex(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A hash from the network becomes a file name: nothing else may.
void check_sha256(const std::string& sha256) {
  if (sha256.size() != 64 || !is_lower_hex(sha256))
    throw InputError("", "weights", sha256, "must be a SHA-256, 64 lower-case hex digits");
}

bool holds(const fs::path& file, const std::string& sha256, std::uint64_t bytes) {
  std::error_code ignored;  // a file that vanished meanwhile is not the one
  return fs::is_regular_file(file, ignored) && fs::file_size(file, ignored) == bytes && file_sha256(file) == sha256;
}

}  // namespace

NetworkStore::NetworkStore(fs::path models_dir, fs::path cache_dir)
    : models_dir_(std::move(models_dir)), cache_dir_(std::move(cache_dir)) {}

std::optional<fs::path> NetworkStore::find_weights(const std::string& sha256, std::uint64_t bytes) const {
  check_sha256(sha256);
  std::error_code missing;  // a folder that does not exist holds nothing
  for (const char* const folder : {"weights", "imported"})
    if (!models_dir_.empty())
      for (const fs::directory_entry& entry : fs::directory_iterator(models_dir_ / folder, missing))
        if (holds(entry.path(), sha256, bytes)) return entry.path();
  if (holds(cache_dir_ / sha256, sha256, bytes)) return cache_dir_ / sha256;
  return std::nullopt;
}

void NetworkStore::keep_weights(const std::string& sha256, std::span<const std::byte> content) const {
  check_sha256(sha256);
  std::error_code reported_by_write;
  fs::create_directories(cache_dir_, reported_by_write);
  PendingFile kept(cache_dir_ / sha256);
  kept.write({reinterpret_cast<const char*>(content.data()), content.size()});
  const std::string received = file_sha256(kept.part());
  if (received != sha256)
    throw InputError("", "weights", received, "received bytes do not have the announced SHA-256 " + sha256);
  kept.commit();
}

Network NetworkStore::build(const NetworkKey& key, std::uint64_t weights_bytes) const {
  if (key.weights_sha256.empty()) return make_network(key.model, key.input_shape, key.weights_seed);
  const std::optional<fs::path> found = find_weights(key.weights_sha256, weights_bytes);
  if (!found)
    throw InputError("", "weights", std::to_string(weights_bytes), "the received file has another number of bytes");
  const fs::path& file = *found;
  if (key.imported) return std::move(import_network(file, key.model, key.input_shape).network);
  Network network = make_network(key.model, key.input_shape, key.weights_seed);
  load_weights(network, file);
  return network;
}

std::shared_ptr<const Network> NetworkStore::network(const NetworkKey& key, std::uint64_t weights_bytes) {
  const std::lock_guard lock(mutex_);
  if (latest_ && latest_key_ == key) return latest_;
  latest_.reset();  // two of the larger networks need not fit into memory at once
  latest_ = std::make_shared<const Network>(build(key, weights_bytes));
  latest_key_ = key;
  return latest_;
}

fs::path default_weights_cache() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return fs::path(cache) / "twinfer" / "weights";
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".cache" / "twinfer" / "weights";
  return fs::temp_directory_path() / "twinfer-weights";
}

}  // namespace twinfer
