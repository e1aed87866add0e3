// A worker among strangers, and what a fleet says of workers that are none.
#include "live/worker.h"

#include <atomic>
#include <cmath>
#include <functional>
#include <string>
#include <thread>

#include <ATen/core/Tensor.h>  // before doctest: both define CHECK
#include <doctest/doctest.h>

#include "core/error.h"
#include "live/handshake.h"
#include "live/messages.h"
#include "live/run_to_end.h"
#include "tests/live/live_world.h"

namespace twinfer {
namespace {

constexpr std::chrono::seconds kPatience{5};

// A server that answers the first connection with `bytes`, then leaves or stays silent.
class StrangeServer {
 public:
  explicit StrangeServer(std::string bytes)
      : acceptor_(io_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)), thread_([this, bytes = std::move(bytes)] {
          boost::system::error_code ended;
          Tcp::socket socket = acceptor_.accept(ended);
          if (ended) return;
          if (!bytes.empty()) socket.send(asio::buffer(bytes), 0, ended);
          std::array<char, 256> received{};
          while (!ended) socket.read_some(asio::buffer(received), ended);
        }) {}
  ~StrangeServer() {
    // A connection of our own frees an accept that nobody else did.
    boost::system::error_code gone;
    Tcp::socket(io_).connect(acceptor_.local_endpoint(), gone);
    thread_.join();
  }
  [[nodiscard]] Endpoint endpoint() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

 private:
  asio::io_context io_;
  Tcp::acceptor acceptor_;
  std::thread thread_;
};

std::string hello_bytes(char version) {
  wire::Header header;
  header.mutable_hello();
  const std::vector<std::byte> head = encode_head(header, 0);
  std::string bytes(reinterpret_cast<const char*>(head.data()), head.size());
  bytes[4] = version;
  return bytes;
}

std::string fleet_error(const std::string& endpoint, Seconds patience = Seconds(5)) {
  Platform platform = tiny::mesh({"pi"}, 1);
  platform.devices[0].endpoint = endpoint;
  try {
    const Fleet fleet(platform, {0}, {.program = {}, .models_dir = {}, .patience = patience});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// Sends raw bytes to a worker and waits until it closes the connection.
void send_and_wait_for_close(const Endpoint& endpoint, const std::string& bytes) {
  asio::io_context io;
  Tcp::socket socket(io);
  socket.connect({asio::ip::make_address(endpoint.host), endpoint.port});
  socket.send(asio::buffer(bytes));
  std::array<char, 256> received{};
  boost::system::error_code ended;
  while (!ended) socket.read_some(asio::buffer(received), ended);
}

TEST_CASE("a worker on port 0 tells its real port") {
  const Worker worker(WorkerOptions{});
  CHECK(worker.endpoint().host == "127.0.0.1");
  CHECK(worker.endpoint().port > 0);
}

TEST_CASE("a port that is taken is refused in one line") {
  const Worker first(WorkerOptions{});
  WorkerOptions options;
  options.listen = first.endpoint();
  const std::string message = "listen: `" + to_string(first.endpoint()) + "`: Address already in use";
  CHECK_THROWS_WITH_AS(Worker{options}, message.c_str(), InputError);
}

TEST_CASE("a worker outlives garbage, other versions and boundless lengths, and reports each") {
  std::vector<std::string> reported;
  WorkerOptions options;
  options.on_error = [&](const std::string& line) { reported.push_back(line); };
  WorkerThread worker(options);
  send_and_wait_for_close(worker.endpoint(), "GET / HTTP/1.1\r\nHost: twinfer\r\n\r\n");
  send_and_wait_for_close(worker.endpoint(), hello_bytes(9));
  std::string boundless = hello_bytes(kProtocolVersion);
  boundless[11] = '\x7f';
  send_and_wait_for_close(worker.endpoint(), boundless);

  CHECK(fleet_error(to_string(worker.endpoint())).empty());
  worker.end();
  REQUIRE(reported.size() == 3);
  CHECK(reported[0].ends_with(": does not speak twinfer's protocol"));
  CHECK(reported[1].ends_with(": speaks protocol version 9, this program speaks 4"));
  CHECK(reported[2].ends_with(" bytes, 65536 are allowed here"));
}

TEST_CASE("a fleet names a worker that speaks another version") {
  const StrangeServer server(hello_bytes(3));
  CHECK(fleet_error(to_string(server.endpoint())) ==
        to_string(server.endpoint()) + ": speaks protocol version 3, this program speaks 4");
}

TEST_CASE("a fleet names a worker that answers with garbage") {
  const StrangeServer server("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
  CHECK(fleet_error(to_string(server.endpoint())) ==
        to_string(server.endpoint()) + ": does not speak twinfer's protocol");
}

TEST_CASE("a fleet names a worker that says nothing") {
  const StrangeServer server("");
  CHECK(fleet_error(to_string(server.endpoint()), Seconds(0.05)) ==
        to_string(server.endpoint()) + ": no answer in time");
}

TEST_CASE("a fleet names a device without an endpoint") {
  CHECK(fleet_error("") ==
        "tiny.xml: endpoint: pi has none: live runs need `spawn` or HOST:PORT for every device of a plan");
}

TEST_CASE("a fleet names a program that cannot be started") {
  CHECK(fleet_error("spawn") == "No such file or directory");
}

TEST_CASE("a worker answers what it does not know with a failure, and goes on") {
  WorkerThread worker;
  asio::io_context io;
  const auto control = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, kPatience));
  wire::Header question;
  question.mutable_need_weights();
  const std::string message = to_string(worker.endpoint()) + ": does not answer need_weights";
  CHECK_THROWS_WITH_AS(run_to_end(io, ask(*control, question, wire::Header::kPong, kPatience)), message.c_str(),
                       ConnectionError);
  question.mutable_ping();
  CHECK(run_to_end(io, ask(*control, question, wire::Header::kPong, kPatience)).pong().worker_ns() > 0);
}

TEST_CASE("a worker refuses roles of deployments that it does not have") {
  WorkerThread worker;
  asio::io_context io;
  wire::Hello hello;
  hello.set_role(wire::DATA);
  hello.set_deployment(7);
  hello.set_stage(3);
  const std::string message = to_string(worker.endpoint()) + ": has no stage 3 of this deployment";
  CHECK_THROWS_WITH_AS(run_to_end(io, dial_worker(worker.endpoint(), hello, kPatience)), message.c_str(),
                       ConnectionError);
}

// The first layers of digits.
wire::Deploy small_deployment() {
  wire::Deploy deploy;
  deploy.set_model("digits");
  const std::vector<long> shape = default_input_shape("digits");
  deploy.mutable_input_shape()->Assign(shape.begin(), shape.end());
  deploy.set_deployment(1);
  deploy.add_receives(0);
  deploy.add_layers(1);
  deploy.add_layers(2);
  deploy.add_sends(2);
  deploy.set_replicas(1);
  deploy.set_scheduling("fifo");
  deploy.set_threads(1);
  deploy.set_timeout_s(5);
  return deploy;
}

std::string deploy_error(const std::function<void(wire::Deploy&)>& change) {
  WorkerThread worker;
  asio::io_context io;
  const auto control = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, kPatience));
  wire::Header question;
  *question.mutable_deploy() = small_deployment();
  change(*question.mutable_deploy());
  try {
    run_to_end(io, ask(*control, question, wire::Header::kDeployed, kPatience));
  } catch (const ConnectionError& error) {
    return std::string(error.what()).substr(to_string(worker.endpoint()).size() + 2);
  }
  return "";
}

