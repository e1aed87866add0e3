#include "core/whole_file.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "tests/support/temporary_folder.h"

namespace twinfer {
namespace {

std::size_t files_in(const TemporaryFolder& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()));
}

TEST_CASE("a pending file takes its place when it is committed, and not before") {
  const TemporaryFolder folder;
  folder.write("a", "old");
  PendingFile pending(folder / "a");
  pending.write("first");
  pending.write("new");
  CHECK(folder.read("a") == "old");
  CHECK(folder.read(pending.part().filename()) == "new");
  pending.commit();
  CHECK(folder.read("a") == "new");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("a pending file that is never committed leaves nothing, and what was there stays") {
  const TemporaryFolder folder;
  folder.write("a", "old");
  { PendingFile(folder / "a").write("new"); }
  CHECK(folder.read("a") == "old");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("a pending file may be a copy") {
  const TemporaryFolder folder;
  folder.write("from", "content");
  PendingFile pending(folder / "to");
  pending.copy_from(folder / "from");
  pending.commit();
  CHECK(folder.read("to") == "content");
  CHECK_THROWS_WITH_AS(PendingFile(folder / "to").copy_from(folder / "none"),
                       ((folder / "to").string() + ": cannot be written (No such file or directory)").c_str(),
                       InputError);
}

TEST_CASE("a folder in a file's place is refused before anything is written") {
  const TemporaryFolder folder;
  folder.write("a/inside", "x");
  CHECK_THROWS_WITH_AS(PendingFile(folder / "a"),
                       ((folder / "a").string() + ": cannot be written (Is a directory)").c_str(), InputError);
  CHECK(files_in(folder) == 1);
}

}  // namespace
}  // namespace twinfer
