// Boost.Asio as this folder uses it: coroutines on one thread per io_context.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace twinfer {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

template <class T>
using Task = asio::awaitable<T>;

}  // namespace twinfer
