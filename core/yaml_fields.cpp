#include "core/yaml_fields.h"

#include <algorithm>
#include <cmath>

#include "core/joined.h"
#include "core/table_file.h"

namespace twinfer {
namespace {

constexpr std::uint64_t kLargestCount = std::uint64_t{1} << 53;  // exact in a double

std::string shown(const YAML::Node& node) {
  if (node.IsScalar()) return node.Scalar();
  if (node.IsNull()) return "(empty)";
  return node.IsMap() ? "(a map)" : "(a list)";
}

std::string in_one_line(const YAML::Node& node) {
  if (node.IsScalar()) return node.Scalar();
  YAML::Emitter out;
  out.SetSeqFormat(YAML::Flow);
  out.SetMapFormat(YAML::Flow);
  out << node;
  return out.c_str();
}

}  // namespace

YAML::Node read_yaml_map(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) throw InputError(file, "", "", "is a folder, not a scenario");
  try {
    YAML::Node node = YAML::LoadFile(file);
    if (!node.IsMap()) throw InputError(file, "", "", node.IsNull() ? "is empty" : "must be a map of fields");
    return node;
  } catch (const YAML::BadFile&) {
    throw InputError(file, "", "", "cannot be read");
  } catch (const YAML::Exception& error) {
    throw InputError(file, "line " + std::to_string(error.mark.line + 1), "", "is no valid YAML: " + error.msg);
  }
}

void change_field(YAML::Node& root, const std::string& file, const std::string& path, const std::string& value) {
  YAML::Node node = root;
  std::size_t start = 0;
  for (std::size_t dot; (dot = path.find('.', start)) != std::string::npos; start = dot + 1) {
    const YAML::Node below = node[path.substr(start, dot - start)];
    if (below && !below.IsNull() && !below.IsMap())
      throw InputError(file, path.substr(0, dot), shown(below), "must be a map of fields to have `" + path + "`");
    node.reset(below);
  }
  try {
    node[path.substr(start)] = YAML::Load(value);
  } catch (const YAML::Exception& error) {
    throw InputError(file, path, value, "is no valid YAML: " + error.msg);
  }
}

YamlFields::YamlFields(YAML::Node map, std::string file, std::string prefix)
    : map_(std::move(map)), file_(std::move(file)), prefix_(std::move(prefix)) {
  std::set<std::string> seen;
  for (const std::string& name : names())
    if (!seen.insert(name).second) throw error(name, "is given twice");
}

std::string YamlFields::path(const std::string& name) const { return prefix_.empty() ? name : prefix_ + "." + name; }

InputError YamlFields::error(const std::string& name, const std::string& allowed) const {
  // A const node: looking a name up must not create it.
  const YAML::Node map = map_;
  const YAML::Node value = std::as_const(map)[name];
  return {file_, path(name), value ? shown(value) : "", allowed};
}

bool YamlFields::has(const std::string& name) const { return static_cast<bool>(map_[name]); }

bool YamlFields::is_map(const std::string& name) const { return has(name) && map_[name].IsMap(); }

YAML::Node YamlFields::required(const std::string& name) {
  asked_.insert(name);
  const YAML::Node& map = map_;
  YAML::Node value = map[name];
  if (!value) throw InputError(file_, path(name), "", "is missing");
  return value;
}

std::string YamlFields::text(const std::string& name) {
  const YAML::Node value = required(name);
  if (!value.IsScalar() || value.Scalar().empty()) throw error(name, "must be text");
  return value.Scalar();
}

std::string YamlFields::text_or(const std::string& name, const std::string& otherwise) {
  return has(name) ? text(name) : otherwise;
}

std::string YamlFields::one_of(const std::string& name, const std::vector<std::string>& allowed,
                               const std::string& otherwise) {
  const std::string value = text_or(name, otherwise);
  if (std::ranges::find(allowed, value) == allowed.end()) throw error(name, "must be one of " + joined(allowed));
  return value;
}

