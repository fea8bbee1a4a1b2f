// recut writes a capture again with other segment borders, and if asked in
// another order. Whatever reads TCP must say the same about the result:
//
//   recut --segment N [--shuffle K] [--seed S] IN OUT
//
// It shares no code with leaktap, so that a mistake in one does not hide in the other.
//
// --segment N   Every TCP segment with data is cut into segments of N bytes, each
//               at the time of the original. From 1000 up it joins as well:
//               data that follows without a hole, in one direction, with no packet
//               of the other direction between, is cut anew as one run. A joined
//               segment stands where its last byte came, so nothing is seen early.
//               SYN, RST and fragments are copied, as is what is not TCP, what the
//               snap length cut off and what is not understood.
// --shuffle K   No packet moves more than K places. The times stay where they
//               are, so the file's times ascend as before.
//
// In: pcap (either byte order, micro- or nanoseconds) or pcapng. Link types:
// Ethernet with VLAN tags, Linux cooked v1 and v2, null, loop, raw. Out: pcap
// with nanoseconds and the same link type. Checksums of what is cut are made anew.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using Buffer = std::vector<std::uint8_t>;

// ---- Bytes ----

struct View {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;

  [[nodiscard]] bool has(std::size_t at, std::size_t count) const {
    return at <= size && count <= size - at;
  }
  [[nodiscard]] unsigned u8(std::size_t at) const { return data[at]; }
  [[nodiscard]] unsigned u16(std::size_t at) const { return u8(at) << 8U | u8(at + 1); }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const { return u16(at) << 16U | u16(at + 2); }
  [[nodiscard]] View part(std::size_t at, std::size_t count) const { return {data + at, count}; }
};

