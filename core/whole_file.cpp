#include "core/whole_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include <unistd.h>

#include "core/error.h"

namespace twinfer {

void write_whole_file(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::path part = file;
  part += "." + std::to_string(getpid()) + ".part";
  errno = 0;
  std::ofstream out(part, std::ios::binary);
  out << bytes << std::flush;
  out.close();
  std::error_code failed;
  std::string reason;
  if (!out) reason = errno != 0 ? std::strerror(errno) : "write failed";
  if (reason.empty()) {
    std::filesystem::rename(part, file, failed);
    if (failed) reason = failed.message();
  }
  if (reason.empty()) return;
  std::filesystem::remove(part, failed);
  throw InputError(file, "", "", "cannot be written (" + reason + ")");
}

}  // namespace twinfer
