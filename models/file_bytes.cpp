#include "models/file_bytes.h"

#include <array>
#include <memory>

#include <zlib.h>

#include "core/error.h"

namespace twinfer {

std::string read_file_bytes(const std::filesystem::path& file, std::size_t most) {
  // zlib passes on what is not gzipped as it is.
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> in(
      std::filesystem::is_regular_file(file) ? gzopen(file.c_str(), "rb") : nullptr, gzclose);
  if (!in) throw InputError(file, "", "", "cannot be read");
  std::string bytes;
  std::array<char, 65536> block;
  int count = 0;
  while ((count = gzread(in.get(), block.data(), block.size())) > 0) {
    bytes.append(block.data(), static_cast<std::size_t>(count));
    if (bytes.size() > most) throw InputError(file, "", "", "holds over " + std::to_string(most) + " bytes");
  }
  int status = Z_OK;
  gzerror(in.get(), &status);
  if (count < 0 || status != Z_OK) throw InputError(file, "", "", "is damaged or truncated");
  if (bytes.empty()) throw InputError(file, "", "", "is empty");
  return bytes;
}

}  // namespace twinfer