void put_u16(Buffer& out, std::size_t at, std::size_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8U & 0xffU);
  out[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

void put_u32(Buffer& out, std::size_t at, std::uint32_t value) {
  put_u16(out, at, value >> 16U);
  put_u16(out, at + 2, value & 0xffffU);
}

// ---- Reading captures ----

struct Packet {
  std::uint64_t nanoseconds = 0;
  std::uint32_t length_on_wire = 0;
  View bytes;  // of the file
};

struct Capture {
  Buffer file;
  unsigned link_type = 0;
  std::vector<Packet> packets;
};

struct FileReader {
  View file;
  bool is_little = true;

  [[nodiscard]] unsigned u16(std::size_t at) const {
    return is_little ? file.u8(at) | file.u8(at + 1) << 8U : file.u16(at);
  }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const {
    return is_little ? u16(at) | u16(at + 2) << 16U : file.u32(at);
  }
};

using Problem = std::optional<std::string>;

Problem read_pcap(Capture& capture) {
  FileReader in{{capture.file.data(), capture.file.size()}};
  std::uint32_t magic = in.u32(0);
  in.is_little = magic == 0xa1b2c3d4U || magic == 0xa1b23c4dU;
  magic = in.u32(0);
  if (magic != 0xa1b2c3d4U && magic != 0xa1b23c4dU) return "it is neither pcap nor pcapng";
  const std::uint64_t unit = magic == 0xa1b2c3d4U ? 1000 : 1;
  if (!in.file.has(0, 24)) return "its header is cut off";
  capture.link_type = in.u32(20) & 0xffffU;
  for (std::size_t at = 24; in.file.has(at, 16);) {
    const std::uint32_t size = in.u32(at + 8);
    if (!in.file.has(at + 16, size)) break;  // the file ends within a packet
    capture.packets.push_back({in.u32(at) * 1'000'000'000ULL + in.u32(at + 4) * unit,
                               in.u32(at + 12), in.file.part(at + 16, size)});
    at += 16 + std::size_t{size};
  }
  return std::nullopt;
}

struct Interface {
  unsigned link_type = 0;
  std::uint32_t snap_length = 0;
  std::uint64_t ticks_per_second = 1'000'000;
  std::int64_t offset_seconds = 0;
};

Interface read_interface(const FileReader& in, std::size_t block, std::size_t block_end) {
  Interface out;
  out.link_type = in.u16(block + 8);
  out.snap_length = in.u32(block + 12);
  for (std::size_t at = block + 16; at + 4 <= block_end;) {
    const unsigned code = in.u16(at), size = in.u16(at + 2);
    if (code == 0 || at + 4 + size > block_end) break;
    if (code == 9 && size == 1) {  // if_tsresol: a power of ten, or of two
      const unsigned value = in.file.u8(at + 4);
      out.ticks_per_second = 1;
      for (unsigned i = 0; i < (value & 0x7fU); ++i) {
        out.ticks_per_second *= (value & 0x80U) != 0 ? 2 : 10;
      }
    }
    if (code == 14 && size == 8) {  // if_tsoffset
      const std::uint64_t low = in.u32(at + (in.is_little ? 4 : 8));
      const std::uint64_t high = in.u32(at + (in.is_little ? 8 : 4));
      out.offset_seconds = static_cast<std::int64_t>(high << 32U | low);
    }
    at += 4 + (size + 3U) / 4U * 4U;
  }
  return out;
}

std::uint64_t to_nanoseconds(const Interface& interface, std::uint64_t ticks) {
  const std::uint64_t per_second = std::max<std::uint64_t>(1, interface.ticks_per_second);
  const std::uint64_t seconds =
      ticks / per_second + static_cast<std::uint64_t>(interface.offset_seconds);
  const auto fraction = static_cast<long double>(ticks % per_second);
  return seconds * 1'000'000'000U +
         static_cast<std::uint64_t>(fraction * 1e9L / static_cast<long double>(per_second) + 0.5L);
}

// Sections, interfaces and the three kinds of packet blocks; others are passed over.
Problem read_pcapng(Capture& capture) {
  constexpr std::uint32_t kSection = 0x0a0d0d0aU, kInterface = 1, kOldPacket = 2, kSimple = 3,
                          kEnhanced = 6;
  FileReader in{{capture.file.data(), capture.file.size()}};
  std::vector<Interface> interfaces;
  bool is_first_interface = true;
  std::uint64_t last_time = 0;
  for (std::size_t at = 0; in.file.has(at, 12);) {
    if (in.file.u32(at) == kSection) {
      in.is_little = in.file.u8(at + 8) == 0x4dU;
      interfaces.clear();
    }
    const std::uint32_t type = in.u32(at), size = in.u32(at + 4);
    if (size < 12 || size % 4 != 0 || !in.file.has(at, size)) break;
    const std::size_t end = at + size - 4;
    if (type == kInterface && size >= 20) {
      interfaces.push_back(read_interface(in, at, end));
      if (!is_first_interface && interfaces.back().link_type != capture.link_type) {
        return "its interfaces have different link types";
      }
      capture.link_type = interfaces.back().link_type;
      is_first_interface = false;
    } else if ((type == kEnhanced || type == kOldPacket) && size >= 32) {
      const std::uint32_t id = type == kEnhanced ? in.u32(at + 8) : in.u16(at + 8);
      if (id >= interfaces.size()) return "a packet names an interface that is not there";
      const std::uint32_t captured = in.u32(at + 20);
      if (captured > end - (at + 28)) break;
      const std::uint64_t ticks = std::uint64_t{in.u32(at + 12)} << 32U | in.u32(at + 16);
      last_time = to_nanoseconds(interfaces[id], ticks);
      capture.packets.push_back({last_time, in.u32(at + 24), in.file.part(at + 28, captured)});
    } else if (type == kSimple && size >= 16) {
      if (interfaces.empty()) return "a packet comes before its interface";
      std::uint32_t captured =
          std::min(in.u32(at + 8), static_cast<std::uint32_t>(end - (at + 12)));
      if (interfaces[0].snap_length > 0) captured = std::min(captured, interfaces[0].snap_length);
      capture.packets.push_back({last_time, in.u32(at + 8), in.file.part(at + 12, captured)});
    }
    at += size;
  }
  return std::nullopt;
}

Problem read_capture(const std::string& path, Capture& capture) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return "it cannot be opened";
  capture.file.resize(static_cast<std::size_t>(in.tellg()));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(capture.file.data()),
          static_cast<std::streamsize>(capture.file.size()));
  if (!in) return "it cannot be read";
  const View file{capture.file.data(), capture.file.size()};
  if (!file.has(0, 12)) return "it is too short";
  return file.u32(0) == 0x0a0d0d0aU ? read_pcapng(capture) : read_pcap(capture);
}