std::vector<std::string> YamlFields::texts(const std::string& name) { return texts_in(required(name), name); }

std::vector<std::vector<std::string>> YamlFields::text_lists(const std::string& name) {
  const YAML::Node value = required(name);
  if (!value.IsSequence()) throw error(name, "must be a list of lists");
  std::vector<std::vector<std::string>> lists;
  for (const YAML::Node& entry : value) lists.push_back(texts_in(entry, name));
  return lists;
}

std::vector<std::string> YamlFields::yaml_texts(const std::string& name) {
  const YAML::Node value = required(name);
  if (value.IsSequence() && value.size() == 0) throw error(name, "must have at least one value");
  if (!value.IsSequence()) return {in_one_line(value)};
  std::vector<std::string> list;
  for (const YAML::Node& entry : value) {
    const std::string text = in_one_line(entry);
    list.push_back(text);
  }
  return list;
}

std::vector<std::string> YamlFields::texts_in(const YAML::Node& value, const std::string& name) const {
  if (!value.IsSequence() || value.size() == 0)
    throw InputError(file_, path(name), shown(value), "must be a list with at least one entry");
  std::vector<std::string> list;
  for (const YAML::Node& entry : value) {
    if (!entry.IsScalar() || entry.Scalar().empty())
      throw InputError(file_, path(name), shown(entry), "must be a list of texts");
    if (std::ranges::find(list, entry.Scalar()) != list.end())
      throw InputError(file_, path(name), entry.Scalar(), "is listed twice");
    list.push_back(entry.Scalar());
  }
  return list;
}

double YamlFields::number(const std::string& name, double least, double most) {
  const std::string value = text(name);
  const double number = parse_number(value, file_, path(name));
  if (number < least || number > most)
    throw error(name, std::isinf(most) ? "must be at least " + format_number(least)
                                       : "must be from " + format_number(least) + " to " + format_number(most));
  return number;
}

double YamlFields::positive(const std::string& name) {
  const double value = number(name, std::numeric_limits<double>::lowest());
  if (value <= 0) throw error(name, "must be above 0");
  return value;
}

std::uint64_t YamlFields::count(const std::string& name, std::uint64_t least, std::uint64_t most) {
  const double value = number(name, std::numeric_limits<double>::lowest());
  const double top = static_cast<double>(std::min(most, kLargestCount));
  if (value != std::floor(value) || value < static_cast<double>(least) || value > top)
    throw error(name, "must be a whole number from " + std::to_string(least) + " to " +
                          std::to_string(std::min(most, kLargestCount)));
  return static_cast<std::uint64_t>(value);
}

bool YamlFields::flag(const std::string& name) {
  const std::string value = text(name);
  if (value != "true" && value != "false") throw error(name, "must be true or false");
  return value == "true";
}

YamlFields YamlFields::map(const std::string& name) {
  const YAML::Node value = required(name);
  if (!value.IsMap()) throw error(name, "must be a map of fields");
  return {value, file_, path(name)};
}

std::vector<YamlFields> YamlFields::maps(const std::string& name) {
  const YAML::Node value = required(name);
  if (!value.IsSequence()) throw error(name, "must be a list of maps");
  std::vector<YamlFields> list;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string entry = path(name) + "[" + std::to_string(i) + "]";
    if (!value[i].IsMap()) throw InputError(file_, entry, shown(value[i]), "must be a map of fields");
    list.emplace_back(value[i], file_, entry);
  }
  return list;
}

std::vector<std::string> YamlFields::names() const {
  std::vector<std::string> list;
  for (const auto& field : map_) {
    if (!field.first.IsScalar()) throw InputError(file_, prefix_, shown(field.first), "field names must be text");
    list.push_back(field.first.Scalar());
  }
  return list;
}

void YamlFields::reject_unknown() const {
  for (const std::string& name : names())
    if (!asked_.contains(name)) throw InputError(file_, path(name), "", "is no field that is known here");
}

}  // namespace twinfer
