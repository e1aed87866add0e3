#include "models/torchscript_layers.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/error.h"
#include "models/network_body.h"

namespace twinfer {
namespace {

using StepId = std::size_t;

constexpr std::size_t kMostLayers = 50'000;  // the largest published networks have a few thousand

Bytes float_bytes(const std::vector<long>& shape) {
  double bytes = sizeof(float);
  for (const long size : shape) bytes *= static_cast<double>(size);
  return Bytes(bytes);
}

// The roots that a step gives.
std::vector<RootId> given_by(const Step& step) {
  std::vector<RootId> roots;
  if (step.change) return {step.change->after};
  for (const MadeRoot& made : step.made) roots.push_back(made.root);
  return roots;
}

// The roots that a step needs, the one that it changes included.
std::set<RootId> needed_by(const Step& step) {
  std::set<RootId> roots;
  for (const TensorView& view : step.reads()) roots.insert(view.root);
  if (step.change) roots.insert(step.change->before);
  return roots;
}

// What of a recording the result depends on.
struct Live {
  std::set<StepId> steps;
  std::set<RootId> read;                          // by a step, or as the result
  std::map<RootId, std::vector<StepId>> readers;  // those that change it included
};

Live find_live(const Recording& recording) {
  Live live;
  std::vector<RootId> open{recording.result.root};
  while (!open.empty()) {
    const RootId root = open.back();
    open.pop_back();
    if (!live.read.insert(root).second || !recording.roots[root].step) continue;
    const StepId step = *recording.roots[root].step;
    if (!live.steps.insert(step).second) continue;
    for (const RootId needed : needed_by(*recording.steps[step].step)) {
      live.readers[needed].push_back(step);
      open.push_back(needed);
    }
  }
  return live;
}

// Only float tensors travel between devices.
bool can_travel(const Root& root) { return root.type == at::kFloat && root.geometry.numel() > 0; }

class Layering {
 public:
  Layering(Recording recording, std::string model, std::string file, std::vector<long> input_shape)
      : recording_(std::move(recording)),
        model_(std::move(model)),
        file_(std::move(file)),
        input_shape_(std::move(input_shape)),
        live_(find_live(recording_)) {}

  Network build();

 private:
  // A tensor that a layer hands out: where it begins in the layer's output.
  struct Place {
    LayerId layer;
    long begin;
    Geometry geometry;
  };
  struct Gathered {
    std::set<StepId> steps;
    std::set<RootId> arriving;
    std::set<RootId> constants;
  };

  void choose_anchors();
  [[nodiscard]] bool is_anchor(StepId step) const;
  [[nodiscard]] std::vector<StepId> readers_of(RootId root) const;
  [[nodiscard]] std::set<StepId> anchors_behind_result() const;
  void gather(RootId root, Gathered& gathered) const;
  void gather_step(StepId step, Gathered& gathered) const;
  std::vector<TensorView> hand_out(StepId anchor, LayerId layer);
  [[nodiscard]] std::optional<Geometry> only_part_read(RootId root) const;
  void read_part(RootId root, const Geometry& part);
  [[nodiscard]] LayerProgram make_program(const Gathered& gathered, std::vector<TensorView> outputs) const;
  void add_layer(const std::string& name, StepId anchor, const Gathered& gathered, std::vector<TensorView> outputs);
  [[nodiscard]] std::vector<std::string> names() const;

