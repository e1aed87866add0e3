#include "models/zoo.h"

#include <algorithm>

#include "core/error.h"
#include "core/joined.h"
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
                                      {"cifar10-branchy", {1, 3, 32, 32}, build_cifar10_branchy},
                                      {"digits", {1, 1, 64, 64}, build_digits},
                                      {"googlenet", {1, 3, 224, 224}, build_googlenet},
                                      {"inception-v3-cifar10", {1, 3, 32, 32}, build_inception_v3_cifar10},
                                      {"mobilenet-v2", {1, 3, 224, 224}, build_mobilenet_v2},
                                      {"resnet50", {1, 3, 224, 224}, build_resnet50},
                                      {"resnet50-cifar100", {1, 3, 32, 32}, build_resnet50_cifar100},
                                      {"vgg16", {1, 3, 224, 224}, build_vgg16},
                                      {"vgg19", {1, 3, 224, 224}, build_vgg19},
                                      {"vit-b-16", {1, 3, 224, 224}, build_vit_b_16}};
  return zoo;
}

const Entry& entry_named(const std::string& model) {
  const auto found = std::ranges::find(entries(), model, &Entry::name);
  if (found != entries().end()) return *found;
  throw InputError("", "model", model, "must be one of " + joined(zoo_names()));
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
