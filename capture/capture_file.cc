#include "capture/capture_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace leaktap {

namespace {

constexpr std::uint32_t kPcapMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kPcapNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kPcapModified = 0xa1b2cd34;
constexpr std::size_t kPcapHeader = 24;
constexpr std::size_t kPcapRecordHeader = 16;

constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::size_t kBlockHeader = 8;     // type, total length
constexpr std::size_t kBlockOverhead = 12;  // and the total length again at the end
constexpr std::size_t kSectionHeader = 28;

enum BlockType : std::uint32_t {
  kSectionHeaderBlock = 0x0a0d0d0a,  // reads the same in both byte orders
  kInterfaceBlock = 1,
  kObsoletePacketBlock = 2,
  kSimplePacketBlock = 3,
  kEnhancedPacketBlock = 6
};

enum InterfaceOption : std::uint16_t { kEndOfOptions = 0, kTimeResolution = 9, kTimeOffset = 14 };

constexpr std::uint32_t kMaxRecord = 256U << 20;
constexpr std::size_t kMaxInterfaces = 65536;

// Half of what fits, 2116: the difference of any two times, and a time and any sensible
// duration, are then sure to fit.
constexpr std::int64_t kMaxTime = std::numeric_limits<std::int64_t>::max() / 2;
constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

std::uint32_t load32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

__extension__ using Wide = __int128;  // 2^64 ticks of 1 s are more nanoseconds than 64 bits hold

Timestamp to_time(std::uint64_t ticks, std::uint64_t ticks_per_second,
                  std::uint64_t nanoseconds_per_tick, std::int64_t offset_seconds) {
  Wide time = static_cast<Wide>(offset_seconds) * kNanosecondsPerSecond;
  if (nanoseconds_per_tick != 0) {
    time += static_cast<Wide>(ticks) * nanoseconds_per_tick;
  } else {
    const Wide fraction = ticks % ticks_per_second;
    time += static_cast<Wide>(ticks / ticks_per_second) * kNanosecondsPerSecond +
            fraction * kNanosecondsPerSecond / ticks_per_second;
  }
  return from_nanoseconds(static_cast<std::int64_t>(std::clamp<Wide>(time, 0, kMaxTime)));
}

// if_tsresol: a negative power of 10, or of 2 where the highest bit is set. 0 if it is too fine.
std::uint64_t ticks_per_second(std::uint8_t resolution) {
  const int exponent = resolution & 0x7f;
  if ((resolution & 0x80) != 0) return exponent <= 63 ? std::uint64_t{1} << exponent : 0;
  if (exponent > 19) return 0;
  std::uint64_t ticks = 1;
  for (int i = 0; i < exponent; ++i) ticks *= 10;
  return ticks;
}

std::size_t padded(std::size_t length) { return (length + 3) & ~std::size_t{3}; }

CaptureParser::Step need(std::size_t bytes) {
  return {.state = ParseState::NeedMore, .used = 0, .need = bytes, .has_packet = false};
}

CaptureParser::Step done(std::size_t used, bool has_packet = false) {
  return {.state = ParseState::Done, .used = used, .need = 0, .has_packet = has_packet};
}

}  // namespace

std::uint16_t CaptureParser::u16(const std::uint8_t* at) const {
  std::uint16_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return swapped_ ? __builtin_bswap16(value) : value;
}

std::uint32_t CaptureParser::u32(const std::uint8_t* at) const {
  const std::uint32_t value = load32(at);
  return swapped_ ? __builtin_bswap32(value) : value;
}

CaptureParser::Step CaptureParser::malformed(std::string reason) {
  reason_ = std::move(reason);
  return {.state = ParseState::Malformed, .used = 0, .need = 0, .has_packet = false};
}

bool CaptureParser::refuse(std::string reason) {
  reason_ = std::move(reason);
  return false;
}

CaptureParser::Step CaptureParser::step(Bytes bytes, PacketView& packet) {
  switch (format_) {
    case Format::Pcap:
      return pcap_record(bytes, packet);
    case Format::Pcapng:
      return pcapng_block(bytes, packet);
    case Format::Unknown:
      break;
  }
  return start(bytes);
}