  Recording recording_;
  std::string model_;
  std::string file_;
  std::vector<long> input_shape_;
  Live live_;
  std::vector<StepId> anchors_;  // the step of each layer, in order; the last one gives the result
  std::map<RootId, Place> places_;
  std::vector<Layer> layers_;
  std::vector<NamedOperator> operators_;
};

bool Layering::is_anchor(StepId step) const {
  const Step& recorded = *recording_.steps[step].step;
  return !only_moves_data(recorded.op) && std::ranges::any_of(given_by(recorded), [&](RootId root) {
    return live_.read.contains(root) && can_travel(recording_.roots[root]);
  });
}

// Layers whose outputs the result is made of without further computing.
std::set<StepId> Layering::anchors_behind_result() const {
  std::set<StepId> found;
  std::set<RootId> seen;
  std::vector<RootId> open{recording_.result.root};
  while (!open.empty()) {
    const RootId root = open.back();
    open.pop_back();
    if (!seen.insert(root).second || !recording_.roots[root].step) continue;
    const StepId step = *recording_.roots[root].step;
    if (is_anchor(step)) {
      found.insert(step);
      continue;
    }
    for (const RootId needed : needed_by(*recording_.steps[step].step)) open.push_back(needed);
  }
  return found;
}

void Layering::choose_anchors() {
  for (const StepId step : live_.steps)
    if (is_anchor(step)) anchors_.push_back(step);
  if (anchors_.size() > kMostLayers)
    throw InputError(file_, "layers", std::to_string(anchors_.size()),
                     "must be at most " + std::to_string(kMostLayers));
  const std::optional<StepId> last = recording_.roots[recording_.result.root].step;
  if (!last) throw InputError(file_, "result", "", "is the input itself: there is no layer to run");
  // Where the result is put together from several layers, that is a layer too.
  if (anchors_behind_result().size() != 1) anchors_.push_back(*last);
}

// What `root` is made of that no layer before has computed. Not by recursion: the
// file says how deep that goes.
void Layering::gather(RootId root, Gathered& gathered) const {
  std::vector<RootId> open{root};
  while (!open.empty()) {
    const RootId next = open.back();
    open.pop_back();
    const std::optional<StepId> step = recording_.roots[next].step;
    if (places_.contains(next))
      gathered.arriving.insert(next);
    else if (!step)
      gathered.constants.insert(next);
    else if (gathered.steps.insert(*step).second)
      for (const RootId needed : needed_by(*recording_.steps[*step].step)) open.push_back(needed);
  }
}

void Layering::gather_step(StepId step, Gathered& gathered) const {
  gathered.steps.insert(step);
  for (const RootId needed : needed_by(*recording_.steps[step].step)) gather(needed, gathered);
}

std::vector<StepId> Layering::readers_of(RootId root) const {
  const auto found = live_.readers.find(root);
  return found == live_.readers.end() ? std::vector<StepId>{} : found->second;
}

// The part of a root that every reader takes, if it is a proper part.
std::optional<Geometry> Layering::only_part_read(RootId root) const {
  std::optional<Geometry> part;
  for (const StepId step : readers_of(root)) {
    const Step& recorded = *recording_.steps[step].step;
    if (recorded.change && recorded.change->before == root) return std::nullopt;
    for (const TensorView& view : recorded.reads()) {
      if (view.root != root) continue;
      if (part && !(*part == view.geometry)) return std::nullopt;
      part = view.geometry;
    }
  }
  if (!part || part->numel() >= recording_.roots[root].geometry.numel() || part->numel() == 0) return std::nullopt;
  return part;
}

Geometry contiguous(const std::vector<long>& sizes) {
  Geometry geometry{sizes, std::vector<long>(sizes.size()), 0};
  long stride = 1;
  for (std::size_t i = sizes.size(); i-- > 0; stride *= std::max(sizes[i], 1L)) geometry.strides[i] = stride;
  return geometry;
}

void replace_view(StepArgument& argument, RootId root, const Geometry& geometry) {
  for (StepArgument& item : argument.items) replace_view(item, root, geometry);
  if (argument.view && argument.view->root == root) argument.view->geometry = geometry;
}

// From now on readers get `part` alone, as a tensor of its own.
void Layering::read_part(RootId root, const Geometry& part) {
  for (const StepId step : readers_of(root))
    for (StepArgument& argument : recording_.steps[step].step->arguments)
      replace_view(argument, root, contiguous(part.sizes));
}

// What the layer of `anchor` hands to others.
std::vector<TensorView> Layering::hand_out(StepId anchor, LayerId layer) {
  const std::vector<RootId> given = given_by(*recording_.steps[anchor].step);
  std::vector<TensorView> outputs;
  long begin = 0;
  for (const RootId root : given) {
    if (!live_.read.contains(root) || !can_travel(recording_.roots[root])) continue;
    Geometry geometry = recording_.roots[root].geometry;
    const std::optional<Geometry> part = given.size() == 1 ? only_part_read(root) : std::nullopt;
    outputs.push_back({root, part.value_or(geometry)});
    if (part) {
      read_part(root, *part);
      geometry = contiguous(part->sizes);
    }
    places_[root] = {layer, begin, geometry};
    begin += geometry.numel();
  }
  return outputs;
}

// Paths are from a file of unknown origin, names end in tables.
std::string cleaned(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  return name;
}

std::vector<std::string> Layering::names() const {
  std::map<std::string, std::set<std::string>> kinds_at;
  const auto kind_of = [&](StepId anchor) { return layer_kind(recording_.steps[anchor].step->op); };
  for (const StepId anchor : anchors_) kinds_at[recording_.steps[anchor].place.path].insert(kind_of(anchor));

  std::map<std::string, int> used{{"input", 1}, {"final", 1}};  // these mean something else
  std::vector<std::string> names;
  for (const StepId anchor : anchors_) {
    const RecordedStep& recorded = recording_.steps[anchor];
    const std::string& path = recorded.place.path;
    const bool path_says_it = recorded.in_leaf_module && kinds_at[path].size() == 1 && !path.empty();
    std::string name = cleaned(path_says_it ? path : path + (path.empty() ? "" : ".") + kind_of(anchor));
    while (used[name] > 0) name += "_" + std::to_string(++used[name]);
    ++used[name];
    names.push_back(name);
  }
  return names;
}

// Runs a program on tensors of the shapes that it was recorded with.
Operator make_operator(const std::string& kind, std::shared_ptr<const LayerProgram> program, const std::string& where,
                       std::vector<std::vector<long>> shapes, Flops flops) {
  const auto run = [program = std::move(program), where, shapes = std::move(shapes)](const Tensors& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].sizes() != at::IntArrayRef(shapes[i]) || inputs[i].scalar_type() != at::kFloat)
        throw InputError(where, "input",
                         format_shape(inputs[i].sizes().vec()) + " " + toString(inputs[i].scalar_type()),
                         "must be " + format_shape(shapes[i]) + " Float, as when the network was imported");
    return run_program(*program, inputs);
  };
  return {kind, run, [flops](const Tensors&, const at::Tensor&) { return flops; }, {}};
}

