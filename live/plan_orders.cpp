#include "live/plan_orders.h"

#include <charconv>
#include <stdexcept>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"

namespace twinfer {
namespace {

constexpr std::size_t kLongestLine = 64;
constexpr std::string_view kPrefix = "plan ";

int duplicate_socket(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
    throw InputError("", "--steered", "", "needs a socket as standard input, as `twinfer twin` gives it");
  const int own = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (own < 0) throw InputError("", "--steered", "", "standard input cannot be duplicated");
  return own;
}

std::size_t plan_of(const std::string& line, std::size_t plans) {
  std::size_t plan = plans;
  const char* const end = line.data() + line.size();
  if (line.starts_with(kPrefix)) {
    const auto [stopped, error] = std::from_chars(line.data() + kPrefix.size(), end, plan);
    if (error != std::errc() || stopped != end) plan = plans;
  }
  if (plan >= plans) throw std::runtime_error("was told `" + line + "`, which names none of its plans");
  return plan;
}

}  // namespace

PlanOrders::PlanOrders(asio::io_context& io, int socket)
    : socket_(io, asio::local::stream_protocol(), duplicate_socket(socket)) {}

Task<std::optional<std::size_t>> PlanOrders::next(std::size_t plans) {
  boost::system::error_code error;
  const std::size_t length = co_await asio::async_read_until(socket_, asio::dynamic_buffer(read_, kLongestLine), '\n',
                                                             asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::not_found) throw std::runtime_error("was told a line without an end");
  if (error) co_return std::nullopt;
  const std::string line = read_.substr(0, length - 1);
  read_.erase(0, length);
  co_return plan_of(line, plans);
}

void PlanOrders::answer(std::size_t plan, std::uint64_t first_request) {
  const std::string line = "plan " + std::to_string(plan) + " from " + std::to_string(first_request) + "\n";
  boost::system::error_code gone;
  asio::write(socket_, asio::buffer(line), gone);
}

void PlanOrders::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace twinfer
