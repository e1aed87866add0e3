#include "models/profile_network.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <thread>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <torch/version.h>

#include "core/error.h"
#include "models/tensor_codec.h"
#include "models/threads.h"

namespace twinfer {
namespace {

constexpr std::string_view kMeasured = "measured";

// The seconds that `body` takes; its result goes to `result`.
template <class Result, class Body>
double time_of(Result& result, const Body& body) {
  const auto begin = std::chrono::steady_clock::now();
  result = body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct LayerSamples {
  std::vector<double> compute_s;
  std::vector<double> encode_s;
  std::vector<double> decode_s;
};

struct Samples {
  std::vector<LayerSamples> layers;          // by LayerId; the input computes nothing
  std::vector<std::vector<double>> heads_s;  // by ExitId
};

// Codec times of one layer's output; what is encoded and decoded is thrown away.
void time_codec(const at::Tensor& tensor, LayerSamples& samples) {
  EncodedTensor encoded;
  samples.encode_s.push_back(time_of(encoded, [&] { return encode_tensor(tensor); }));
  DecodeBuffer buffer;
  samples.decode_s.push_back(time_of(buffer, [&] { return make_decode_buffer(encoded.shape, encoded.bytes.size()); }));
}

void run_once(const Network& network, const at::Tensor& input, Samples& samples) {
  const LayerGraph& graph = network.graph();
  Activations tensors{{0, input}};
  time_codec(input, samples.layers[0]);
  ExitId head = 0;
  for (LayerId layer = 1; layer < graph.size(); ++layer) {
    at::Tensor& output = tensors[layer];
    samples.layers[layer].compute_s.push_back(time_of(output, [&] { return network.run_layer(layer, tensors); }));
    if (head < graph.exit_heads().size() && graph.exit_heads()[head].layer == layer) {
      // Reading the logits is part of a head: without it no decision falls.
      ExitObservation seen;
      samples.heads_s[head].push_back(time_of(seen, [&] { return observe(network.run_head(head, output)[0]); }));
      ++head;
    }
    time_codec(output, samples.layers[layer]);
    for (const LayerId read : graph.layer(layer).inputs)
      if (graph.last_reader(read) == layer) tensors.erase(read);
  }
}

void check(const ProfileSettings& settings) {
  if (settings.device.empty()) throw InputError("", "device", "", "must have a name");
  if (settings.batch < 1) throw InputError("", "batch", "0", "must be at least 1");
  if (settings.repeat < 1) throw InputError("", "repeat", "0", "must be at least 1");
}

std::string host_description() {
  std::string model = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if ((line.starts_with("model name") || line.starts_with("Model")) && line.find(": ") != std::string::npos)
      model = line.substr(line.find(": ") + 2);
  return model + " with " + std::to_string(std::thread::hardware_concurrency()) + " cores";
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

LatencyProfile describe_run(const Network& network, const ProfileSettings& settings) {
  LatencyProfile profile;
  profile.model = network.graph().model();
  profile.input = format_shape(network.input_shape());
  profile.device = settings.device;
  profile.host = host_description();
  profile.runtime = std::string("libtorch-") + TORCH_VERSION;
  profile.precision = "fp32";
  profile.threads = settings.threads;
  profile.batch = settings.batch;
  profile.pause = settings.pause;
  profile.date = today();
  return profile;
}

LatencyProfile summarise_run(LatencyProfile profile, const LayerGraph& graph, const Samples& samples) {
  for (LayerId id = 0; id < graph.size(); ++id) {
    const LayerSamples& layer = samples.layers[id];
    profile.layers[graph.layer(id).name] = {id == 0 ? constant_latency(Seconds(0)) : summarise(layer.compute_s),
                                            graph.layer(id).output_bytes, summarise(layer.encode_s).median(),
                                            summarise(layer.decode_s).median(), std::string(kMeasured)};
  }
  for (ExitId id = 0; id < graph.exit_heads().size(); ++id)
    profile.exits[graph.exit_heads()[id].name] = summarise(samples.heads_s[id]);
  return profile;
}

Samples empty_samples(const LayerGraph& graph) {
  return {std::vector<LayerSamples>(graph.size()), std::vector<std::vector<double>>(graph.exit_heads().size())};
}

}  // namespace

LatencyProfile profile_network(const Network& network, const ProfileSettings& settings, const RunProgress& progress) {
  check(settings);
  use_threads(settings.threads);
  std::vector<long> shape = network.input_shape();
  shape[0] = settings.batch;
  at::Generator generator = at::detail::createCPUGenerator(/*seed_val=*/1);
  const at::Tensor input = at::empty(shape, at::kFloat).normal_(0, 1, generator);

  const LayerGraph& graph = network.graph();
  Samples samples = empty_samples(graph);
  const unsigned all = settings.warm_up + settings.repeat;
  for (unsigned run = 0; run < all; ++run) {
    if (run == settings.warm_up) samples = empty_samples(graph);
    if (settings.pause > Seconds(0)) std::this_thread::sleep_for(std::chrono::duration<double>(settings.pause.si()));
    run_once(network, input, samples);
    if (progress) progress(run + 1, all);
  }
  return summarise_run(describe_run(network, settings), graph, samples);
}

}  // namespace twinfer
