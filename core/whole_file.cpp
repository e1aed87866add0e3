#include "core/whole_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "core/error.h"

namespace twinfer {

namespace fs = std::filesystem;

PendingFile::PendingFile(fs::path file) : file_(std::move(file)), part_(file_) {
  part_ += "." + std::to_string(getpid()) + ".part";
  std::error_code unknown;  // then writing will say why
  if (fs::is_directory(file_, unknown)) fail(std::strerror(EISDIR));
}

PendingFile::~PendingFile() {
  if (part_.empty()) return;  // committed
  std::error_code ignored;
  fs::remove(part_, ignored);
}

void PendingFile::fail(const std::string& reason) const {
  throw InputError(file_, "", "", "cannot be written (" + reason + ")");
}

void PendingFile::write(std::string_view bytes) {
  errno = 0;
  std::ofstream out(part_, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) fail(errno != 0 ? std::strerror(errno) : "write failed");
}

void PendingFile::copy_from(const fs::path& source) {
  errno = 0;  // fs::copy_file calls a full disk an input/output error
  std::ifstream in(source, std::ios::binary);
  if (!in) fail(std::strerror(errno));
  std::ofstream out(part_, std::ios::binary);
  std::array<char, 65536> block;
  while (out && (in.read(block.data(), block.size()) || in.gcount() > 0)) out.write(block.data(), in.gcount());
  out.close();
  if (!out || in.bad()) fail(errno != 0 ? std::strerror(errno) : "write failed");
}

void PendingFile::commit() {
  std::error_code failed;
  fs::rename(part_, file_, failed);
  if (failed) fail(failed.message());
  part_.clear();
}

void write_whole_file(const fs::path& file, std::string_view bytes) {
  PendingFile pending(file);
  pending.write(bytes);
  pending.commit();
}

}  // namespace twinfer
