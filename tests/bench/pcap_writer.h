// PcapWriter writes TCP packets over IPv4 and Ethernet to a pcap file with
// microsecond times, as a capture near a web server would hold them. It fills
// in lengths and checksums; sequence numbers are the caller's business.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leaktap::bench {

struct Endpoint {
  std::uint32_t address = 0;  // host byte order
  std::uint16_t port = 0;
};

enum TcpFlag : std::uint8_t { kFin = 0x01, kSyn = 0x02, kPsh = 0x08, kAck = 0x10 };

struct TcpPacket {
  std::uint64_t microseconds = 0;  // since 1970
  Endpoint from, to;
  std::uint32_t sequence = 0, acknowledgement = 0;
  std::uint8_t flags = 0;
  std::uint16_t ip_id = 0;
  std::string_view payload;
};

class PcapWriter {
 public:
  // Opens `path` for writing; `ok()` tells whether that worked.
  explicit PcapWriter(const std::string& path);

  void write(const TcpPacket& packet);
  // Flushes and closes. False if anything could not be written.
  [[nodiscard]] bool close();

  [[nodiscard]] bool ok() const { return file_ != nullptr && !failed_; }
  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void flush();

  std::unique_ptr<std::FILE, Closer> file_;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t packets_ = 0, bytes_ = 0;
  bool failed_ = false;
};

}  // namespace leaktap::bench