// ---- Finding the TCP data in a frame ----

constexpr unsigned kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kUrg = 32, kCwr = 128;

// Which direction of which connection. The reverse has the ends swapped.
struct FlowKey {
  std::array<std::uint8_t, 16> from{}, to{};
  unsigned from_port = 0, to_port = 0;

  [[nodiscard]] auto tie() const { return std::tie(from, to, from_port, to_port); }
  bool operator<(const FlowKey& other) const { return tie() < other.tie(); }
  [[nodiscard]] FlowKey reverse() const { return {to, from, to_port, from_port}; }
};

// Offsets into the frame. `payload_size` leaves out padding.
struct Segment {
  FlowKey key;
  std::size_t ip = 0, tcp = 0, payload = 0, payload_size = 0;
  bool is_v6 = false;
  std::uint32_t sequence = 0;
  unsigned flags = 0;
};

// Where the network header starts, or nothing if the frame carries no IP.
std::optional<std::size_t> find_ip(unsigned link_type, View frame) {
  std::size_t ethertype_at = 0;
  switch (link_type) {
    case 0:    // LINKTYPE_NULL
    case 108:  // LINKTYPE_LOOP
      return 4;
    case 12:   // DLT_RAW of most systems
    case 14:   // DLT_RAW of OpenBSD
    case 101:  // LINKTYPE_RAW
    case 228:  // LINKTYPE_IPV4
    case 229:  // LINKTYPE_IPV6
      return 0;
    case 1:  // LINKTYPE_ETHERNET
      ethertype_at = 12;
      break;
    case 113:  // LINKTYPE_LINUX_SLL
      ethertype_at = 14;
      break;
    case 276:  // LINKTYPE_LINUX_SLL2: its type stands first, its header has 20 bytes
      if (!frame.has(0, 20)) return std::nullopt;
      if (frame.u16(0) == 0x0800 || frame.u16(0) == 0x86dd) return 20;
      if (frame.u16(0) != 0x8100 && frame.u16(0) != 0x88a8) return std::nullopt;
      ethertype_at = 22;
      break;
    default:
      return std::nullopt;
  }
  for (; frame.has(ethertype_at, 2); ethertype_at += 4) {
    const unsigned type = frame.u16(ethertype_at);
    if (type == 0x0800 || type == 0x86dd) return ethertype_at + 2;
    if (type != 0x8100 && type != 0x88a8 && type != 0x9100) return std::nullopt;
  }
  return std::nullopt;
}

// Steps over the extension headers that may stand before TCP unchanged. Not over
// fragments, authentication (it would not survive) and a route that has hops left
// (the checksum covers its last one).
std::optional<std::size_t> find_tcp_v6(View frame, std::size_t ip, std::size_t end) {
  constexpr unsigned kTcp = 6, kHopByHop = 0, kRouting = 43, kDestination = 60, kMobility = 135;
  unsigned type = frame.u8(ip + 6);
  std::size_t at = ip + 40;
  while (type != kTcp) {
    if (at + 8 > end) return std::nullopt;
    const bool is_finished_route = type == kRouting && frame.u8(at + 3) == 0;
    if (type != kHopByHop && type != kDestination && type != kMobility && !is_finished_route) {
      return std::nullopt;
    }
    type = frame.u8(at);
    at += 8 + frame.u8(at + 1) * 8U;
  }
  return at;
}