TEST_CASE("a deployment that cannot run is refused with the reason") {
  CHECK(deploy_error([](wire::Deploy&) {}).empty());
  CHECK(deploy_error([](wire::Deploy& d) { d.set_model("lenet"); }).find("lenet") != std::string::npos);
  CHECK(deploy_error([](wire::Deploy& d) { d.add_layers(999); }).starts_with("layers: `999`: digits has layers 1 to "));
  CHECK(deploy_error([](wire::Deploy& d) { d.set_layers(0, 0); }).starts_with("layers: `0`: digits has layers 1 to "));
  CHECK(deploy_error([](wire::Deploy& d) { d.set_layers(1, 1); }).starts_with("layers: `1`: digits has layers 1 to "));
  CHECK(deploy_error([](wire::Deploy& d) { d.clear_layers(); }) == "layers: are missing");
  CHECK(deploy_error([](wire::Deploy& d) { d.clear_receives(); }) ==
        "receives: lacks the output of layer 0 for layer 1");
  CHECK(deploy_error([](wire::Deploy& d) { d.add_sends(7); }) ==
        "receives: lacks the output of layer 7 for the next stage");
  CHECK(deploy_error([](wire::Deploy& d) { d.clear_sends(); }) ==
        "sends: are missing: the stage does not hold the last layer");
  const auto highest = static_cast<std::uint32_t>(ExitRule::kEntropy);
  CHECK(deploy_error([&](wire::Deploy& d) { d.set_exit_rule(highest); }).empty());
  CHECK(deploy_error([&](wire::Deploy& d) { d.set_exit_rule(highest + 1); }) ==
        "exit rule: `3`: is none that this program knows");
  CHECK(deploy_error([](wire::Deploy& d) { d.add_thresholds()->set_value(std::nan("")); }) ==
        "threshold: `nan`: must be a finite number");
  CHECK(deploy_error([](wire::Deploy& d) { d.add_thresholds()->set_exit(9); }) == "exit: `9`: digits has 3 exit heads");
  CHECK(deploy_error([](wire::Deploy& d) { d.set_timeout_s(std::nan("")); }) ==
        "timeout_s: `nan`: must be from 0 to 1e8 seconds");
  CHECK(deploy_error([](wire::Deploy& d) { d.set_scheduling("lifo"); }).find("lifo") != std::string::npos);
  CHECK(deploy_error([](wire::Deploy& d) { d.set_weights_sha256("../../etc/passwd"); }) ==
        "weights: `../../etc/passwd`: must be a SHA-256, 64 lower-case hex digits");
}

