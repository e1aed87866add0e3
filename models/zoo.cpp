#include "models/zoo.h"

#include <algorithm>

#include "core/error.h"
#include "models/architectures.h"

namespace twinfer {
namespace {

struct Entry {
  const char* name;
  std::vector<long> input_shape;
  Network (*build)(const std::vector<long>& input_shape, std::uint64_t seed);
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> zoo{{"alexnet", {1, 3, 224, 224}, build_alexnet},
                                      {"digits", {1, 1, 64, 64}, build_digits},
                                      {"resnet50", {1, 3, 224, 224}, build_resnet50},
                                      {"vgg16", {1, 3, 224, 224}, build_vgg16}};
  return zoo;
}

const Entry& entry_named(const std::string& model) {
  const auto found = std::ranges::find(entries(), model, &Entry::name);
  if (found != entries().end()) return *found;
  std::string known;
  for (const std::string& name : zoo_names()) known += (known.empty() ? "" : ", ") + name;
  throw InputError("", "model", model, "must be one of " + known);
}

}  // namespace

std::vector<std::string> zoo_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.emplace_back(entry.name);
  return names;
}

std::vector<long> default_input_shape(const std::string& model) { return entry_named(model).input_shape; }

Network make_network(const std::string& model, const std::vector<long>& input_shape, std::uint64_t seed) {
  return entry_named(model).build(input_shape, seed);
}

}  // namespace twinfer
