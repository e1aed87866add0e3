#include "cli/temporary_file.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <unistd.h>

namespace twinfer {

TemporaryFile::TemporaryFile(const std::string& suffix) {
  path_ = (std::filesystem::temp_directory_path() / ("twinfer-XXXXXX" + suffix)).string();
  const int file = mkstemps(path_.data(), static_cast<int>(suffix.size()));
  if (file < 0) throw std::system_error(errno, std::generic_category(), path_ + " cannot be made");
  close(file);
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace twinfer
