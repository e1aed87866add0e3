#include "report/store_connection.h"

#include <sqlite3.h>

#include "report/store_schema.h"

namespace twinfer {
namespace {

constexpr int kBusyTimeoutMs = 60'000;

void check_place(const std::filesystem::path& file, StoreAccess access) {
  std::error_code ignored;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, ignored))
    throw InputError(file.string(), "", "", "the folder of the result store does not exist");
  if (std::filesystem::is_directory(file, ignored))
    throw InputError(file.string(), "", "", "is a folder, not a result store");
  if (access == StoreAccess::kRead && !std::filesystem::exists(file, ignored))
    throw InputError(file.string(), "", "", "no such result store");
}

SQLite::Database open_database(const std::filesystem::path& path, StoreAccess access) {
  check_place(path, access);
  return guarded(path.string(), [&] {
    return SQLite::Database(
        path.string(),
        access == StoreAccess::kRead ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
        kBusyTimeoutMs);
  });
}

}  // namespace

// What a person can do about an error of SQLite.
std::string advice(const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return "the result store cannot be opened or written";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return "is not a Twinfer result store";
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return "the result store cannot be written: the disk is full or failing";
    case SQLITE_BUSY:
      return "the result store is locked by another program";
    default:
      return std::string("result store: ") + error.what();
  }
}

StoreConnection::StoreConnection(const std::filesystem::path& path, StoreAccess access)
    : file(path.string()), database(open_database(path, access)) {
  guarded(file, [&] {
    // SQLite falls back to reading where it may not write.
    if (access == StoreAccess::kWrite && sqlite3_db_readonly(database.getHandle(), "main") == 1)
      throw InputError(file, "", "", "the result store cannot be opened or written");
    if (access == StoreAccess::kWrite)
      prepare_store(database, file);
    else
      check_store(database, file);
  });
}

}  // namespace twinfer
