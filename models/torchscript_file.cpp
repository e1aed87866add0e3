#include "models/torchscript_file.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <caffe2/serialize/inline_container.h>
#include <malloc.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/serialization/import.h>
#include <zlib.h>

#include "core/error.h"
#include "models/layer_program.h"
#include "models/torchscript_nodes.h"
#include "models/zip_directory.h"

namespace twinfer {
namespace {

namespace fs = std::filesystem;

void check_size(const fs::path& file, const std::vector<ZipEntry>& entries) {
  double bytes = 0;
  for (const ZipEntry& entry : entries) bytes += static_cast<double>(entry.bytes);
  if (bytes > kLargestArchiveBytes) throw InputError(file, "", "", "unpacks to more than 4 GiB");
}

std::string_view word_at(std::string_view text, std::size_t at) {
  const std::size_t end =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.", at);
  return text.substr(at, end - at);
}

std::size_t words_in(std::string_view line, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = line.find(word); at != std::string_view::npos; at = line.find(word, at + word.size())) ++count;
  return count;
}

// LibTorch's parser calls itself for every bracket, block and operator.
void check_nesting(const fs::path& file, const std::string& record, std::string_view code) {
  constexpr int kDeepest = 200;
  constexpr std::size_t kMostOperators = 2000;  // on one line
  const InputError too_deep(file, "code", record, "is nested too deeply to be read");
  int brackets = 0;
  for (std::size_t begin = 0; begin < code.size();) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    const std::string_view line = code.substr(begin, end - begin);
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    std::size_t operators = 0;
    for (const char c : line) {
      if (std::string_view("([{").find(c) != std::string_view::npos && ++brackets > kDeepest) throw too_deep;
      if (std::string_view(")]}").find(c) != std::string_view::npos) --brackets;
      if (std::string_view("+-*/%~&|^<>").find(c) != std::string_view::npos) ++operators;
    }
    operators += words_in(line, "not") + words_in(line, "if") + words_in(line, "and") + words_in(line, "or");
    if (indent > 2 * kDeepest || operators > kMostOperators) throw too_deep;
    begin = end + 1;
  }
}

void check_code(const fs::path& file, std::string_view code) {
  constexpr std::string_view kCustom = "__torch__.torch.classes.";
  if (const std::size_t at = code.find(kCustom); at != std::string_view::npos)
    throw InputError(file, "class", std::string(word_at(code, at + kCustom.size())),
                     "is a custom class; only tensors, numbers, strings and containers of them can be imported");
  if (code.find("__setstate__") != std::string_view::npos)
    throw InputError(file, "method", "__setstate__", "would run while the file is read; such modules are refused");
}

// The archive's name stands before the record's.
std::map<std::string, std::uint64_t> checksums(const std::vector<ZipEntry>& entries) {
  std::map<std::string, std::uint64_t> by_record;
  for (const ZipEntry& entry : entries) by_record[entry.name.substr(entry.name.find('/') + 1)] = entry.crc32;
  return by_record;
}

// Names, checksums and code, by the reader that will load them. It does not compare
// checksums itself, and its parser crashes on some damaged code.
void check_records(const fs::path& file, const std::vector<ZipEntry>& entries) {
  const std::map<std::string, std::uint64_t> expected = checksums(entries);
  caffe2::serialize::PyTorchStreamReader reader(file.string());
  if (!reader.hasRecord("data.pkl") || !reader.hasRecord("constants.pkl"))
    throw InputError(file, "", "", "is no TorchScript module; save it with torch.jit.save");
  for (const std::string& name : reader.getAllRecords()) {
    const auto [data, bytes] = reader.getRecord(name);
    const auto found = expected.find(name);
    if (found == expected.end() || found->second != crc32_z(0, static_cast<const Bytef*>(data.get()), bytes))
      throw InputError(file, "record", name, "is damaged: its checksum is another one");
    if (!name.ends_with(".py") && !name.ends_with(".pkl")) continue;
    const std::string_view text(static_cast<const char*>(data.get()), bytes);
    check_code(file, text);
    if (name.ends_with(".py")) check_nesting(file, name, text);
  }
}

// Sizes, strides and the length of the memory below are what the file says, and
// nobody compared them with its data. What was read is as long as its record, which
// the allocator knows.
class TensorCheck {
 public:
  explicit TensorCheck(const fs::path& file) : file_(file) {}

  void check(const std::string& name, const at::Tensor& tensor) {
    if (tensor.layout() != at::kStrided || !tensor.has_storage() || tensor.numel() == 0) return;
    double last = static_cast<double>(tensor.storage_offset());
    for (long d = 0; d < tensor.dim(); ++d) {
      if (tensor.stride(d) < 0 || tensor.size(d) < 0)
        throw InputError(file_, name, "", "has a negative size or stride");
      last += static_cast<double>(tensor.size(d) - 1) * static_cast<double>(tensor.stride(d));
    }
    const std::uint64_t bytes = tensor.storage().nbytes();
    if (tensor.storage_offset() < 0 ||
        (last + 1) * static_cast<double>(tensor.element_size()) > static_cast<double>(bytes))
      throw InputError(file_, name, "", "reaches beyond its data");
    if (malloc_usable_size(tensor.storage().data()) < bytes)
      throw InputError(file_, name, std::to_string(bytes), "its record in the archive has fewer bytes");
  }

 private:
  fs::path file_;
};

void check_constants(TensorCheck& check, at::ArrayRef<const torch::jit::Block*> blocks) {
  for (const torch::jit::Block* block : blocks)
    for (const torch::jit::Node* node : block->nodes()) {
      check_constants(check, node->blocks());
      if (node->kind() != c10::prim::Constant) continue;
      if (const auto constant = torch::jit::toIValue(node->output()))
        for (const at::Tensor& tensor : tensors_in(*constant)) check.check("constant", tensor);
    }
}

// Functions outside of the module's classes have constants, too.
void check_tensors(const fs::path& file, const torch::jit::Module& module) {
  TensorCheck check(file);
  for (const auto& attribute : module.named_attributes())
    for (const at::Tensor& tensor : tensors_in(attribute.value)) check.check(attribute.name, tensor);
  for (const torch::jit::Module& part : module.modules())
    for (const torch::jit::Method& method : part.get_methods()) check_constants(check, {method.graph()->block()});
  for (torch::jit::Function* function : module._ivalue()->compilation_unit()->get_functions())
    if (auto* const graph_function = torch::jit::tryToGraphFunction(*function))
      check_constants(check, {graph_function->graph()->block()});
}

torch::jit::Module read_module(const fs::path& file, const std::vector<ZipEntry>& entries) {
  check_records(file, entries);
  torch::jit::Module module = torch::jit::load(file.string(), c10::Device(c10::kCPU));
  check_tensors(file, module);
  module.eval();
  return module;
}

}  // namespace

torch::jit::Module load_torchscript(const fs::path& file) {
  const std::vector<ZipEntry> entries = read_zip_directory(file);
  check_size(file, entries);
  try {
    return read_module(file, entries);
  } catch (const InputError&) {
    throw;
  } catch (const std::exception& error) {
    throw InputError(file, "", "", "cannot be read as TorchScript: " + first_line(error));
  }
}

}  // namespace twinfer