CaptureParser::Step CaptureParser::start(Bytes bytes) {
  if (bytes.size() < 4) return need(4);
  const std::uint32_t magic = load32(bytes.data());
  if (magic == kSectionHeaderBlock) return section_header(bytes);
  for (const bool swapped : {false, true}) {
    const std::uint32_t as_written = swapped ? __builtin_bswap32(magic) : magic;
    if (as_written == kPcapModified) {
      return malformed("it is a modified (Kuznetzov) pcap; convert it with: editcap -F pcap");
    }
    if (as_written == kPcapMicroseconds || as_written == kPcapNanoseconds) {
      swapped_ = swapped;
      return pcap_header(bytes);
    }
  }
  return malformed("not a pcap or pcapng file");
}

CaptureParser::Step CaptureParser::pcap_header(Bytes bytes) {
  if (bytes.size() < kPcapHeader) return need(kPcapHeader);
  if (u16(bytes.data() + 4) != 2) return malformed("a pcap version other than 2");
  const bool nanoseconds = u32(bytes.data()) == kPcapNanoseconds;
  // The upper half of the link type says whether frames end in a check sequence; IP cuts it off.
  interfaces_ = {{.link_type = static_cast<std::uint16_t>(u32(bytes.data() + 20)),
                  .snap_length = u32(bytes.data() + 16),
                  .ticks_per_second = nanoseconds ? kNanosecondsPerSecond : 1'000'000,
                  .nanoseconds_per_tick = nanoseconds ? 1U : 1000U,
                  .offset_seconds = 0}};
  format_ = Format::Pcap;
  return done(kPcapHeader);
}

CaptureParser::Step CaptureParser::pcap_record(Bytes bytes, PacketView& packet) {
  if (bytes.size() < kPcapRecordHeader) return need(kPcapRecordHeader);
  const std::uint8_t* header = bytes.data();
  const std::uint32_t captured = u32(header + 8);
  if (captured > kMaxRecord) return malformed("a packet of more than 256 MiB");
  const std::size_t length = kPcapRecordHeader + captured;
  if (bytes.size() < length) return need(length);

  // Both fit: 2^32 s end in 2106, and a fraction of 2^32 us is little more than an hour.
  const Interface& interface = interfaces_.front();
  latest_ = from_nanoseconds(static_cast<std::int64_t>(
      u32(header) * kNanosecondsPerSecond + u32(header + 4) * interface.nanoseconds_per_tick));
  fill(interface, bytes.subspan(kPcapRecordHeader, captured), u32(header + 12), packet);
  return done(length, true);
}

// A block: type, total length, body, total length again.
CaptureParser::Step CaptureParser::pcapng_block(Bytes bytes, PacketView& packet) {
  if (bytes.size() < kBlockHeader) return need(kBlockHeader);
  const std::uint32_t type = u32(bytes.data());
  if (type == kSectionHeaderBlock) return section_header(bytes);
  const std::uint32_t length = u32(bytes.data() + 4);
  if (length < kBlockOverhead || length % 4 != 0) return malformed("a block of impossible length");
  if (length > kMaxRecord) return malformed("a block of more than 256 MiB");
  if (bytes.size() < length) return need(length);
  if (u32(bytes.data() + length - 4) != length) {
    return malformed("a block whose two lengths differ");
  }

  const Bytes body = bytes.subspan(kBlockHeader, length - kBlockOverhead);
  bool good = true;
  bool has_packet = true;
  switch (type) {
    case kEnhancedPacketBlock:
      good = enhanced_packet(body, packet);
      break;
    case kSimplePacketBlock:
      good = simple_packet(body, packet);
      break;
    case kObsoletePacketBlock:
      good = obsolete_packet(body, packet);
      break;
    case kInterfaceBlock:
      good = interface_block(body);
      has_packet = false;
      break;
    default:
      has_packet = false;
  }
  if (!good) return malformed(reason_);
  return done(length, has_packet);
}

// Starts a section: its byte order is its own, and interfaces are counted anew.
CaptureParser::Step CaptureParser::section_header(Bytes bytes) {
  if (bytes.size() < 12) return need(12);
  const std::uint32_t magic = load32(bytes.data() + 8);
  if (magic != kByteOrderMagic && magic != __builtin_bswap32(kByteOrderMagic)) {
    return malformed(recognised() ? "a section header without its byte-order magic"
                                  : "not a pcap or pcapng file");
  }
  swapped_ = magic != kByteOrderMagic;
  const std::uint32_t length = u32(bytes.data() + 4);
  if (length < kSectionHeader || length % 4 != 0 || length > kMaxRecord) {
    return malformed("a section header of impossible length");
  }
  if (bytes.size() < length) return need(length);
  if (u32(bytes.data() + length - 4) != length) {
    return malformed("a section header whose two lengths differ");
  }
  if (u16(bytes.data() + 12) != 1) return malformed("a pcapng version other than 1");
  interfaces_.clear();
  format_ = Format::Pcapng;
  return done(length);
}