std::optional<Segment> find_segment(unsigned link_type, const Packet& packet) {
  const View frame = packet.bytes;
  const auto ip = find_ip(link_type, frame);
  if (!ip || !frame.has(*ip, 20)) return std::nullopt;
  Segment out;
  out.ip = *ip;
  std::size_t end = 0;
  if (frame.u8(*ip) >> 4U == 4) {
    const std::size_t header = (frame.u8(*ip) & 15U) * 4U;
    // Segmentation offload leaves 0 where the packet is too long to say.
    const std::size_t total = frame.u16(*ip + 2) == 0 ? frame.size - *ip : frame.u16(*ip + 2);
    const bool is_fragment = (frame.u16(*ip + 6) & 0x3fffU) != 0;
    if (frame.u8(*ip + 9) != 6 || is_fragment || header < 20) return std::nullopt;
    end = *ip + total;
    out.tcp = *ip + header;
    std::copy_n(frame.data + *ip + 12, 4, out.key.from.begin());
    std::copy_n(frame.data + *ip + 16, 4, out.key.to.begin());
  } else if (frame.u8(*ip) >> 4U == 6 && frame.has(*ip, 40)) {
    out.is_v6 = true;
    const unsigned length = frame.u16(*ip + 4);
    end = length == 0 ? frame.size : *ip + 40 + length;
    if (end > frame.size) return std::nullopt;
    const auto tcp = find_tcp_v6(frame, *ip, end);
    if (!tcp) return std::nullopt;
    out.tcp = *tcp;
    std::copy_n(frame.data + *ip + 8, 16, out.key.from.begin());
    std::copy_n(frame.data + *ip + 24, 16, out.key.to.begin());
  } else {
    return std::nullopt;
  }
  if (end > frame.size || out.tcp + 20 > end) return std::nullopt;
  out.payload = out.tcp + (frame.u8(out.tcp + 12) >> 4U) * 4U;
  if (out.payload < out.tcp + 20 || out.payload > end) return std::nullopt;
  out.payload_size = end - out.payload;
  out.key.from_port = frame.u16(out.tcp), out.key.to_port = frame.u16(out.tcp + 2);
  out.sequence = frame.u32(out.tcp + 4);
  out.flags = frame.u8(out.tcp + 13);
  return out;
}

// ---- Building frames ----

std::uint64_t sum_words(const std::uint8_t* data, std::size_t size) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += i % 2 == 0 ? data[i] << 8U : data[i];
  return sum;
}

std::uint16_t checksum(std::uint64_t sum) {
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

// The frame that `like` would have been, had it carried `payload` at `sequence`.
// `skipped` is how much of the original's data comes before it.
Buffer build_frame(View like, const Segment& segment, std::uint32_t sequence, unsigned flags,
                   unsigned ip_id_step, std::size_t skipped, View payload) {
  Buffer out(like.data, like.data + segment.payload);
  out.insert(out.end(), payload.data, payload.data + payload.size);
  const std::size_t ip = segment.ip, tcp = segment.tcp;
  const std::size_t tcp_size = out.size() - tcp;
  std::uint64_t addresses = 0;
  if (segment.is_v6) {
    put_u16(out, ip + 4, out.size() - ip - 40);
    addresses = sum_words(&out[ip + 8], 32);
  } else {
    put_u16(out, ip + 2, out.size() - ip);
    put_u16(out, ip + 4, like.u16(ip + 4) + ip_id_step);
    put_u16(out, ip + 10, 0);
    put_u16(out, ip + 10, checksum(sum_words(&out[ip], tcp - ip)));
    addresses = sum_words(&out[ip + 12], 8);
  }
  put_u32(out, tcp + 4, sequence);
  const unsigned urgent = like.u16(tcp + 18);
  if ((flags & kUrg) != 0 && urgent > skipped) {
    put_u16(out, tcp + 18, urgent - skipped);
  } else {
    flags &= ~kUrg;
    put_u16(out, tcp + 18, 0);
  }
  out[tcp + 13] = static_cast<std::uint8_t>(flags);
  put_u16(out, tcp + 16, 0);
  put_u16(out, tcp + 16, checksum(addresses + 6 + tcp_size + sum_words(&out[tcp], tcp_size)));
  return out;
}

// ---- Writing ----

struct OutputPacket {
  std::uint64_t nanoseconds = 0;
  std::uint32_t length_on_wire = 0;
  Buffer bytes;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t limit) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<std::size_t>((z ^ (z >> 31U)) % limit);
  }

 private:
  std::uint64_t state_;
};

