#include "core/table_file.h"

#include <cassert>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include "core/error.h"
#include "core/whole_file.h"

namespace twinfer {
namespace {

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = line.find(separator); end != std::string::npos; end = line.find(separator, begin)) {
    parts.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(line.substr(begin));
  return parts;
}

std::string join(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts) {
    assert(part.find_first_of(",\n") == std::string::npos);
    if (!line.empty() || &part != &parts.front()) line += ',';
    line += part;
  }
  return line;
}

std::string read_whole(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw InputError(file, "", "", "is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw InputError(file, "", "", "cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void add_metadata(FileTable& table, const std::string& line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string::npos) return;  // a plain comment
  table.metadata[line.substr(2, colon - 2)] = line.substr(colon + 2);
}

void check_complete(FileTable& table) {
  const auto stated = table.metadata.find("rows");
  if (stated == table.metadata.end()) throw InputError(table.file, "rows", "", "missing; the file is truncated");
  if (stated->second != std::to_string(table.rows.size()))
    throw InputError(table.file, "rows", std::to_string(table.rows.size()),
                     "the file states " + stated->second + " rows; it is truncated");
  table.metadata.erase(stated);
}

}  // namespace

const std::string& FileTable::meta(const std::string& key) const {
  const auto found = metadata.find(key);
  if (found == metadata.end()) throw InputError(file, key, "", "missing; a line `# " + key + ": ...` is required");
  return found->second;
}

double FileTable::number(std::size_t row, std::size_t column, double least) const {
  const std::string field = "row " + std::to_string(row + 1) + ", " + columns[column];
  const std::string& text = rows[row][column];
  const double value = parse_number(text, file, field);
  if (value < least) throw InputError(file, field, text, "must be at least " + format_number(least));
  return value;
}

long FileTable::integer(std::size_t row, std::size_t column, long least) const {
  const double value = number(row, column, static_cast<double>(least));
  if (value != std::floor(value) || value > 1e15)
    throw InputError(file, "row " + std::to_string(row + 1) + ", " + columns[column], rows[row][column],
                     "must be a whole number");
  return static_cast<long>(value);
}

FileTable read_table(const std::filesystem::path& file, const std::vector<std::string>& columns) {
  return parse_table(read_whole(file), file, columns);
}

FileTable parse_table(const std::string& text, const std::string& file, const std::vector<std::string>& columns) {
  if (text.empty()) throw InputError(file, "", "", "is empty");
  if (text.back() != '\n') throw InputError(file, "", "", "ends within a line; it is truncated");

  FileTable table{file, {}, {}, {}};
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# ")) {
      add_metadata(table, line);
    } else if (table.columns.empty()) {
      table.columns = split(line, ',');
      if (table.columns != columns) throw InputError(file, "header", line, "must be `" + join(columns) + "`");
    } else {
      table.rows.push_back(split(line, ','));
      if (table.rows.back().size() != columns.size())
        throw InputError(file, "row " + std::to_string(table.rows.size()), line,
                         "must have " + std::to_string(columns.size()) + " fields");
    }
  }
  if (table.columns.empty()) throw InputError(file, "header", "", "missing; the file is truncated");
  check_complete(table);
  return table;
}

std::string table_text(const FileTable& table) {
  std::string text;
  for (const auto& [key, value] : table.metadata) text += "# " + key + ": " + value + "\n";
  text += "# rows: " + std::to_string(table.rows.size()) + "\n" + join(table.columns) + "\n";
  for (const auto& row : table.rows) text += join(row) + "\n";
  return text;
}

void write_table(const FileTable& table, const std::filesystem::path& file) {
  write_whole_file(file, table_text(table));
}

std::string format_number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

double parse_number(const std::string& text, const std::string& file, const std::string& field) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    throw InputError(file, field, text.empty() ? "(empty)" : text, "must be a finite number");
  return value;
}

}  // namespace twinfer
