// Capture files for tests, put together in memory in either byte order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leaktap::test {

enum class Order : std::uint8_t { Little, Big };

// Writes numbers in one byte order.
struct Writer {
  Order order = Order::Little;

  [[nodiscard]] std::string number(std::uint64_t value, std::size_t size) const {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t place = order == Order::Little ? i : size - 1 - i;
      text[place] = static_cast<char>(value >> (8 * i) & 0xff);
    }
    return text;
  }
  [[nodiscard]] std::string u16(std::uint64_t value) const { return number(value, 2); }
  [[nodiscard]] std::string u32(std::uint64_t value) const { return number(value, 4); }
  [[nodiscard]] std::string u64(std::uint64_t value) const { return number(value, 8); }
};

struct Pcap : Writer {
  std::uint32_t magic = 0xa1b2c3d4;

  [[nodiscard]] std::string header(std::uint32_t link_type = 1) const {
    return u32(magic) + u16(2) + u16(4) + u32(0) + u32(0) + u32(65535) + u32(link_type);
  }
  [[nodiscard]] std::string packet(std::uint64_t seconds, std::uint64_t fraction,
                                   const std::string& data, std::size_t missing = 0) const {
    return u32(seconds) + u32(fraction) + u32(data.size()) + u32(data.size() + missing) + data;
  }
};

struct Pcapng : Writer {
  [[nodiscard]] std::string block(std::uint32_t type, std::string body) const {
    body.resize((body.size() + 3) / 4 * 4);
    const std::string length = u32(body.size() + 12);
    return u32(type) + length + body + length;
  }
  [[nodiscard]] std::string section() const {
    return block(0x0a0d0d0a, u32(0x1a2b3c4d) + u16(1) + u16(0) + u64(~std::uint64_t{0}));
  }
  [[nodiscard]] std::string interface(std::uint16_t link_type = 1, std::uint32_t snap_length = 0,
                                      const std::string& options = "") const {
    return block(1, u16(link_type) + u16(0) + u32(snap_length) + options);
  }
  [[nodiscard]] std::string option(std::uint16_t code, std::string value) const {
    const std::string head = u16(code) + u16(value.size());
    value.resize((value.size() + 3) / 4 * 4);
    return head + value;
  }
  [[nodiscard]] std::string resolution(int value) const {
    return option(9, std::string(1, static_cast<char>(value))) + option(0, "");
  }
  [[nodiscard]] std::string packet(std::uint32_t interface_id, std::uint64_t ticks,
                                   const std::string& data, std::size_t missing = 0) const {
    return block(6, u32(interface_id) + u32(ticks >> 32) + u32(ticks) + u32(data.size()) +
                        u32(data.size() + missing) + data);
  }
  [[nodiscard]] std::string simple(const std::string& data, std::size_t on_wire) const {
    return block(3, u32(on_wire) + data);
  }
  [[nodiscard]] std::string obsolete(std::uint16_t interface_id, std::uint64_t ticks,
                                     const std::string& data) const {
    return block(2, u16(interface_id) + u16(0) + u32(ticks >> 32) + u32(ticks) + u32(data.size()) +
                        u32(data.size()) + data);
  }
};

}  // namespace leaktap::test
