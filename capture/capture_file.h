// The two capture file formats, parsed in place.
//
// pcap: draft-ietf-opsawg-pcap; micro- and nanoseconds, both byte orders, the modified
// ("Kuznetzov") record header is refused. pcapng: draft-ietf-opsawg-pcapng; section, interface,
// enhanced, simple and obsolete packet blocks, if_tsresol and if_tsoffset, several interfaces;
// other blocks are skipped. Sections of either byte order may follow each other; how long a section
// claims to be does not matter, for its blocks say so themselves. Times are kept within 1970 and
// 2116, so that their differences never overflow.
//
// Lengths are believed up to 256 MiB a record. Cost: linear; memory: up to 65,536 interfaces.
// Our own code rather than libpcap's reader, because libpcap refuses pcapng files whose
// interfaces differ in link type or snap length, and copies each packet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/bytes.h"
#include "capture/packet.h"
#include "capture/result.h"

namespace leaktap {

// Turns a growing buffer into packets. Knows the file's state (byte order, interfaces), owns no
// bytes.
class CaptureParser {
 public:
  explicit CaptureParser(std::uint32_t capture) : capture_(capture) {}

  // Reads one record from the front of `bytes`. Done: `used` bytes were consumed and, where
  // `has_packet`, `packet` borrows from `bytes`. NeedMore: at least `need` bytes from the front are
  // wanted. Malformed: nothing behind here can be read; reason() says why.
  struct Step {
    ParseState state = ParseState::NeedMore;
    std::size_t used = 0;
    std::size_t need = 0;
    bool has_packet = false;
  };
  Step step(Bytes bytes, PacketView& packet);
  [[nodiscard]] const std::string& reason() const { return reason_; }
  // Whether the header was read, that is, the file is a capture at all.
  [[nodiscard]] bool recognised() const { return format_ != Format::Unknown; }

 private:
  enum class Format : std::uint8_t { Unknown, Pcap, Pcapng };
  struct Interface {
    std::uint16_t link_type = 0;
    std::uint32_t snap_length = 0;  // 0: unlimited
    std::uint64_t ticks_per_second = 1'000'000;
    std::uint64_t nanoseconds_per_tick = 1000;  // 0 where that is no whole number
    std::int64_t offset_seconds = 0;
  };

  Step start(Bytes bytes);
  Step pcap_header(Bytes bytes);
  Step pcap_record(Bytes bytes, PacketView& packet);
  Step pcapng_block(Bytes bytes, PacketView& packet);
  Step section_header(Bytes bytes);
  bool interface_block(Bytes body);
  bool interface_option(std::uint16_t code, Bytes value, Interface& interface);
  bool enhanced_packet(Bytes body, PacketView& packet);
  bool obsolete_packet(Bytes body, PacketView& packet);
  bool simple_packet(Bytes body, PacketView& packet);
  // Fields that enhanced and obsolete packet blocks have in common: from the time on.
  bool timed_packet(std::uint32_t interface, Bytes from_time, PacketView& packet);
  void fill(const Interface& interface, Bytes data, std::uint32_t on_wire, PacketView& packet);
  Step malformed(std::string reason);
  bool refuse(std::string reason);
  // At least 2, 4 bytes must be there.
  [[nodiscard]] std::uint16_t u16(const std::uint8_t* at) const;
  [[nodiscard]] std::uint32_t u32(const std::uint8_t* at) const;

  std::uint32_t capture_;
  Format format_ = Format::Unknown;
  bool swapped_ = false;               // the file's byte order is not this machine's
  std::vector<Interface> interfaces_;  // pcapng: of this section; pcap: the only one
  Timestamp latest_;                   // of the packet before
  std::uint64_t frames_ = 0;
  std::string reason_;
};

}  // namespace leaktap
