#include "live/plan_orders.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"
#include "live/run_to_end.h"

namespace twinfer {
namespace {

struct Ends {
  int run = -1, other = -1;

  Ends() {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    run = ends[0];
    other = ends[1];
  }
  ~Ends() {
    ::close(run);
    hang_up();
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  void say(const std::string& text) const { REQUIRE(write(other, text.data(), text.size()) == ssize_t(text.size())); }
  [[nodiscard]] std::string heard() const {
    char text[100];
    const ssize_t got = recv(other, text, sizeof text, MSG_DONTWAIT);
    return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : "";
  }
  void hang_up() {
    if (other >= 0) ::close(other);
    other = -1;
  }
};

TEST_CASE("orders come one after the other, and are answered") {
  Ends ends;
  asio::io_context io;
  PlanOrders orders(io, ends.run);
  ends.say("plan 2\npla");
  CHECK(run_to_end(io, orders.next(3)) == 2);
  orders.answer(2, 117);
  CHECK(ends.heard() == "plan 2 from 117\n");
  ends.say("n 0\n");
  CHECK(run_to_end(io, orders.next(3)) == 0);
}

TEST_CASE("when the other side has gone there are no more orders, and answers are for nobody") {
  Ends ends;
  asio::io_context io;
  PlanOrders orders(io, ends.run);
  ends.hang_up();
  CHECK(run_to_end(io, orders.next(3)) == std::nullopt);
  orders.answer(1, 2);
}

TEST_CASE("a run that ends takes no more orders") {
  Ends ends;
  asio::io_context io;
  PlanOrders orders(io, ends.run);
  asio::post(io, [&] { asio::post(io, [&] { orders.close(); }); });  // once next() waits
  CHECK(run_to_end(io, orders.next(3)) == std::nullopt);
}

TEST_CASE("what is no order is refused") {
  asio::io_context io;
  for (const std::string line : {"plan 3", "plan -1", "plan", "plan 1x", "plan 99999999999999999999", "stop", ""}) {
    Ends ends;
    PlanOrders orders(io, ends.run);
    ends.say(line + "\n");
    CAPTURE(line);
    CHECK_THROWS_WITH(run_to_end(io, orders.next(3)),
                      ("was told `" + line + "`, which names none of its plans").c_str());
  }
  Ends ends;
  PlanOrders orders(io, ends.run);
  ends.say(std::string(100, 'x'));
  CHECK_THROWS_WITH(run_to_end(io, orders.next(3)), "was told a line without an end");
}

TEST_CASE("orders come over a socket") {
  asio::io_context io;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  CHECK_THROWS_WITH_AS(PlanOrders(io, ends[0]),
                       "--steered: needs a socket as standard input, as `twinfer twin` gives it", InputError);
  for (const int end : ends) ::close(end);
}

}  // namespace
}  // namespace twinfer
