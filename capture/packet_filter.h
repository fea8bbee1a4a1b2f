// A BPF filter expression (pcap-filter(7)) applied to packets of any link type.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "capture/packet.h"
#include "capture/result.h"

struct pcap;  // libpcap's handle

namespace leaktap {

class PacketFilter {
 public:
  // Compiles for Ethernet at once, so that a wrong expression is found before any packet. The empty
  // expression matches everything.
  static Result<PacketFilter> compile(const std::string& expression);
  PacketFilter(PacketFilter&&) noexcept;
  PacketFilter& operator=(PacketFilter&&) noexcept;
  ~PacketFilter();

  // Compiles for a further link type when it is first met. A link type for which the expression
  // makes no sense ("ether host" on raw IP) matches nothing.
  [[nodiscard]] bool matches(const PacketView& packet);

 private:
  struct Program;
  explicit PacketFilter(std::string expression);
  Program& program_for(int link_type);

  std::string expression_;
  std::map<int, std::unique_ptr<Program>> programs_;  // by link type
  Program* latest_ = nullptr;  // the one of the packet before: captures seldom mix link types
  int latest_link_type_ = -1;
};

// Has the kernel apply `expression` to an activated live handle.
Status set_kernel_filter(pcap* handle, const std::string& expression);

}  // namespace leaktap
