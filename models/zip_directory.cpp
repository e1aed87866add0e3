// After PKWARE's APPNOTE 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3. Ignores
// encryption, several disks and comments on entries.
#include "models/zip_directory.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>

#include "core/error.h"

namespace twinfer {
namespace {

constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLongestComment = 65535;
constexpr std::uint64_t kLargestDirectory = 64 << 20;  // bytes
constexpr std::uint64_t kIn64BitField = 0xffffffff;

// Little-endian, or nothing where the bytes end.
std::optional<std::uint64_t> number(std::string_view bytes, std::size_t at, std::size_t count) {
  if (at + count > bytes.size()) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

bool has_signature(std::string_view bytes, std::size_t at, std::string_view signature) {
  return at <= bytes.size() && bytes.substr(at).starts_with(signature);
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file)
      : in_(file, std::ios::binary), bad_(file, "", "", "is no TorchScript archive, or a truncated one") {
    if (!in_ || !std::filesystem::is_regular_file(file)) throw InputError(file, "", "", "cannot be read");
    size_ = std::filesystem::file_size(file);
  }

  std::vector<ZipEntry> entries() {
    const std::string directory = directory_bytes();
    std::vector<ZipEntry> entries;
    for (std::size_t at = 0; at < directory.size();) entries.push_back(entry(directory, at));
    return entries;
  }

 private:
  std::uint64_t need(std::optional<std::uint64_t> value) const {
    if (!value) throw bad_;
    return *value;
  }

  std::string bytes(std::uint64_t from, std::uint64_t count) {
    if (from > size_ || count > size_ - from || count > kLargestDirectory) throw bad_;
    std::string text(count, '\0');
    in_.seekg(static_cast<std::streamoff>(from));
    in_.read(text.data(), static_cast<std::streamsize>(count));
    if (!in_) throw bad_;
    return text;
  }

  std::string directory_bytes() {
    const std::uint64_t tail_bytes = std::min<std::uint64_t>(size_, kLongestComment + kEndBytes + kLocatorBytes);
    const std::string tail = bytes(size_ - tail_bytes, tail_bytes);
    const std::size_t end = tail.rfind("PK\5\6");
    if (end == std::string::npos) throw bad_;
    if (end >= kLocatorBytes && has_signature(tail, end - kLocatorBytes, "PK\6\7")) {
      const std::string end64 = bytes(need(number(tail, end - kLocatorBytes + 8, 8)), kEnd64Bytes);
      if (!has_signature(end64, 0, "PK\6\6")) throw bad_;
      return bytes(need(number(end64, 48, 8)), need(number(end64, 40, 8)));
    }
    return bytes(need(number(tail, end + 16, 4)), need(number(tail, end + 12, 4)));
  }

  // Moves `at` behind the entry.
  ZipEntry entry(std::string_view directory, std::size_t& at) const {
    if (!has_signature(directory, at, "PK\1\2")) throw bad_;
    ZipEntry entry{"", need(number(directory, at + 24, 4)), need(number(directory, at + 16, 4))};
    const std::size_t name_bytes = need(number(directory, at + 28, 2));
    const std::size_t extra_bytes = need(number(directory, at + 30, 2));
    const std::size_t comment_bytes = need(number(directory, at + 32, 2));
    const std::size_t extra = at + kEntryBytes + name_bytes;
    at = extra + extra_bytes + comment_bytes;
    if (at > directory.size()) throw bad_;
    entry.name = directory.substr(extra - name_bytes, name_bytes);
    if (entry.bytes == kIn64BitField) entry.bytes = size_in_extra(directory.substr(extra, extra_bytes));
    return entry;
  }

  // The unpacked size is the first number of the field of kind 1.
  std::uint64_t size_in_extra(std::string_view extra) const {
    for (std::size_t at = 0; at < extra.size(); at += 4 + need(number(extra, at + 2, 2)))
      if (need(number(extra, at, 2)) == 1) return need(number(extra, at + 4, 8));
    throw bad_;
  }

  std::ifstream in_;
  InputError bad_;
  std::uint64_t size_ = 0;
};

}  // namespace

std::vector<ZipEntry> read_zip_directory(const std::filesystem::path& file) { return Reader(file).entries(); }

}  // namespace twinfer
