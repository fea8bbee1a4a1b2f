#include "capture/packet_filter.h"

#include <pcap/pcap.h>

#include <utility>

namespace leaktap {

namespace {

constexpr int kEthernet = 1;
constexpr int kSnapLength = 262144;
constexpr int kOptimize = 1;

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

// libpcap counts link types by DLT_, files by LINKTYPE_: of those that are decoded here only raw IP
// has two numbers.
int dlt_of(int link_type) { return link_type == 101 || link_type == 14 ? DLT_RAW : link_type; }

std::string cannot_use(const std::string& expression, pcap_t* handle) {
  return "cannot use filter \"" + expression + "\": " + pcap_geterr(handle) +
         "; pcap-filter(7) has the syntax, for example: \"tcp port 8080 and host 10.0.0.5\"";
}

}  // namespace

// A compiled program; null where the expression makes no sense for the link type.
struct PacketFilter::Program {
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { pcap_freecode(&code); }

  Status compile(const std::string& expression, int link_type) {
    const Handle handle{pcap_open_dead(dlt_of(link_type), kSnapLength)};
    if (!handle) return fail("cannot use filter \"" + expression + "\": out of memory");
    compiled =
        pcap_compile(handle.get(), &code, expression.c_str(), kOptimize, PCAP_NETMASK_UNKNOWN) == 0;
    if (!compiled) return fail(cannot_use(expression, handle.get()));
    return {};
  }

  bpf_program code{};
  bool compiled = false;
};

PacketFilter::PacketFilter(std::string expression) : expression_(std::move(expression)) {}
PacketFilter::PacketFilter(PacketFilter&&) noexcept = default;
PacketFilter& PacketFilter::operator=(PacketFilter&&) noexcept = default;
PacketFilter::~PacketFilter() = default;

Result<PacketFilter> PacketFilter::compile(const std::string& expression) {
  PacketFilter filter{expression};
  auto program = std::make_unique<Program>();
  if (const Status status = program->compile(expression, kEthernet); !status) {
    return tl::unexpected<Error>(status.error());
  }
  filter.programs_.emplace(kEthernet, std::move(program));
  return filter;
}

PacketFilter::Program& PacketFilter::program_for(int link_type) {
  std::unique_ptr<Program>& program = programs_[link_type];
  if (!program) {
    program = std::make_unique<Program>();
    (void)program->compile(expression_, link_type);  // failed: matches nothing
  }
  return *program;
}

bool PacketFilter::matches(const PacketView& packet) {
  if (packet.link_type != latest_link_type_) {
    latest_link_type_ = packet.link_type;
    latest_ = &program_for(packet.link_type);
  }
  if (!latest_->compiled) return false;
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
  header.len = packet.length_on_wire;
  return pcap_offline_filter(&latest_->code, &header, packet.bytes.data()) != 0;
}

Status set_kernel_filter(pcap* handle, const std::string& expression) {
  bpf_program code{};
  if (pcap_compile(handle, &code, expression.c_str(), kOptimize, PCAP_NETMASK_UNKNOWN) != 0) {
    return fail(cannot_use(expression, handle));
  }
  const int result = pcap_setfilter(handle, &code);
  pcap_freecode(&code);
  if (result != 0) return fail(cannot_use(expression, handle));
  return {};
}

}  // namespace leaktap