LayerProgram Layering::make_program(const Gathered& gathered, std::vector<TensorView> outputs) const {
  LayerProgram program;
  std::map<LayerId, std::vector<ArrivingRoot>> arriving;
  for (const RootId root : gathered.arriving) {
    const Place& place = places_.at(root);
    arriving[place.layer].push_back({root, place.geometry, place.begin});
  }
  for (const auto& [from, roots] : arriving) program.inputs.push_back({from, roots});
  for (const RootId root : gathered.constants) program.constants[root] = recording_.roots[root].constant;
  for (const StepId step : gathered.steps) program.steps.push_back(recording_.steps[step].step);
  program.outputs = std::move(outputs);
  return program;
}

void Layering::add_layer(const std::string& name, StepId anchor, const Gathered& gathered,
                         std::vector<TensorView> outputs) {
  auto program = std::make_shared<const LayerProgram>(make_program(gathered, std::move(outputs)));
  Layer layer{name, layer_kind(recording_.steps[anchor].step->op), {}, {}, Bytes(0), Flops(0), Bytes(0)};
  std::vector<std::vector<long>> shapes;
  for (const ProgramInput& input : program->inputs) {
    layer.inputs.push_back(input.layer);
    shapes.push_back(layers_[input.layer].output_shape);
  }
  layer.output_shape = output_shape(program->outputs);
  layer.output_bytes = float_bytes(layer.output_shape);
  std::vector<std::pair<std::string, at::Tensor>> state;
  for (const StepId step : gathered.steps) {
    const RecordedStep& recorded = recording_.steps[step];
    layer.flops += recorded.flops;
    state.insert(state.end(), recorded.state.begin(), recorded.state.end());
  }
  for (const auto& [given, tensor] : state) layer.parameter_bytes += Bytes(static_cast<double>(tensor.nbytes()));

  Operator op = make_operator(layer.kind, program, model_ + ": " + name, std::move(shapes), layer.flops);
  op.state = std::move(state);
  operators_.push_back({name, std::move(op)});
  layers_.push_back(std::move(layer));
}

Network Layering::build() {
  choose_anchors();
  layers_.push_back({"input", "input", {}, input_shape_, float_bytes(input_shape_), Flops(0), Bytes(0)});
  operators_.push_back({"input", {"input", {}, {}, {}}});
  places_[kInputRoot] = {0, 0, recording_.roots[kInputRoot].geometry};

  const std::vector<std::string> named = names();
  for (std::size_t i = 0; i < anchors_.size(); ++i) {
    Gathered gathered;
    gather_step(anchors_[i], gathered);
    const bool last = i + 1 == anchors_.size();
    if (last) gather(recording_.result.root, gathered);
    std::vector<TensorView> outputs{recording_.result};
    if (!last) outputs = hand_out(anchors_[i], layers_.size());
    add_layer(named[i], anchors_[i], gathered, std::move(outputs));
  }
  return Network(std::make_unique<Network::Body>(
      Network::Body{LayerGraph(model_, std::move(layers_), {}), std::move(operators_), {}}));
}

}  // namespace

Network make_layers(Recording recording, const std::string& model, const std::string& file,
                    const std::vector<long>& input_shape) {
  return Layering(std::move(recording), model, file, input_shape).build();
}

}  // namespace twinfer
