// An open store file, with SQLite's errors as InputError. Private to report/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "core/error.h"
#include "report/result_store.h"

namespace twinfer {

// What a person can do about an error of SQLite.
std::string advice(const SQLite::Exception& error);

// Runs `body`, with SQLite's errors as InputError.
template <class Body>
auto guarded(const std::string& file, Body body) {
  try {
    return body();
  } catch (const SQLite::Exception& error) {
    throw InputError(file, "", "", advice(error));
  }
}

struct StoreConnection {
  // Opens, and creates for kWrite. Throws InputError if the file cannot be opened
  // so or is no store.
  StoreConnection(const std::filesystem::path& path, StoreAccess access);

  std::string file;
  mutable SQLite::Database database;
};

// SQLite's integers are signed; the bits survive.
inline std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
inline std::uint64_t as_unsigned(const SQLite::Column& column) { return static_cast<std::uint64_t>(column.getInt64()); }

// Binds in order of the columns.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) { statement_.reset(); }
  Binder& add(double value) {
    statement_.bind(next_++, value);
    return *this;
  }
  Binder& add(std::int64_t value) {
    statement_.bind(next_++, value);
    return *this;
  }
  Binder& add(std::uint64_t value) { return add(as_signed(value)); }
  Binder& add(const std::string& value) {
    statement_.bindNoCopy(next_++, value);
    return *this;
  }
  template <class T>
  Binder& add(const std::optional<T>& value) {
    if (!value)
      statement_.bind(next_++);
    else if constexpr (sizeof(T) < sizeof(std::int64_t))
      add(static_cast<std::int64_t>(*value));
    else
      add(*value);
    return *this;
  }
  void insert() { statement_.exec(); }

 private:
  SQLite::Statement& statement_;
  int next_ = 1;
};

}  // namespace twinfer
