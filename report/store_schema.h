// The tables of a result store and what marks a file as one.
#pragma once

#include <string>

namespace SQLite {
class Database;
}

namespace twinfer {

// Raised with every change of the tables.
inline constexpr int kStoreVersion = 2;

// Creates the tables in an empty file, adds those that an older store lacks, and
// checks any other. Throws InputError
// naming `file` if it is another program's database or a newer Twinfer's.
void prepare_store(SQLite::Database& database, const std::string& file);

// Checks only: an empty file is no store.
void check_store(SQLite::Database& database, const std::string& file);

}  // namespace twinfer