TEST_CASE("new shapes are for a stage that is deployed, all of its hops, and times that can be") {
  WorkerThread worker;
  asio::io_context io;
  const auto control = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, kPatience));
  wire::Header question;
  *question.mutable_deploy() = small_deployment();
  run_to_end(io, ask(*control, question, wire::Header::kDeployed, kPatience));
  const auto refusal = [&](const std::function<void(wire::Reshape&)>& change) -> std::string {
    wire::Header asked;
    asked.mutable_reshape()->set_deployment(1);
    change(*asked.mutable_reshape());
    try {
      run_to_end(io, ask(*control, asked, wire::Header::kReshaped, kPatience));
    } catch (const ConnectionError& error) {
      return std::string(error.what()).substr(to_string(worker.endpoint()).size() + 2);
    }
    return "";
  };
  CHECK(refusal([](wire::Reshape&) {}).empty());
  CHECK(refusal([](wire::Reshape& r) { r.set_deployment(2); }) == "stage: `0`: is not deployed here");
  CHECK(refusal([](wire::Reshape& r) { r.add_hops(); }) == "hops: `1`: must be as many as deployed");
  CHECK(refusal([](wire::Reshape& r) { r.mutable_result()->set_transmit_s(-1); }) ==
        "result: `-1`: must be from 0 to 1e8 seconds");
}

TEST_CASE("deployments of one run stand side by side, and another run's replace them") {
  WorkerThread worker;
  asio::io_context io;
  const auto control = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, kPatience));
  const auto deploy = [&](std::uint64_t deployment, std::uint64_t run) {
    wire::Header question;
    *question.mutable_deploy() = small_deployment();
    question.mutable_deploy()->set_deployment(deployment);
    question.mutable_deploy()->set_run(run);
    run_to_end(io, ask(*control, question, wire::Header::kDeployed, kPatience));
  };
  const auto is_there = [&](std::uint64_t deployment) {
    wire::Header question;
    question.mutable_reshape()->set_deployment(deployment);
    try {
      run_to_end(io, ask(*control, question, wire::Header::kReshaped, kPatience));
    } catch (const ConnectionError&) {
      return false;
    }
    return true;
  };
  deploy(7, 7);
  deploy(8, 7);
  CHECK(is_there(7));
  CHECK(is_there(8));
  wire::Header undeploy;
  undeploy.mutable_undeploy()->set_deployment(7);
  run_to_end(io, ask(*control, undeploy, wire::Header::kUndeployed, kPatience));
  CHECK_FALSE(is_there(7));
  CHECK(is_there(8));
  deploy(9, 9);
  CHECK_FALSE(is_there(8));
  CHECK(is_there(9));
}

TEST_CASE("a worker takes no payload on a control connection but parameters, and those in pieces") {
  std::vector<std::string> reported;
  WorkerOptions options;
  options.on_error = [&](const std::string& line) { reported.push_back(line); };
  WorkerThread worker(options);
  asio::io_context io;
  const auto close_after = [&](const wire::Header& header, std::uint64_t bytes) {
    const auto control = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, kPatience));
    const std::vector<WireTensor> payload{allocate_bytes(0, {}, bytes)};
    CHECK_THROWS_AS(run_to_end(io,
                               [](auto peer, const auto& head, const auto& tensors) -> Task<void> {
                                 co_await peer->send(head, tensors, kPatience);
                                 co_await peer->receive(no_payload(kPatience, kPatience));
                               }(control, header, payload)),
                    ConnectionError);
  };
  wire::Header ping, parameters;
  ping.mutable_ping();
  parameters.mutable_parameters();
  close_after(ping, 4);
  close_after(parameters, kParametersPiece + 1);
  worker.end();
  REQUIRE(reported.size() == 2);
  CHECK(reported[0].ends_with(": sent a payload that nobody asked for"));
  CHECK(reported[1].ends_with(": sent a payload of 16777217 bytes, 16777216 are allowed here"));
}

