#include "sim/isolated.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/error.h"
#include "sim/isolated_child.h"

using namespace twinfer;

namespace {

using Task = std::function<std::string()>;

}  // namespace

TEST_CASE("a task's string comes back, bytes and all") {
  const IsolatedOutcome outcome = run_isolated([] { return std::string("a\0b\nc", 5); });
  CHECK(outcome.ok);
  CHECK(outcome.output == std::string("a\0b\nc", 5));
  CHECK(run_isolated([] { return std::string(); }).ok);
}

TEST_CASE("an answer far larger than a pipe comes back whole, printing or not") {
  const std::string big(20'000'000, 'x');
  const IsolatedOutcome outcome = run_isolated([&big] {
    for (int i = 0; i < 50'000; ++i) std::puts("a line that nobody shall see, over and over");
    std::fflush(stdout);
    std::cerr << std::string(1'000'000, 'e');
    return big;
  });
  CHECK(outcome.ok);
  CHECK(outcome.output == big);
}

TEST_CASE("a thrown error becomes one line, and bad input is told apart") {
  const IsolatedOutcome bad = run_isolated([]() -> std::string { throw InputError("f.xml", "line 3", "x", "y"); });
  CHECK_FALSE(bad.ok);
  CHECK(bad.bad_input);
  CHECK(bad.error == "f.xml: line 3: `x`: y");

  const IsolatedOutcome thrown = run_isolated([]() -> std::string { throw std::runtime_error("two\nlines"); });
  CHECK_FALSE(thrown.ok);
  CHECK_FALSE(thrown.bad_input);
  CHECK(thrown.error == "two lines");

  CHECK(run_isolated([]() -> std::string { throw 7; }).error == "an exception without a text");
}

TEST_CASE("a library that aborts leaves its last words") {
  const IsolatedOutcome outcome = run_isolated([]() -> std::string {
    std::fputs("[0.000000] [xbt_cfg/INFO] Configuration change\n", stderr);
    std::fputs("[pi:executor:(3) 1.500000] ./src/net.cpp:12: [ker_network/CRITICAL] No path from pi to pc.\n", stderr);
    std::fputs("Current backtrace:\n  ->  #0 somewhere\n", stderr);
    std::abort();
  });
  CHECK_FALSE(outcome.ok);
  CHECK(outcome.error == "No path from pi to pc.");
}

TEST_CASE("an ending without words is named by its signal or exit code") {
  CHECK(run_isolated([]() -> std::string {
          std::signal(SIGSEGV, SIG_DFL);  // sanitizers would speak
          std::raise(SIGSEGV);
          return {};
        }).error == "the child process was ended by a signal: Segmentation fault");
  CHECK(run_isolated([]() -> std::string { ::_exit(3); }).error ==
        "the child process ended with exit code 3 and said nothing");
  CHECK_FALSE(run_isolated([]() -> std::string { ::_exit(0); }).ok);  // no answer is no success
}

TEST_CASE("a child that runs too long is ended") {
  const IsolatedOutcome outcome = run_isolated(
      []() -> std::string {
        for (;;) ::pause();
      },
      Seconds(0.05));
  CHECK_FALSE(outcome.ok);
  CHECK(outcome.error == "the child process was ended: it ran for more than 0.05 s");
}

TEST_CASE("many tasks come back in their order, each told as it ends") {
  std::vector<Task> tasks;
  for (int i = 0; i < 20; ++i)
    tasks.push_back([i]() -> std::string {
      if (i == 7) std::abort();
      return std::to_string(i);
    });
  std::vector<std::size_t> done;
  const auto outcomes =
      run_isolated(tasks, 4, [&done](std::size_t task, const IsolatedOutcome&) { done.push_back(task); });
  REQUIRE(outcomes.size() == 20);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    CHECK(outcomes[i].ok == (i != 7));
    if (i != 7) CHECK(outcomes[i].output == std::to_string(i));
  }
  CHECK(done.size() == 20);
}

TEST_CASE("no more than the allowed number of tasks run side by side") {
  // Each child puts a byte into a pipe when it starts and takes one when it ends:
  // what lies in the pipe in between is how many run.
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::vector<Task> tasks(12, [&ends]() -> std::string {
    char token = 'x';
    if (::write(ends[1], &token, 1) != 1) return "broken";
    int most = 0;
    for (int i = 0; i < 2000; ++i) {
      int running = 0;
      ::ioctl(ends[0], FIONREAD, &running);
      most = std::max(most, running);
      ::sched_yield();
    }
    if (::read(ends[0], &token, 1) != 1) return "broken";
    return std::to_string(most);
  });
  for (const IsolatedOutcome& outcome : run_isolated(tasks, 3)) {
    CHECK(std::stoi(outcome.output) >= 1);
    CHECK(std::stoi(outcome.output) <= 3);
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("an exception of the caller's own ends the other children") {
  const std::vector<Task> tasks{[] { return std::string("quick"); },
                                []() -> std::string {
                                  for (;;) ::pause();
                                }};
  CHECK_THROWS_WITH(
      run_isolated(tasks, 2, [](std::size_t, const IsolatedOutcome&) { throw std::runtime_error("enough"); }),
      "enough");
}

TEST_CASE("last words prefer what was critical, then what was thrown, then the last line") {
  CHECK(last_words("x\n[0.1] [surf/CRITICAL] first\n[0.1] [surf/CRITICAL] second\nend\n") == "first");
  CHECK(last_words("terminate called after throwing\n  what():  the reason\nAborted\n") == "the reason");
  CHECK(last_words("one\ntwo\n\n") == "two");
  CHECK(last_words("") == "");
}
