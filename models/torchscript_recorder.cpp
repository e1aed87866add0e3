#include "models/torchscript_recorder.h"

#include <algorithm>
#include <set>

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/runtime/operator.h>

#include "models/torchscript_flops.h"

namespace twinfer {
namespace {

namespace jit = torch::jit;
using c10::IValue;
using jit::Stack;

using Memory = const c10::StorageImpl*;

Memory memory_of(const at::Tensor& tensor) { return tensor.storage().unsafeGetStorageImpl(); }

std::vector<at::Tensor> tensors_in(const Stack& values) {
  std::vector<at::Tensor> tensors;
  for (const IValue& value : values)
    for (const at::Tensor& tensor : twinfer::tensors_in(value)) tensors.push_back(tensor);
  return tensors;
}

bool is_plain(const at::Tensor& tensor) {
  return tensor.layout() == at::kStrided && tensor.device().is_cpu() && tensor.has_storage() && !tensor.is_conj() &&
         !tensor.is_neg() && !tensor.is_quantized();
}

// Whether a tensor is all of its memory, each element once.
bool fills_its_memory(const at::Tensor& tensor) {
  return tensor.is_non_overlapping_and_dense() && tensor.storage_offset() == 0 &&
         tensor.storage().nbytes() == tensor.nbytes();
}

class Recorder {
 public:
  Recorder(std::string file, const at::Tensor& input) : file_(std::move(file)) { add_root(input, std::nullopt); }

  void own(const IValue& value);
  void run(const OperatorCall& call, Stack& stack);
  Recording finish(const IValue& result);

 private:
  struct Change {
    std::size_t argument;
    at::Tensor target;
  };

  RootId add_root(const at::Tensor& tensor, std::optional<std::size_t> step);
  [[nodiscard]] bool depends_on_input(const at::Tensor& tensor) const { return current_.contains(memory_of(tensor)); }
  [[nodiscard]] std::optional<Change> change_of(const OperatorCall& call, const Stack& arguments) const;
  [[nodiscard]] StepArgument capture(const OperatorCall& call, const IValue& value) const;
  [[nodiscard]] TensorView view_of(const at::Tensor& tensor) const;

  void run_container(const OperatorCall& call, Stack& stack, bool dynamic);
  void run_plain(const OperatorCall& call, Stack& stack, bool dynamic);
  void run_change(const OperatorCall& call, Stack& stack, const Change& change);
  void run_constant_change(const OperatorCall& call, Stack& stack, const at::Tensor& target);
  [[nodiscard]] bool run_without_change(const OperatorCall& call, const Stack& arguments, const Change& change);
  void keep_recorded_constants(const at::Tensor& target);
  RootId root_to_change(const at::Tensor& target);
  void make_root(const OperatorCall& call, const at::Tensor& tensor, std::size_t position, Step& step);
  Step new_step(const OperatorCall& call, const Stack& arguments) const;
  void add_step(const OperatorCall& call, Step step, const Stack& arguments, const Stack& results);
  void check_numbers(const OperatorCall& call, const Stack& results) const;

