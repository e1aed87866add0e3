// A YAML map read field by field, so that every mistake in it is named: a
// missing, unknown or repeated field, a wrong type, a value out of range.
// Private to core/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "core/error.h"

namespace twinfer {

// Parses a file. Throws InputError if it is missing, empty, no YAML, or no map.
YAML::Node read_yaml_map(const std::filesystem::path& file);

// Gives the field at `path`, names joined by dots, the YAML text `value`; the maps on
// the way are made where they are missing. Throws InputError where one of them is no
// map, or the value no YAML.
void change_field(YAML::Node& root, const std::string& file, const std::string& path, const std::string& value);

// The fields of one map. Each reader throws InputError with file, dotted field
// name, value and what is allowed.
class YamlFields {
 public:
  YamlFields(YAML::Node map, std::string file, std::string prefix);

  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] bool is_map(const std::string& name) const;

  std::string text(const std::string& name);
  std::string text_or(const std::string& name, const std::string& otherwise);
  std::string one_of(const std::string& name, const std::vector<std::string>& allowed, const std::string& otherwise);
  std::vector<std::string> texts(const std::string& name);  // not empty, no repeats
  std::vector<std::vector<std::string>> text_lists(const std::string& name);

  // The entries of a list, or a value that is no list, as YAML on one line: values of
  // any kind. Not empty.
  std::vector<std::string> yaml_texts(const std::string& name);

  // In [least, most], finite.
  double number(const std::string& name, double least, double most = std::numeric_limits<double>::infinity());
  // In (0, infinity).
  double positive(const std::string& name);
  std::uint64_t count(const std::string& name, std::uint64_t least, std::uint64_t most);
  bool flag(const std::string& name);

  YamlFields map(const std::string& name);
  std::vector<YamlFields> maps(const std::string& name);
  [[nodiscard]] std::vector<std::string> names() const;  // in the file's order

  // Throws InputError on a field that nobody asked for.
  void reject_unknown() const;

  [[nodiscard]] InputError error(const std::string& name, const std::string& allowed) const;
  [[nodiscard]] std::string path(const std::string& name) const;
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  YAML::Node required(const std::string& name);
  [[nodiscard]] std::vector<std::string> texts_in(const YAML::Node& value, const std::string& name) const;

  YAML::Node map_;
  std::string file_;
  std::string prefix_;
  std::set<std::string> asked_;
};

}  // namespace twinfer
