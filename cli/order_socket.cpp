#include "cli/order_socket.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <system_error>

#include <sys/socket.h>
#include <unistd.h>

namespace twinfer {

OrderSocket::OrderSocket() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  ours_ = ends[0];
  theirs_ = ends[1];
}

OrderSocket::~OrderSocket() {
  close(ours_);
  close(theirs_);
}

void OrderSocket::order(std::size_t plan) {
  const std::string line = "plan " + std::to_string(plan) + "\n";
  ordered_ = send(ours_, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
}

std::optional<OrderSocket::Answer> OrderSocket::answer() {
  char piece[256];
  for (ssize_t got = 0; (got = recv(ours_, piece, sizeof piece, MSG_DONTWAIT)) > 0;)
    said_.append(piece, static_cast<std::size_t>(got));
  const std::size_t end = said_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  const std::string line = said_.substr(0, end);
  said_.erase(0, end + 1);
  ordered_ = false;
  Answer answer;
  if (std::sscanf(line.c_str(), "plan %zu from %" SCNu64, &answer.plan, &answer.first) != 2) return std::nullopt;
  return answer;
}

}  // namespace twinfer
