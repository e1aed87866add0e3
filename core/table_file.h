// The shape that graphs, profiles and exit traces share on disk: metadata lines
// `# key: value`, a header line, comma-separated rows. Fields hold no commas.
// A `# rows: N` line and a newline at the end tell a truncated file.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace twinfer {

struct FileTable {
  std::string file;
  std::map<std::string, std::string> metadata;  // without `rows`
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  // Throws InputError naming the file and the key if it is absent.
  [[nodiscard]] const std::string& meta(const std::string& key) const;

  // Numbers of a cell. Throw InputError naming file, row and column on text that
  // is no finite number, is below `least`, or (integer) has a fraction.
  [[nodiscard]] double number(std::size_t row, std::size_t column, double least) const;
  [[nodiscard]] long integer(std::size_t row, std::size_t column, long least) const;
};

// Throws InputError if the file is missing, empty, truncated, or has other columns.
FileTable read_table(const std::filesystem::path& file, const std::vector<std::string>& columns);

// The same of a text that came from elsewhere; `file` names it in errors.
FileTable parse_table(const std::string& text, const std::string& file, const std::vector<std::string>& columns);

// What `write_table` writes. REQUIRES: rows as wide as columns, no commas or newlines in cells.
std::string table_text(const FileTable& table);

// Writes beside the file and renames, so that nothing half-written stays.
// Throws InputError if that fails. REQUIRES: as table_text.
void write_table(const FileTable& table, const std::filesystem::path& file);

// Shortest text that reads back as the same double.
std::string format_number(double value);

// Finite number of the whole text. Throws InputError.
double parse_number(const std::string& text, const std::string& file, const std::string& field);

}  // namespace twinfer
