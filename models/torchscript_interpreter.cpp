#include "models/torchscript_interpreter.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/runtime/operator.h>

namespace twinfer {
namespace {

namespace jit = torch::jit;
namespace prim = c10::prim;
using c10::IValue;

constexpr std::size_t kMostNodes = 2'000'000;  // of a walk; the largest published networks need a tenth
constexpr int kDeepestCall = 100;

// One call of a method or function.
struct Frame {
  NodePlace place;
  bool leaf = false;
  std::unordered_map<const jit::Value*, IValue> values = {};

  [[nodiscard]] const IValue& at(const jit::Value* value) const { return values.at(value); }
};

bool is_torch_module(const c10::ivalue::Object& object) {
  const std::string name = object.type()->name() ? object.type()->name()->qualifiedName() : "";
  constexpr std::string_view kContainers = "__torch__.torch.nn.modules.container.";
  return name.starts_with("__torch__.torch.nn.modules.") && !name.starts_with(kContainers);
}

std::string class_name(const c10::Type& type) {
  std::string name = type.annotation_str();
  const std::string prefix = "__torch__.";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

// `with torch.no_grad():` turns off what is off here anyway. Its object is never
// made: the file says what its methods do.
bool concerns_no_grad(const jit::Node& node) {
  const jit::Value* const object = node.kind() == prim::CreateObject ? node.output()
                                   : node.inputs().empty()           ? nullptr
                                                                     : node.input(0);
  return object != nullptr && object->type()->kind() == c10::TypeKind::ClassType &&
         class_name(*object->type()) == "torch.autograd.grad_mode.no_grad";
}

class Walk {
 public:
  Walk(const jit::Module& module, const std::string& file, const WalkHooks& hooks) : file_(file), hooks_(hooks) {
    for (const auto& named : module.named_modules()) paths_[named.value._ivalue().get()] = named.name;
  }

  std::vector<IValue> call(const jit::Graph& graph, Frame frame, std::vector<IValue> arguments,
                           const jit::Node* caller);

 private:
  void run_block(const jit::Block& block, Frame& frame);
  void run_node(const jit::Node& node, Frame& frame);
  bool run_structure(const jit::Node& node, Frame& frame);
  void run_constant(const jit::Node& node, Frame& frame);
  void run_attribute(const jit::Node& node, Frame& frame);
  void run_if(const jit::Node& node, Frame& frame);
  void run_loop(const jit::Node& node, Frame& frame);
  void run_method(const jit::Node& node, Frame& frame);
  void run_function(const jit::Node& node, Frame& frame);
  void run_operator(const jit::Node& node, Frame& frame);
  void follow(const jit::Node& node, jit::Function& callee, Frame callee_frame, std::size_t skipped, Frame& frame);

  [[nodiscard]] std::vector<IValue> inputs_of(const jit::Node& node, const Frame& frame, std::size_t from = 0) const;
  static void set_outputs(const jit::Node& node, Frame& frame, std::vector<IValue> values);

  std::string file_;
  const WalkHooks& hooks_;
  std::unordered_map<const c10::ivalue::Object*, std::string> paths_;  // of every module, its path from the top
  std::size_t nodes_ = 0;
  int depth_ = 0;
};

std::vector<IValue> Walk::inputs_of(const jit::Node& node, const Frame& frame, std::size_t from) const {
  std::vector<IValue> values;
  for (std::size_t i = from; i < node.inputs().size(); ++i) values.push_back(frame.at(node.inputs()[i]));
  return values;
}

void Walk::set_outputs(const jit::Node& node, Frame& frame, std::vector<IValue> values) {
  for (std::size_t i = 0; i < node.outputs().size(); ++i) frame.values[node.outputs()[i]] = std::move(values.at(i));
}

std::vector<IValue> Walk::call(const jit::Graph& graph, Frame frame, std::vector<IValue> arguments,
                               const jit::Node* caller) {
  if (++depth_ > kDeepestCall) throw node_error(frame.place, *caller, "calls deeper than 100 functions");
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) frame.values[graph.inputs()[i]] = std::move(arguments.at(i));
  run_block(*graph.block(), frame);
  --depth_;
  std::vector<IValue> results;
  for (const jit::Value* output : graph.outputs()) results.push_back(frame.at(output));
  return results;
}

void Walk::run_block(const jit::Block& block, Frame& frame) {
  for (const jit::Node* node : block.nodes()) {
    if (++nodes_ > kMostNodes) throw node_error(frame.place, *node, "is the 2,000,000th to run: too many");
    run_node(*node, frame);
  }
}

void Walk::run_node(const jit::Node& node, Frame& frame) {
  if (concerns_no_grad(node)) return set_outputs(node, frame, std::vector<IValue>(node.outputs().size()));
  switch (node.kind()) {
    case prim::Constant:
      return run_constant(node, frame);
    case prim::GetAttr:
      return run_attribute(node, frame);
    case prim::SetAttr:
      throw node_error(frame.place, node, "changes the module's attribute `" + node.s(c10::attr::name) + "`");
    case prim::CreateObject:
      throw node_error(
          frame.place, node,
          "makes an object of class `" + class_name(*node.output()->type()) + "`: custom classes cannot be imported");
    case prim::If:
      return run_if(node, frame);
    case prim::Loop:
      return run_loop(node, frame);
    case prim::CallMethod:
      return run_method(node, frame);
    case prim::CallFunction:
      return run_function(node, frame);
    case c10::aten::warn:
      return;
    case prim::RaiseException:
      throw node_error(frame.place, node, "the module refuses this input: " + frame.at(node.input(0)).toStringRef());
    default:
      if (!run_structure(node, frame)) run_operator(node, frame);
  }
}

IValue make_list(const c10::TypePtr& item_type, std::vector<IValue> items) {
  c10::impl::GenericList list(item_type);
  for (IValue& item : items) list.push_back(std::move(item));
  return list;
}

IValue make_dict(const c10::DictType& type, const std::vector<IValue>& items) {
  c10::impl::GenericDict dict(type.getKeyType(), type.getValueType());
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) dict.insert_or_assign(items[i], items[i + 1]);
  return dict;
}

IValue make_tuple(const c10::TypePtr& type, std::vector<IValue> items) {
  const auto tuple = type->expect<c10::TupleType>();
  return tuple->schema() ? c10::ivalue::Tuple::createNamed(std::move(items), tuple)
                         : c10::ivalue::Tuple::create(std::move(items));
}

std::vector<IValue> elements_of(const IValue& value) {
  if (value.isTuple()) return value.toTupleRef().elements().vec();
  return value.toListRef().vec();
}

bool is_instance(const IValue& value, const std::vector<c10::TypePtr>& types) {
  return std::any_of(types.begin(), types.end(),
                     [&](const c10::TypePtr& type) { return value.type()->isSubtypeOf(*type); });
}

// What a node puts together from values; nothing if it is none that does.
std::optional<IValue> put_together(const jit::Node& node, const std::vector<IValue>& in) {
  switch (node.kind()) {
    case prim::ListConstruct:
      return make_list(node.output()->type()->expect<c10::ListType>()->getElementType(), in);
    case prim::TupleConstruct:
      return make_tuple(node.output()->type(), in);
    case prim::DictConstruct:
      return make_dict(*node.output()->type()->expect<c10::DictType>(), in);
    case prim::isinstance:
      return is_instance(in.at(0), node.tys(c10::attr::types));
    default:
      return std::nullopt;
  }
}

// What a node takes out of a list or tuple; nothing if it is none that does.
std::optional<std::vector<IValue>> take_apart(const jit::Node& node, const std::vector<IValue>& in) {
  if (node.kind() == prim::ListUnpack || node.kind() == prim::TupleUnpack) return elements_of(in.at(0));
  if (node.kind() == prim::TupleIndex) {
    const std::vector<IValue> items = elements_of(in.at(0));
    const long index = in.at(1).toInt();
    return {{items.at(static_cast<std::size_t>(index < 0 ? index + std::ssize(items) : index))}};
  }
  if (node.kind() == prim::TupleSlice) {
    const std::vector<IValue> items = elements_of(in.at(0));
    const auto begin = items.begin() + node.i(c10::attr::beg);
    return {{make_tuple(node.output()->type(), {begin, items.begin() + node.i(c10::attr::end)})}};
  }
  return std::nullopt;
}

// Containers: their tensors stay the same tensors.
bool Walk::run_structure(const jit::Node& node, Frame& frame) {
  const std::vector<IValue> in = inputs_of(node, frame);
  if (std::optional<IValue> made = put_together(node, in)) {
    set_outputs(node, frame, {std::move(*made)});
    return true;
  }
  std::optional<std::vector<IValue>> taken = take_apart(node, in);
  if (!taken) return false;
  if (taken->size() != node.outputs().size())
    throw node_error(
        frame.place, node,
        "expects " + std::to_string(node.outputs().size()) + " values, not " + std::to_string(taken->size()));
  set_outputs(node, frame, std::move(*taken));
  return true;
}

void Walk::run_constant(const jit::Node& node, Frame& frame) {
  const auto value = jit::toIValue(node.output());
  IValue& set = frame.values[node.output()] = value ? *value : IValue();  // a function's name has no value
  hooks_.constant(set);
}

void Walk::run_attribute(const jit::Node& node, Frame& frame) {
  const IValue value = frame.at(node.input()).toObjectRef().getAttr(node.s(c10::attr::name));
  if (value.isObject() && !value.isModule())
    throw node_error(frame.place, node,
                     "attribute `" + node.s(c10::attr::name) + "` is an object of class `" + class_name(*value.type()) +
                         "`: custom classes cannot be imported");
  if (value.isCapsule() || value.isFuture() || value.isRRef())
    throw node_error(frame.place, node, "attribute `" + node.s(c10::attr::name) + "` is no plain value");
  if (!value.isObject()) hooks_.constant(value);
  frame.values[node.output()] = value;
}

void Walk::run_if(const jit::Node& node, Frame& frame) {
  const jit::Block& taken = *node.blocks()[frame.at(node.input()).toBool() ? 0 : 1];
  run_block(taken, frame);
  std::vector<IValue> results;
  for (const jit::Value* output : taken.outputs()) results.push_back(frame.at(output));
  set_outputs(node, frame, std::move(results));
}

// Inputs: how often at most, whether at all, what is carried. The block is given
// its turn's number and what is carried, and gives whether to go on and the same.
void Walk::run_loop(const jit::Node& node, Frame& frame) {
  const jit::Block& body = *node.blocks()[0];
  const long most = frame.at(node.input(0)).toInt();
  bool goes_on = frame.at(node.input(1)).toBool();
  std::vector<IValue> carried = inputs_of(node, frame, 2);
  for (long turn = 0; turn < most && goes_on; ++turn) {
    frame.values[body.inputs()[0]] = turn;
    for (std::size_t i = 0; i < carried.size(); ++i) frame.values[body.inputs()[i + 1]] = carried[i];
    if (++nodes_ > kMostNodes) throw node_error(frame.place, node, "is the 2,000,000th to run: too many");
    run_block(body, frame);
    goes_on = frame.at(body.outputs()[0]).toBool();
    for (std::size_t i = 0; i < carried.size(); ++i) carried[i] = frame.at(body.outputs()[i + 1]);
  }
  set_outputs(node, frame, std::move(carried));
}

void Walk::follow(const jit::Node& node, jit::Function& callee, Frame callee_frame, std::size_t skipped, Frame& frame) {
  jit::GraphFunction* const function = jit::tryToGraphFunction(callee);
  if (function == nullptr) throw node_error(frame.place, node, "calls `" + callee.name() + "`, which has no graph");
  set_outputs(node, frame, call(*function->graph(), std::move(callee_frame), inputs_of(node, frame, skipped), &node));
}

void Walk::run_method(const jit::Node& node, Frame& frame) {
  const c10::ivalue::Object& object = frame.at(node.input(0)).toObjectRef();
  const auto path = paths_.find(&object);
  if (path == paths_.end())
    throw node_error(
        frame.place, node,
        "calls an object of class `" + class_name(*object.type()) + "`: custom classes cannot be imported");
  Frame callee{{file_, path->second}, is_torch_module(object)};
  follow(node, object.type()->getMethod(node.s(c10::attr::name)), std::move(callee), 0, frame);
}

// A function is part of the module that calls it.
void Walk::run_function(const jit::Node& node, Frame& frame) {
  jit::Function& function = *node.input(0)->type()->expect<c10::FunctionType>()->function();
  follow(node, function, Frame{frame.place, frame.leaf}, 1, frame);
}

void Walk::run_operator(const jit::Node& node, Frame& frame) {
  std::vector<IValue> stack = inputs_of(node, frame);
  check_operator(frame.place, node, stack);
  hooks_.run({frame.place, frame.leaf, node}, stack);
  set_outputs(node, frame, std::move(stack));
}

// `forward` may have further arguments as long as they have defaults.
std::vector<IValue> forward_arguments(const jit::Module& module, const std::string& file, const jit::Function& forward,
                                      const at::Tensor& input) {
  std::vector<IValue> arguments{module._ivalue(), input};
  const auto& declared = forward.getSchema().arguments();
  if (declared.size() < 2 || !c10::TensorType::get()->isSubtypeOf(*declared[1].type()))
    throw InputError(file, "forward", "", "must take one tensor");
  for (std::size_t i = 2; i < declared.size(); ++i) {
    if (!declared[i].default_value())
      throw InputError(file, "forward", declared[i].name(), "must have a default: a network here takes one tensor");
    arguments.push_back(*declared[i].default_value());
  }
  return arguments;
}

}  // namespace

IValue walk_forward(const jit::Module& module, const std::string& file, const at::Tensor& input,
                    const WalkHooks& hooks) {
  const auto forward = module.find_method("forward");
  if (!forward) throw InputError(file, "forward", "", "the module has no such method");
  Walk walk(module, file, hooks);
  Frame frame{{file, ""}, is_torch_module(*module._ivalue())};
  return walk
      .call(*forward->graph(), std::move(frame), forward_arguments(module, file, forward->function(), input), nullptr)
      .at(0);
}

void run_natively(const OperatorCall& call, jit::Stack& stack) {
  const std::size_t inputs = stack.size();
  try {
    const jit::Operator& found = call.node.getOperator();
    if (found.schema().is_vararg()) stack.emplace_back(static_cast<std::int64_t>(inputs));
    found.getOperation (&call.node)(stack);
  } catch (const std::exception& error) {
    throw node_error(call.place, call.node, first_line(error));
  }
}

}  // namespace twinfer