  std::string file_;
  Recording recording_;
  std::map<Memory, RootId> current_;  // the root that memory is at this point of the walk
  std::vector<at::Tensor> kept_;      // so that no memory of `current_` or `owned_` is used anew
  std::vector<IValue> owned_containers_;
  std::set<Memory> owned_;  // of the module's own tensors
};

RootId Recorder::add_root(const at::Tensor& tensor, std::optional<std::size_t> step) {
  recording_.roots.push_back({geometry_of(tensor), tensor.scalar_type(), step, {}});
  kept_.push_back(tensor);
  return current_[memory_of(tensor)] = recording_.roots.size() - 1;
}

void Recorder::own(const IValue& value) {
  if (value.isList() || value.isGenericDict()) owned_containers_.push_back(value);
  for (const at::Tensor& tensor : twinfer::tensors_in(value)) {
    if (!is_plain(tensor))
      throw InputError(file_, "", "", "holds a tensor that is quantized, sparse, or not on the CPU");
    if (owned_.insert(memory_of(tensor)).second) kept_.push_back(tensor);
  }
}

TensorView Recorder::view_of(const at::Tensor& tensor) const {
  return {current_.at(memory_of(tensor)), geometry_of(tensor)};
}

StepArgument Recorder::capture(const OperatorCall& call, const IValue& value) const {
  if (value.isTensor() && value.toTensor().defined()) {
    const at::Tensor& tensor = value.toTensor();
    if (!depends_on_input(tensor)) return {tensor, {}, {}, {}};
    const TensorView view = view_of(tensor);
    if (tensor.scalar_type() != recording_.roots[view.root].type)
      throw node_error(call.place, call.node, "reads the memory of a tensor as another type");
    return {{}, view, {}, {}};
  }
  const std::vector<at::Tensor> tensors = twinfer::tensors_in(value);
  if (tensors.empty()) return {value.isList() ? value.deepcopy() : value, {}, {}, {}};  // a list may change later
  if (!value.isList()) throw node_error(call.place, call.node, "takes tensors in a tuple or dictionary");
  StepArgument list{{}, {}, {}, value.toList().elementType()};
  for (const IValue& item : value.toListRef()) list.items.push_back(capture(call, item));
  return list;
}

std::optional<Recorder::Change> Recorder::change_of(const OperatorCall& call, const Stack& arguments) const {
  std::optional<Change> change;
  const auto& declared = call.node.schema().arguments();
  if (changes_only_view(call.node)) return change;
  for (std::size_t i = 0; i < std::min(declared.size(), arguments.size()); ++i) {
    const c10::AliasInfo* const alias = declared[i].alias_info();
    if (alias == nullptr || !alias->isWrite()) continue;
    const bool holds_tensors = c10::TensorType::get()->isSubtypeOf(*declared[i].type()) ||
                               declared[i].type()->isSubtypeOf(*c10::ListType::ofTensors());
    if (!holds_tensors) continue;  // a list that grows: its tensors stay what they are
    if (change || !arguments[i].isTensor()) throw node_error(call.place, call.node, "changes several tensors in place");
    change = Change{i, arguments[i].toTensor()};
  }
  return change;
}

// Running statistics are changed without being declared so.
void check_statistics(const OperatorCall& call, const Stack& arguments) {
  const std::string op = call.node.kind().toQualString();
  constexpr std::size_t kRunningMean = 3;
  constexpr std::size_t kUsesBatch = 5;
  if ((op == "aten::batch_norm" || op == "aten::instance_norm") && arguments.at(kUsesBatch).toBool() &&
      arguments.at(kRunningMean).isTensor())
    throw node_error(call.place, call.node, "updates running statistics: the module must be in evaluation mode");
}

// Whether a result is one of the arguments' memory, or something new.
bool is_new(const at::Tensor& tensor, const std::vector<at::Tensor>& arguments) {
  return std::ranges::none_of(
      arguments, [&](const at::Tensor& given) { return given.has_storage() && memory_of(given) == memory_of(tensor); });
}

// Operators of containers of any kind hand their tensors on as they are.
bool hands_on(const c10::FunctionSchema& schema) {
  return std::ranges::any_of(schema.arguments(), [](const c10::Argument& argument) {
    return argument.type()->hasFreeVariables() || argument.type()->kind() == c10::TypeKind::DictType;
  });
}

void Recorder::run_container(const OperatorCall& call, Stack& stack, bool dynamic) {
  const auto& declared = call.node.schema().arguments();
  for (std::size_t i = 0; i < std::min(declared.size(), stack.size()); ++i)
    if (declared[i].alias_info() != nullptr && declared[i].alias_info()->isWrite() &&
        std::ranges::any_of(owned_containers_, [&](const IValue& owned) { return owned.is(stack[i]); }))
      throw node_error(call.place, call.node, "changes a list or dictionary of the module");
  const std::vector<at::Tensor> given = tensors_in(stack);
  run_natively(call, stack);
  if (!dynamic) return;
  check_numbers(call, stack);
  for (const at::Tensor& tensor : tensors_in(stack))
    if (is_new(tensor, given)) throw node_error(call.place, call.node, "makes a tensor of a container of tensors");
}

void Recorder::run(const OperatorCall& call, Stack& stack) {
  const std::vector<at::Tensor> tensors = tensors_in(stack);
  const bool dynamic = std::ranges::any_of(tensors, [&](const at::Tensor& t) { return depends_on_input(t); });
  if (hands_on(call.node.schema())) return run_container(call, stack, dynamic);
  check_statistics(call, stack);
  const std::optional<Change> change = change_of(call, stack);
  if (!change) return run_plain(call, stack, dynamic);
  if (owned_.contains(memory_of(change->target)))
    throw node_error(call.place, call.node, "changes a tensor of the module in place");
  if (dynamic) return run_change(call, stack, *change);
  run_constant_change(call, stack, change->target);
}

void Recorder::check_numbers(const OperatorCall& call, const Stack& results) const {
  const bool number = std::ranges::any_of(results, [](const IValue& value) {
    return value.isInt() || value.isDouble() || value.isBool() || value.isString() || value.isComplexDouble() ||
           value.isIntList() || value.isDoubleList() || value.isBoolList() || value.isScalar();
  });
  if (number && !asks_only_for_shape(call.node))
    throw node_error(call.place, call.node,
                     "reads what a tensor holds into a number: control flow that depends on data cannot be imported");
}

Step Recorder::new_step(const OperatorCall& call, const Stack& arguments) const {
  Step step{call.node.kind().toQualString(), call.node.getOperation(), {}, {}, {}};
  for (const IValue& value : arguments) step.arguments.push_back(capture(call, value));
  return step;
}

// The constant tensors of an argument; those of a list by their place in it.
void add_state(RecordedStep& step, const std::string& name, const StepArgument& argument) {
  const std::vector<at::Tensor> tensors = twinfer::tensors_in(argument.constant);
  const bool alone = argument.constant.isTensor();
  for (std::size_t i = 0; i < tensors.size(); ++i)
    step.state.emplace_back(alone ? name : name + "." + std::to_string(i), tensors[i]);
  for (std::size_t i = 0; i < argument.items.size(); ++i)
    add_state(step, name + "." + std::to_string(i), argument.items[i]);
}

void Recorder::add_step(const OperatorCall& call, Step step, const Stack& arguments, const Stack& results) {
  RecordedStep recorded{std::make_shared<Step>(std::move(step)), call.place, call.in_leaf_module, {}, {}};
  recorded.flops = operator_flops(recorded.step->op, arguments, results);
  for (std::size_t i = 0; i < recorded.step->arguments.size(); ++i)
    add_state(recorded, call.node.schema().arguments().at(i).name(), recorded.step->arguments[i]);
  recording_.steps.push_back(std::move(recorded));
}

// A new tensor in all of its memory, in place of one that is not.
at::Tensor in_own_memory(const at::Tensor& tensor) {
  return fills_its_memory(tensor) ? tensor : tensor.clone(at::MemoryFormat::Contiguous);
}

IValue in_own_memory(const IValue& value, const std::vector<at::Tensor>& arguments) {
  if (value.isTensor() && value.toTensor().defined() && is_new(value.toTensor(), arguments))
    return in_own_memory(value.toTensor());
  if (!value.isTensorList()) return value;
  c10::List<at::Tensor> list;
  for (const at::Tensor& tensor : value.toTensorVector())
    list.push_back(is_new(tensor, arguments) ? in_own_memory(tensor) : tensor);
  return list;
}

void Recorder::make_root(const OperatorCall& call, const at::Tensor& tensor, std::size_t position, Step& step) {
  const RootId root = add_root(tensor, recording_.steps.size());
  if (step.made.size() > 64) throw node_error(call.place, call.node, "makes more than 64 tensors");
  step.made.push_back({position, root, geometry_of(tensor)});
}

void Recorder::run_plain(const OperatorCall& call, Stack& stack, bool dynamic) {
  if (!dynamic) return run_natively(call, stack);
  const std::vector<at::Tensor> givers = shape_givers(call.node, stack);
  if (std::ranges::any_of(givers, [&](const at::Tensor& giver) { return depends_on_input(giver); }))
    throw node_error(call.place, call.node, "gives a tensor whose shape depends on what another one holds");
  const Stack arguments = stack;
  const std::vector<at::Tensor> given = tensors_in(arguments);
  Step step = new_step(call, arguments);
  run_natively(call, stack);
  check_numbers(call, stack);

  for (const at::Tensor& tensor : tensors_in(stack))
    if (!is_plain(tensor)) throw node_error(call.place, call.node, "makes a tensor without plain memory");
  std::vector<at::Tensor> made = tensors_in(stack);
  if (std::ranges::none_of(made, [&](const at::Tensor& tensor) { return is_new(tensor, given); })) return;
  for (IValue& value : stack) value = in_own_memory(value, given);
  made = tensors_in(stack);
  for (std::size_t position = 0; position < made.size(); ++position)
    if (is_new(made[position], given)) make_root(call, made[position], position, step);
  add_step(call, std::move(step), arguments, stack);
}

// What earlier steps took as a constant must stay what it was.
void keep_constant(StepArgument& argument, Memory changed) {
  for (StepArgument& item : argument.items) keep_constant(item, changed);
  if (argument.constant.isTensor() && argument.constant.toTensor().defined() &&
      memory_of(argument.constant.toTensor()) == changed)
    argument.constant = argument.constant.toTensor().clone();
}

void Recorder::keep_recorded_constants(const at::Tensor& target) {
  for (RecordedStep& recorded : recording_.steps)
    for (StepArgument& argument : recorded.step->arguments) keep_constant(argument, memory_of(target));
}

void Recorder::run_constant_change(const OperatorCall& call, Stack& stack, const at::Tensor& target) {
  keep_recorded_constants(target);
  run_natively(call, stack);
}

// All of a tensor's memory as one row.
at::Tensor whole_memory(const at::Tensor& tensor) {
  const long elements = static_cast<long>(tensor.storage().nbytes() / tensor.element_size());
  return tensor.as_strided({elements}, {1}, 0);
}

RootId Recorder::root_to_change(const at::Tensor& target) {
  if (depends_on_input(target)) return current_.at(memory_of(target));
  keep_recorded_constants(target);
  const at::Tensor all = fills_its_memory(target) ? target : whole_memory(target);
  const RootId root = add_root(all, std::nullopt);
  recording_.roots[root].constant = all.clone();
  return root;
}

// `x.relu_()` on all of x's memory is `x = x.relu()` for everybody who looks at
// x, if that gives a tensor of the same kind: one copy less.
bool Recorder::run_without_change(const OperatorCall& call, const Stack& arguments, const Change& change) {
  const c10::FunctionSchema& schema = call.node.schema();
  std::string name = schema.name();
  const Root& before = recording_.roots[current_.at(memory_of(change.target))];
  if (change.argument != 0 || !name.ends_with('_') || name.ends_with("__") ||
      !(geometry_of(change.target) == before.geometry))
    return false;
  name.pop_back();
  const auto found = jit::findOperatorFor(c10::OperatorName(name, schema.overload_name()));
  if (!found || found->schema().arguments().size() != schema.arguments().size()) return false;

  Stack results = arguments;
  jit::Operation operation = found->getOperation();
  operation(results);
  if (results.size() != 1 || !results[0].isTensor()) return false;
  const at::Tensor& made = results[0].toTensor();
  if (!(geometry_of(made) == before.geometry) || made.scalar_type() != before.type || !fills_its_memory(made) ||
      !is_new(made, tensors_in(arguments)))
    return false;

  Step step = new_step(call, arguments);
  step.op = name;
  step.call = operation;
  const RootId root = recording_.roots.size();
  recording_.roots.push_back({before.geometry, before.type, recording_.steps.size(), {}});
  step.made.push_back({0, root, recording_.roots[root].geometry});
  add_step(call, std::move(step), arguments, results);
  return true;
}

void Recorder::run_change(const OperatorCall& call, Stack& stack, const Change& change) {
  const RootId before = root_to_change(change.target);
  const Memory memory = memory_of(change.target);
  const Geometry shape = geometry_of(change.target);
  const std::size_t bytes = change.target.storage().nbytes();
  const Stack arguments = stack;

  if (!run_without_change(call, arguments, change)) {
    Step step = new_step(call, arguments);
    const Root root = recording_.roots[before];
    recording_.roots.push_back({root.geometry, root.type, recording_.steps.size(), {}});
    step.change = Step::Change{before, recording_.roots.size() - 1};
    add_step(call, std::move(step), arguments, {change.target});
  }
  run_natively(call, stack);
  current_[memory] = recording_.roots.size() - 1;

  check_numbers(call, stack);
  if (!(geometry_of(change.target) == shape) || memory_of(change.target) != memory ||
      change.target.storage().nbytes() != bytes)
    throw node_error(call.place, call.node, "gives the tensor that it changes another size");
  for (const at::Tensor& tensor : tensors_in(stack))
    if (memory_of(tensor) != memory) throw node_error(call.place, call.node, "both changes and makes tensors");
}

Recording Recorder::finish(const IValue& result) {
  const at::Tensor tensor = first_tensor(result, file_);
  if (tensor.scalar_type() != at::kFloat)
    throw InputError(file_, "result", c10::toString(tensor.scalar_type()), "must be of type Float");
  if (tensor.numel() == 0 || !depends_on_input(tensor))
    throw InputError(file_, "result", "", "must be a tensor that depends on the input");
  recording_.result = view_of(tensor);
  if (recording_.roots[recording_.result.root].type != at::kFloat)
    throw InputError(file_, "result", "", "must not be the memory of a tensor of another type");
  recording_.results = twinfer::tensors_in(result).size();
  return std::move(recording_);
}

}  // namespace

at::Tensor first_tensor(const IValue& result, const std::string& file) {
  const std::vector<at::Tensor> tensors = tensors_in(result);
  if (tensors.empty()) throw InputError(file, "result", "", "forward gives no tensor");
  return tensors.front();
}

Recording record_forward(const jit::Module& module, const std::string& file, const at::Tensor& input) {
  const c10::InferenceMode inference;
  const at::Tensor own_input = input.clone();  // the module may change it in place
  Recorder recorder(file, own_input);
  const WalkHooks hooks{[&](const OperatorCall& call, Stack& stack) { recorder.run(call, stack); },
                        [&](const IValue& value) { recorder.own(value); }};
  return recorder.finish(walk_forward(module, file, own_input, hooks));
}

}  // namespace twinfer