// Writes packets, after exchanging them within windows of K + 1. The first
// window is shorter by chance, so that another seed has other borders.
class Writer {
 public:
  Writer(const std::string& path, unsigned link_type, std::size_t shuffle, std::uint64_t seed)
      : out_(path, std::ios::binary),
        random_(seed),
        shuffle_(shuffle),
        window_size_(1 + random_.below(shuffle + 1)) {
    for (const std::uint32_t word : {0xa1b23c4dU, 0x00040002U, 0U, 0U, 262144U, link_type}) {
      little(word);
    }
  }

  void add(OutputPacket packet) {
    window_.push_back(std::move(packet));
    if (window_.size() == window_size_) flush();
  }

  bool finish() {
    flush();
    return out_.flush().good();
  }

 private:
  void flush() {
    for (std::size_t i = window_.size(); i > 1; --i) {
      OutputPacket& one = window_[i - 1];
      OutputPacket& other = window_[random_.below(i)];
      std::swap(one, other);
      std::swap(one.nanoseconds, other.nanoseconds);  // the time stays with the place
    }
    for (const OutputPacket& packet : window_) {
      little(static_cast<std::uint32_t>(packet.nanoseconds / 1'000'000'000));
      little(static_cast<std::uint32_t>(packet.nanoseconds % 1'000'000'000));
      little(static_cast<std::uint32_t>(packet.bytes.size()));
      little(packet.length_on_wire);
      out_.write(reinterpret_cast<const char*>(packet.bytes.data()),
                 static_cast<std::streamsize>(packet.bytes.size()));
    }
    window_.clear();
    window_size_ = shuffle_ + 1;
  }

  void little(std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      out_.put(static_cast<char>(value >> shift & 0xffU));
    }
  }

  std::ofstream out_;
  Random random_;
  std::size_t shuffle_, window_size_;
  std::vector<OutputPacket> window_;
};

// ---- Cutting ----

// Data of one direction that is not written yet: at most one segment of it
// once add() returns. It goes into the place of the packet that brought its last byte.
struct Run {
  std::size_t last_packet = 0;  // index into the capture
  Segment last;                 // that packet's headers are copied
  std::uint32_t sequence = 0;   // of the first byte held
  Buffer held;
  unsigned pieces = 0;  // cut off `last_packet` already
};

class Recutter {
 public:
  Recutter(const Capture& capture, std::size_t segment_size, Writer& writer)
      : capture_(capture),
        segment_size_(segment_size),
        joins_(segment_size >= 1000),
        writer_(writer) {}

  void run() {
    for (std::size_t i = 0; i < capture_.packets.size(); ++i) {
      places_.emplace_back();
      take(i);
      // A run that waits for too long would hold back everything behind it.
      while (!waiting_.empty() && waiting_.begin()->first + kPatience < i) {
        end_run(waiting_.begin()->second);
      }
      write_until(waiting_.empty() ? i + 1 : waiting_.begin()->first);
    }
    while (!waiting_.empty()) end_run(waiting_.begin()->second);
    write_until(capture_.packets.size());
  }

 private:
  static constexpr std::size_t kPatience = 20'000;

  void take(std::size_t index) {
    const Packet& packet = capture_.packets[index];
    const auto segment = find_segment(capture_.link_type, packet);
    if (!segment) return copy(index);
    end_run(segment->key.reverse());
    const bool is_cut = segment->payload_size > 0 && (segment->flags & (kSyn | kRst)) == 0;
    if (!is_cut) {
      end_run(segment->key);
      return copy(index);
    }
    const auto run = runs_.find(segment->key);
    const bool continues = run != runs_.end() && (segment->flags & kUrg) == 0 &&
                           run->second.sequence + run->second.held.size() == segment->sequence;
    if (!continues) end_run(segment->key);
    add(index, *segment);
  }

  void add(std::size_t index, const Segment& segment) {
    Run& run = runs_[segment.key];
    if (run.held.empty()) {
      run.sequence = segment.sequence;
    } else {
      waiting_.erase(run.last_packet);
    }
    run.last_packet = index, run.last = segment, run.pieces = 0;
    const View data = capture_.packets[index].bytes.part(segment.payload, segment.payload_size);
    run.held.insert(run.held.end(), data.data, data.data + data.size);
    std::size_t done = 0;
    for (; run.held.size() - done > segment_size_; done += segment_size_) {
      emit(run, done, segment_size_, false);
    }
    run.held.erase(run.held.begin(), run.held.begin() + static_cast<std::ptrdiff_t>(done));
    run.sequence += static_cast<std::uint32_t>(done);
    waiting_.emplace(index, segment.key);
    if (!joins_ || (segment.flags & (kFin | kUrg)) != 0) end_run(segment.key);
  }

  void end_run(FlowKey key) {
    const auto found = runs_.find(key);
    if (found == runs_.end()) return;
    emit(found->second, 0, found->second.held.size(), true);
    waiting_.erase(found->second.last_packet);
    runs_.erase(found);
  }

  void emit(Run& run, std::size_t at, std::size_t size, bool is_last) {
    const Packet& like = capture_.packets[run.last_packet];
    const std::uint32_t sequence = run.sequence + static_cast<std::uint32_t>(at);
    // FIN and PSH belong to the last byte, "window reduced" to the first.
    unsigned flags = run.last.flags;
    if (!is_last) flags &= ~(kFin | kPsh);
    if (run.pieces > 0) flags &= ~kCwr;
    const std::size_t skipped = sequence - run.last.sequence;
    Buffer frame = build_frame(like.bytes, run.last, sequence, flags, run.pieces, skipped,
                               {run.held.data() + at, size});
    ++run.pieces;
    const auto frame_size = static_cast<std::uint32_t>(frame.size());
    place(run.last_packet).push_back({like.nanoseconds, frame_size, std::move(frame)});
  }

  void copy(std::size_t index) {
    const Packet& packet = capture_.packets[index];
    place(index).push_back({packet.nanoseconds,
                            packet.length_on_wire,
                            {packet.bytes.data, packet.bytes.data + packet.bytes.size}});
  }

  std::vector<OutputPacket>& place(std::size_t index) { return places_[index - first_place_]; }

  void write_until(std::size_t index) {
    for (; first_place_ < index; ++first_place_, places_.pop_front()) {
      for (OutputPacket& packet : places_.front()) writer_.add(std::move(packet));
    }
  }

  const Capture& capture_;
  std::size_t segment_size_;
  bool joins_;
  Writer& writer_;
  std::map<FlowKey, Run> runs_;
  std::map<std::size_t, FlowKey> waiting_;        // by the packet whose place a run will take
  std::deque<std::vector<OutputPacket>> places_;  // what comes of each packet not written yet
  std::size_t first_place_ = 0;
};

// ---- Command line ----

struct Options {
  std::size_t segment = 0, shuffle = 0;
  std::uint64_t seed = 1;
  std::vector<std::string> files;
};

std::optional<Options> parse_options(int argc, char** argv) {
  Options out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--")) {
      out.files.emplace_back(name);
      continue;
    }
    if (++i == argc) return std::nullopt;
    const std::string_view text = argv[i];
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (name == "--segment") {
      out.segment = value;
    } else if (name == "--shuffle") {
      out.shuffle = value;
    } else if (name == "--seed") {
      out.seed = value;
    } else {
      return std::nullopt;
    }
  }
  if (out.files.size() != 2 || out.segment == 0 || out.segment > 60'000) return std::nullopt;
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr, "usage: recut --segment N [--shuffle K] [--seed S] IN OUT\n");
    return 2;
  }
  Capture capture;
  if (const Problem problem = read_capture(options->files[0], capture)) {
    std::fprintf(stderr, "recut: %s: %s\n", options->files[0].c_str(), problem->c_str());
    return 3;
  }
  Writer writer(options->files[1], capture.link_type, options->shuffle, options->seed);
  Recutter(capture, options->segment, writer).run();
  if (!writer.finish()) {
    std::fprintf(stderr, "recut: cannot write %s\n", options->files[1].c_str());
    return 3;
  }
  return 0;
}