TEST_CASE("a profile whose weights came while another peer deployed is refused") {
  const TemporaryFolder cache;
  WorkerOptions options;
  options.cache_dir = cache.path();
  WorkerThread worker(options);
  asio::io_context io;
  const auto first = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, kPatience));
  wire::Header profile;
  profile.mutable_profile()->set_device("d");
  profile.mutable_profile()->set_model("digits");
  profile.mutable_profile()->set_threads(1);
  profile.mutable_profile()->set_repeat(1);
  const std::string content = "weights";
  profile.mutable_profile()->set_weights_bytes(content.size());
  profile.mutable_profile()->set_weights_sha256("9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c");
  run_to_end(io, ask(*first, profile, wire::Header::kNeedWeights, kPatience));

  const auto second = run_to_end(io, dial_worker(worker.endpoint(), wire::Hello{}, kPatience));
  wire::Header question;
  *question.mutable_deploy() = small_deployment();
  run_to_end(io, ask(*second, question, wire::Header::kDeployed, kPatience));

  wire::Header weights;
  weights.mutable_weights();
  const std::vector<WireTensor> tensors{allocate_bytes(0, {}, content.size())};
  std::ranges::copy(std::as_bytes(std::span(content)), tensors.front().bytes.begin());
  run_to_end(io, first->send(weights, tensors, kPatience));
  const Frame answer = run_to_end(io, first->receive(no_payload(kPatience, kPatience)));
  CHECK(answer.header.failure().text().ends_with("is busy with a deployment or another profile"));
}

TEST_CASE("a deployment of a replica that cannot have a turn is refused") {
  const auto error = [](const std::function<void(wire::Deploy&)>& change) {
    return deploy_error([&](wire::Deploy& deploy) {
      deploy.set_replicas(2);
      deploy.set_replica(1);
      deploy.set_next_replicas(3);
      for (const std::uint32_t replica : {0, 1, 2}) deploy.add_next()->set_replica(replica);
      change(deploy);
    });
  };
  CHECK(error([](wire::Deploy&) {}).empty());
  CHECK(error([](wire::Deploy& d) { d.set_replica(2); }) == "replica: `2`: must be below their number, 2");
  CHECK(error([](wire::Deploy& d) { d.set_replicas(0); }) == "replica: `1`: must be below their number, 0");
  CHECK(error([](wire::Deploy& d) { d.set_next_replicas(2); }) ==
        "next: `2`: must be below their number, 2, and there once");
  CHECK(error([](wire::Deploy& d) { d.mutable_next(2)->set_replica(1); }) ==
        "next: `1`: must be below their number, 3, and there once");
  CHECK(error([](wire::Deploy& d) { d.mutable_next(0)->mutable_hop()->set_transmit_s(-1); }) ==
        "next.hop: `-1`: must be from 0 to 1e8 seconds");
}

TEST_CASE("an emulation that lacks a cost or has an impossible one is refused") {
  const auto error = [](const std::function<void(wire::Emulation&)>& change) {
    return deploy_error([&](wire::Deploy& deploy) {
      wire::LeavingCost& whole = *deploy.mutable_emulation()->add_computes();
      for (std::size_t i = 0; i < kQuantiles.size(); ++i) whole.add_quantile_s(0.001);
      change(*deploy.mutable_emulation());
    });
  };
  CHECK(error([](wire::Emulation&) {}).empty());
  CHECK(error([](wire::Emulation& e) { e.clear_computes(); }) ==
        "emulation.computes: lacks the cost of the whole stage");
  CHECK(error([](wire::Emulation& e) { e.mutable_computes(0)->add_quantile_s(1); }) ==
        "emulation.computes: `8`: must have 7 quantiles");
  CHECK(error([](wire::Emulation& e) {
          e.mutable_computes(0)->set_quantile_s(6, 1e300);
        }).starts_with("emulation.computes: `1"));
  CHECK(error([](wire::Emulation& e) { e.set_decode_s(-1); }) ==
        "emulation.decode_s: `-1`: must be from 0 to 1e8 seconds");
  CHECK(deploy_error([](wire::Deploy& d) { d.mutable_result()->set_latency_s(-1); }) ==
        "result: `-1`: must be from 0 to 1e8 seconds");
  CHECK(deploy_error([](wire::Deploy& deploy) {  // a head on the stage whose cost is missing
          const LayerGraph graph = make_network("digits", default_input_shape("digits"), 1).graph();
          for (LayerId layer = 3; layer <= graph.last(); ++layer) deploy.add_layers(layer);
          deploy.clear_sends();
          deploy.set_exit_rule(1);
          deploy.add_thresholds()->set_exit(1);
          wire::LeavingCost& whole = *deploy.mutable_emulation()->add_computes();
          for (std::size_t i = 0; i < kQuantiles.size(); ++i) whole.add_quantile_s(0.001);
        }) == "emulation.computes: lacks the cost up to exit 1");
}

}  // namespace
}  // namespace twinfer