bool CaptureParser::interface_block(Bytes body) {
  if (body.size() < 8) return refuse("an interface block that is too short");
  if (interfaces_.size() == kMaxInterfaces) return refuse("more than 65536 interfaces");
  Interface interface;
  interface.link_type = u16(body.data());
  interface.snap_length = u32(body.data() + 4);

  for (Bytes options = body.subspan(8); options.size() >= 4;) {
    const std::uint16_t code = u16(options.data());
    const std::size_t length = u16(options.data() + 2);
    if (code == kEndOfOptions) break;
    if (4 + padded(length) > options.size()) return refuse("an interface option that is cut");
    if (!interface_option(code, options.subspan(4, length), interface)) return false;
    options = options.subspan(4 + padded(length));
  }
  interfaces_.push_back(interface);
  return true;
}

bool CaptureParser::interface_option(std::uint16_t code, Bytes value, Interface& interface) {
  if (code == kTimeResolution) {
    const std::uint64_t ticks = value.size() == 1 ? ticks_per_second(value[0]) : 0;
    if (ticks == 0) return refuse("an interface whose time resolution makes no sense");
    interface.ticks_per_second = ticks;
    interface.nanoseconds_per_tick =
        kNanosecondsPerSecond % ticks == 0 ? kNanosecondsPerSecond / ticks : 0;
  } else if (code == kTimeOffset) {
    if (value.size() != 8) return refuse("an interface whose time offset makes no sense");
    const std::uint64_t first = u32(value.data());
    const std::uint64_t second = u32(value.data() + 4);
    const bool big_endian = swapped_ == (std::endian::native == std::endian::little);
    const std::uint64_t offset = big_endian ? first << 32 | second : second << 32 | first;
    interface.offset_seconds = static_cast<std::int64_t>(offset);
  }
  return true;
}

bool CaptureParser::enhanced_packet(Bytes body, PacketView& packet) {
  if (body.size() < 20) return refuse("a packet block that is too short");
  return timed_packet(u32(body.data()), body.subspan(4), packet);
}

bool CaptureParser::obsolete_packet(Bytes body, PacketView& packet) {
  if (body.size() < 20) return refuse("a packet block that is too short");
  return timed_packet(u16(body.data()), body.subspan(4), packet);
}

bool CaptureParser::timed_packet(std::uint32_t interface, Bytes from_time, PacketView& packet) {
  if (interface >= interfaces_.size()) {
    return refuse("a packet of an interface that was not described before it");
  }
  const std::uint8_t* fields = from_time.data();
  const std::uint64_t ticks = std::uint64_t{u32(fields)} << 32 | u32(fields + 4);
  const std::uint32_t captured = u32(fields + 8);
  const Bytes data = from_time.subspan(16);
  if (captured > data.size()) return refuse("a packet that is longer than its block");

  const Interface& from = interfaces_[interface];
  latest_ = to_time(ticks, from.ticks_per_second, from.nanoseconds_per_tick, from.offset_seconds);
  fill(from, data.first(captured), u32(fields + 12), packet);
  return true;
}

// Has neither time nor captured length: the latter follows from the interface's snap length.
bool CaptureParser::simple_packet(Bytes body, PacketView& packet) {
  if (body.size() < 4) return refuse("a packet block that is too short");
  if (interfaces_.empty()) {
    return refuse("a packet of an interface that was not described before it");
  }
  const Interface& from = interfaces_.front();
  const std::uint32_t on_wire = u32(body.data());
  const std::uint32_t captured =
      from.snap_length == 0 ? on_wire : std::min(on_wire, from.snap_length);
  if (captured > body.size() - 4) return refuse("a packet that is longer than its block");
  fill(from, body.subspan(4, captured), on_wire, packet);
  return true;
}

void CaptureParser::fill(const Interface& interface, Bytes data, std::uint32_t on_wire,
                         PacketView& packet) {
  packet.seen = latest_;
  packet.bytes = data;
  packet.length_on_wire = std::max(on_wire, static_cast<std::uint32_t>(data.size()));
  packet.link_type = interface.link_type;
  packet.ref = {capture_, ++frames_};
}

}  // namespace leaktap
