// Values through a pipe between a process and its fork: the same machine and
// program at both ends, so numbers travel as they lie in memory. Not a file format.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace twinfer {

class ByteWriter {
 public:
  template <class T>
  void put(const T& value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(const std::string& text) {
    put(text.size());
    bytes_ += text;
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads in the order of the writing. Throws std::runtime_error past the end.
// Borrows `bytes`.
class ByteReader {
 public:
  explicit ByteReader(const std::string& bytes) : bytes_(bytes) {}

  template <class T>
  void get(T& value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    std::memcpy(&value, need(sizeof value), sizeof value);
  }
  void get(std::string& text) {
    const auto size = get<std::size_t>();
    text.assign(need(size), size);
  }
  template <class T>
  void get(std::optional<T>& value) {
    value.reset();
    if (get<bool>()) get(value.emplace());
  }
  template <class T>
  T get() {
    T value{};
    get(value);
    return value;
  }

 private:
  const char* need(std::size_t size) {
    if (size > bytes_.size() - at_) throw std::runtime_error("a child process sent half an answer");
    at_ += size;
    return bytes_.data() + (at_ - size);
  }

  const std::string& bytes_;
  std::size_t at_ = 0;
};

}  // namespace twinfer
