// Files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace twinfer {

// A file that is written beside its place and takes it at `commit`, by a rename: a
// reader, or a killed program, never leaves half a file. What was never committed is
// removed. To replace several files together, write them all before the first commit:
// a rename beside a file that could be written fails only where a disk does.
//
// Everything throws InputError naming the file if it fails.
class PendingFile {
 public:
  // Nothing is written yet, but a folder in the file's place is refused.
  explicit PendingFile(std::filesystem::path file);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  // The content, in place of an earlier one.
  void write(std::string_view bytes);
  void copy_from(const std::filesystem::path& source);

  // Where the content lies until it is committed; then empty.
  [[nodiscard]] const std::filesystem::path& part() const { return part_; }

  // REQUIRES: was written. Once.
  void commit();

 private:
  [[noreturn]] void fail(const std::string& reason) const;

  std::filesystem::path file_;
  std::filesystem::path part_;
};

// A PendingFile, written and committed.
void write_whole_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace twinfer
