#include "pcap_writer.h"

#include <algorithm>
#include <cstring>

namespace leaktap::bench {
namespace {

constexpr std::size_t kBufferSize = 1U << 20;
constexpr std::size_t kIpHeader = 20;

// What hosts of today send with a SYN: MSS 1460, SACK permitted, window scale 7.
constexpr std::array<std::uint8_t, 12> kSynOptions = {2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7, 1, 1};

class Appender {
 public:
  explicit Appender(std::vector<std::uint8_t>& out) : out_(out) {}
  void u8(unsigned value) { out_.push_back(static_cast<std::uint8_t>(value)); }
  void u16(unsigned value) { u8(value >> 8U & 0xffU), u8(value & 0xffU); }
  void u32(std::uint32_t value) { u16(value >> 16U), u16(value & 0xffffU); }
  void u16_little(unsigned value) { u8(value & 0xffU), u8(value >> 8U & 0xffU); }
  void u32_little(std::uint32_t value) { u16_little(value & 0xffffU), u16_little(value >> 16U); }
  void raw(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    out_.insert(out_.end(), bytes, bytes + size);
  }
  // A locally administered address, made of an IPv4 address.
  void mac(std::uint32_t address) { u16(0x0200), u32(address); }

 private:
  std::vector<std::uint8_t>& out_;
};

// The sum of big-endian 16-bit words (RFC 1071), folded by internet_checksum().
// The words are added in the machine's order, which the RFC allows, four bytes
// at a time, and swapped once.
std::uint64_t sum_words(const std::uint8_t* data, std::size_t size) {
  std::uint64_t sum = 0;
  for (; size >= 4; data += 4, size -= 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, data, 4);
    sum += word;
  }
  std::uint32_t rest = 0;
  std::memcpy(&rest, data, size);
  sum += rest;
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return (sum << 8U | sum >> 8U) & 0xffffU;
}

std::uint16_t internet_checksum(std::uint64_t sum) {
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

void store_u16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8U);
  at[1] = static_cast<std::uint8_t>(value & 0xffU);
}

std::uint64_t halves(std::uint32_t value) { return (value >> 16U) + (value & 0xffffU); }

}  // namespace

PcapWriter::PcapWriter(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) {
  buffer_.reserve(kBufferSize + 4096);
  Appender out(buffer_);
  out.u32_little(0xa1b2c3d4U);
  out.u16_little(2), out.u16_little(4);
  out.u32_little(0), out.u32_little(0);
  out.u32_little(262144);  // snap length
  out.u32_little(1);       // LINKTYPE_ETHERNET
}

void PcapWriter::write(const TcpPacket& packet) {
  const bool syn = (packet.flags & kSyn) != 0;
  const std::size_t tcp_header = 20 + (syn ? kSynOptions.size() : 0);
  const std::size_t tcp_size = tcp_header + packet.payload.size();
  const auto frame_size = static_cast<std::uint32_t>(14 + kIpHeader + tcp_size);

  Appender out(buffer_);
  out.u32_little(static_cast<std::uint32_t>(packet.microseconds / 1'000'000));
  out.u32_little(static_cast<std::uint32_t>(packet.microseconds % 1'000'000));
  out.u32_little(frame_size), out.u32_little(frame_size);

  out.mac(packet.to.address), out.mac(packet.from.address), out.u16(0x0800);

  const std::size_t ip = buffer_.size();
  out.u16(0x4500), out.u16(static_cast<unsigned>(kIpHeader + tcp_size));
  out.u16(packet.ip_id), out.u16(0x4000);  // do not fragment
  out.u16(64U << 8U | 6U), out.u16(0);     // time to live, TCP, checksum
  out.u32(packet.from.address), out.u32(packet.to.address);
  store_u16(&buffer_[ip + 10], internet_checksum(sum_words(&buffer_[ip], kIpHeader)));

  const std::size_t tcp = buffer_.size();
  out.u16(packet.from.port), out.u16(packet.to.port);
  out.u32(packet.sequence), out.u32(packet.acknowledgement);
  out.u16(static_cast<unsigned>(tcp_header / 4U) << 12U | packet.flags);
  out.u16(syn ? 64240 : 502);  // window
  out.u16(0), out.u16(0);      // checksum, urgent pointer
  if (syn) out.raw(kSynOptions.data(), kSynOptions.size());
  out.raw(packet.payload.data(), packet.payload.size());
  const std::uint64_t pseudo_header =
      halves(packet.from.address) + halves(packet.to.address) + 6 + tcp_size;
  store_u16(&buffer_[tcp + 16],
            internet_checksum(pseudo_header + sum_words(&buffer_[tcp], tcp_size)));

  ++packets_;
  if (buffer_.size() >= kBufferSize) flush();
}

void PcapWriter::flush() {
  if (file_ == nullptr) return;
  if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size()) failed_ = true;
  bytes_ += buffer_.size();
  buffer_.clear();
}

bool PcapWriter::close() {
  flush();
  if (file_ == nullptr) return false;
  if (std::fclose(file_.release()) != 0) failed_ = true;
  return !failed_;
}

}  // namespace leaktap::bench
