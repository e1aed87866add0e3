// A file in the system's temporary folder, removed with its owner.
#pragma once

#include <string>

namespace twinfer {

class TemporaryFile {
 public:
  // Throws std::system_error if it cannot be made.
  explicit TemporaryFile(const std::string& suffix);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace twinfer
