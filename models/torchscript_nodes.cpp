#include "models/torchscript_nodes.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <c10/util/Exception.h>

#include "models/layer_program.h"

namespace twinfer {
namespace {

using Names = std::set<std::string>;

// "prim::" and "min max" to {"prim::max", "prim::min"}.
Names names(const std::string& space, const std::string& words) {
  Names names;
  std::istringstream in(words);
  for (std::string word; in >> word;) names.insert(space + word);
  return names;
}

Names joined(Names names, const Names& more) {
  names.insert(more.begin(), more.end());
  return names;
}

const Names kTypeQuestions = names("prim::",
                                   "device dtype is_cuda is_meta is_mkldnn is_nested is_quantized is_sparse is_xpu "
                                   "itemsize layout requires_grad shape");

// Everything else of prim:: either needs more than tensors and plain values
// (objects, futures, printing) or is interpreted by its own rule.
const Names kAllowedPrim = joined(kTypeQuestions, names("prim::",
                                                        "NumToTensor StringIndex Uninitialized abs data max min "
                                                        "rangelist unchecked_cast unchecked_unwrap_optional"));

// Of aten::, what reaches beyond its arguments or re-seats memory.
const Names kRefusedAten = names("aten::",
                                 "backward confirmed_by_owner from_file get_gradients is_owner local_value "
                                 "manual_seed owner owner_name requires_grad_ resize_ resize_as_ resize_as_sparse_ "
                                 "retain_grad save segment_reduce set set_ set_data set_grad_enabled set_num_threads "
                                 "to_here wait");

// Names that begin with one underscore, and those of gradients, are LibTorch's
// internals, of which some trust their callers with sizes and indices. These are what traces of usual modules hold.
const Names kAllowedInternals = names("aten::",
                                      "_adaptive_avg_pool2d _adaptive_avg_pool3d _cast_Float _convolution "
                                      "_convolution_mode _log_softmax _native_multi_head_attention _set_item "
                                      "_shape_as_tensor _softmax _to_copy _transformer_encoder_layer_fwd _unsafe_view "
                                      "_upsample_bilinear2d_aa _upsample_bicubic2d_aa _weight_norm");

const Names kShapeQuestions = joined(
    kTypeQuestions, names("aten::",
                          "__contains__ __is__ __isnot__ can_cast dim element_size get_device is_complex is_conj "
                          "is_contiguous is_floating_point is_inference is_leaf is_neg is_same_size is_signed "
                          "keys len ndimension numel result_type size storage_offset stride"));

const Names kDataShapes = names("aten::",
                                "argwhere bincount nonzero nonzero_numpy unique_consecutive unique_dim "
                                "unique_dim_consecutive");

const Names kListOrders = names("aten::", "remove sort sorted");

const Names kViewChanges = names("aten::", "as_strided_ detach_ squeeze_ swapaxes_ swapdims_ t_ transpose_ unsqueeze_");

const Names kMoves = names("aten::",
                           "_to_copy channel_shuffle clone contiguous copy copy_ fill fill_ flatten flip "
                           "full_like new_full new_ones new_zeros ones_like pixel_shuffle pixel_unshuffle "
                           "repeat reshape reshape_as roll to type_as unflatten zero zero_ zeros_like");

// One word for one thing: those of the zoo.
const std::map<std::string, std::string> kKinds{{"aten::conv1d", "conv"},
                                                {"aten::conv2d", "conv"},
                                                {"aten::conv3d", "conv"},
                                                {"aten::convolution", "conv"},
                                                {"aten::_convolution", "conv"},
                                                {"aten::addmm", "linear"},
                                                {"aten::batch_norm", "batchnorm"},
                                                {"aten::max_pool2d", "maxpool"},
                                                {"aten::max_pool1d", "maxpool"},
                                                {"aten::avg_pool2d", "avgpool"},
                                                {"aten::adaptive_avg_pool2d", "avgpool"},
                                                {"aten::cat", "concat"},
                                                {"aten::concat", "concat"},
                                                {"aten::layer_norm", "layernorm"}};

std::string name_of(const torch::jit::Node& node) { return node.kind().toQualString(); }

bool is_allowed(const std::string& name) {
  if (!name.starts_with("aten::")) return kAllowedPrim.contains(name);
  if (name.find("_backward") != std::string::npos) return false;
  const bool internal = name.starts_with("aten::_") && !name.starts_with("aten::__");
  return internal ? kAllowedInternals.contains(name) : !kRefusedAten.contains(name);
}

// Dropout outside of training does nothing, nor does one that drops nothing.
bool drops_nothing(const torch::jit::Stack& arguments) {
  constexpr std::size_t kShare = 1;
  constexpr std::size_t kTrain = 2;
  if (arguments.size() <= kTrain || !arguments[kTrain].isBool()) return false;
  return !arguments[kTrain].toBool() || (arguments[kShare].isDouble() && arguments[kShare].toDouble() == 0);
}

bool is_random(const torch::jit::Node& node, const torch::jit::Stack& arguments) {
  if (name_of(node).find("dropout") != std::string::npos) return !drops_nothing(arguments);
  const auto& declared = node.schema().arguments();
  return node.isNondeterministic() || std::any_of(declared.begin(), declared.end(), [](const c10::Argument& argument) {
           return argument.name() == "generator";
         });
}

// aten::empty, new_empty, empty_like, empty_strided and their like.
bool is_unwritten(const std::string& name) {
  return name.starts_with("aten::empty") || name.starts_with("aten::new_empty");
}

}  // namespace

InputError node_error(const NodePlace& place, const torch::jit::Node& node, const std::string& why) {
  const std::string op = name_of(node);
  return {place.file, "node", place.path.empty() ? op : place.path + " (" + op + ")", why};
}

void check_operator(const NodePlace& place, const torch::jit::Node& node, const torch::jit::Stack& arguments) {
  const std::string name = name_of(node);
  if (!is_allowed(name)) throw node_error(place, node, "is not among the operators that an imported network may use");
  if (is_unwritten(name))
    throw node_error(place, node, "gives memory that nobody has written: a network must be a function of its input");
  if (node.maybeOperator() == nullptr) throw node_error(place, node, "is not an operator of this LibTorch");
  if (is_random(node, arguments)) throw node_error(place, node, "is random: a network must be a function of its input");
}

bool asks_only_for_shape(const torch::jit::Node& node) { return kShapeQuestions.contains(name_of(node)); }
std::vector<at::Tensor> shape_givers(const torch::jit::Node& node, const torch::jit::Stack& arguments) {
  const std::string name = name_of(node);
  if (name == "aten::where") return arguments.size() == 1 ? tensors_in(arguments[0]) : std::vector<at::Tensor>{};
  if (name == "aten::repeat_interleave") return tensors_in(arguments.at(arguments.size() > 2 ? 1 : 0));
  if (name == "aten::masked_select") return tensors_in(arguments.at(1));
  if (kDataShapes.contains(name)) return tensors_in(arguments.at(0));
  if (name == "aten::one_hot")
    return arguments.at(1).toInt() < 0 ? tensors_in(arguments[0]) : std::vector<at::Tensor>{};
  // From where on, and between which places: views that a tensor chooses.
  if (name == "aten::narrow") return tensors_in(arguments.at(2));
  if (name == "aten::tensor_split") return tensors_in(arguments.at(1));
  // A list of tensors is put into an order, or searched, by what they hold.
  if (kListOrders.contains(name))
    return arguments.at(0).isTensor() ? std::vector<at::Tensor>{} : tensors_in(arguments[0]);
  if (name != "aten::index") return {};
  std::vector<at::Tensor> masks = tensors_in(arguments.at(1));
  std::erase_if(masks, [](const at::Tensor& index) {
    return index.scalar_type() != at::kBool && index.scalar_type() != at::kByte;
  });
  return masks;
}

bool changes_only_view(const torch::jit::Node& node) { return kViewChanges.contains(name_of(node)); }
bool only_moves_data(const std::string& op) { return kMoves.contains(op); }

std::string layer_kind(const std::string& op) {
  if (const auto known = kKinds.find(op); known != kKinds.end()) return known->second;
  std::string kind = op.substr(op.find("::") + 2);
  while (kind.size() > 1 && kind.back() == '_') kind.pop_back();
  while (kind.size() > 1 && kind.front() == '_') kind.erase(0, 1);
  return kind;
}

std::string first_line(const std::exception& error) {
  constexpr std::size_t kLongest = 200;
  const auto* const c10_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = c10_error != nullptr ? c10_error->msg() : error.what();
  text.resize(std::min(text.find('\n'), text.size()));
  while (text.ends_with(' ') || text.ends_with('.') || text.ends_with(':')) text.pop_back();
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

}  // namespace twinfer
