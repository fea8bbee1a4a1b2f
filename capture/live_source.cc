#include "capture/live_source.h"

#include <pcap/pcap.h>
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "capture/packet_filter.h"

// The kernel fills a ring of memory blocks and hands each one over when it is full or its time is
// up. Waiting is done here, by poll(2), and not by libpcap, whose blocking read does not return
// while nothing comes. So libpcap never waits, a signal can only end a wait, and no packet is lost
// by one.

namespace leaktap {

namespace {

using std::chrono::milliseconds;

// The kernel looks at its blocks in this rhythm, so a packet may wait for up to two such turns.
constexpr milliseconds kBlockTimeout{50};
constexpr milliseconds kMaxWait{100};
constexpr std::size_t kMaxBatchPackets = 8192;
constexpr std::size_t kMaxBatchBytes = 4 << 20;
constexpr int kPacketsAtOnce = 64;  // between looks at the limits
constexpr milliseconds kStatisticsInterval{100};

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

std::string available_interfaces() {
  char reason[PCAP_ERRBUF_SIZE] = {};
  pcap_if_t* all = nullptr;
  if (pcap_findalldevs(&all, reason) != 0) return "";
  std::string names;
  for (const pcap_if_t* device = all; device != nullptr; device = device->next) {
    // Only what carries IP: not bluetooth, netfilter logs, USB and so on.
    const bool is_network =
        (device->flags & PCAP_IF_CONNECTION_STATUS) != PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE ||
        (device->flags & PCAP_IF_LOOPBACK) != 0 || std::strcmp(device->name, "any") == 0;
    if (!is_network) continue;
    if (!names.empty()) names += ", ";
    names += device->name;
  }
  pcap_freealldevs(all);
  return names;
}

std::string cannot_open(const std::string& interface, int status, pcap_t* handle) {
  const std::string start = "cannot open " + interface + ": ";
  switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE: {
      const std::string names = available_interfaces();
      return start + "no such interface" + (names.empty() ? "" : "; there are: " + names);
    }
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return start + "permission denied; run as root or give the binary CAP_NET_RAW: " +
             "setcap cap_net_raw+ep leaktap";
    case PCAP_ERROR_IFACE_NOT_UP:
      return start + "the interface is down; bring it up: ip link set " + interface + " up";
    default:
      break;
  }
  const std::string detail = pcap_geterr(handle);
  return start + (detail.empty() ? pcap_statustostr(status) : detail);
}

class LiveSource final : public PacketSource {
 public:
  LiveSource(std::string interface, Handle handle);

  Result<bool> next(PacketBatch& batch) override;
  [[nodiscard]] const std::vector<CaptureInfo>& captures() const override { return captures_; }

 private:
  Status read(PacketBatch& batch);
  void wait() const;
  void add(PacketBatch& batch, const pcap_pkthdr& header, const std::uint8_t* bytes);
  void count_drops();
  Timestamp time_of(const timeval& when) const;

  Handle handle_;
  std::vector<CaptureInfo> captures_;
  int descriptor_;
  std::uint16_t link_type_;
  bool nanoseconds_;  // tv_usec holds them
  std::uint32_t last_drops_ = 0;
  Timestamp drops_counted_;
};

LiveSource::LiveSource(std::string interface, Handle handle)
    : handle_(std::move(handle)),
      captures_(1),
      descriptor_(pcap_get_selectable_fd(handle_.get())),
      link_type_(static_cast<std::uint16_t>(pcap_datalink(handle_.get()))),
      nanoseconds_(pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO) {
  captures_.front().path = std::move(interface);
}

Result<bool> LiveSource::next(PacketBatch& batch) {
  batch.packets.clear();
  batch.storage.clear();
  Status status = read(batch);
  if (status && batch.packets.empty()) {
    wait();
    status = read(batch);
  }
  if (!status && batch.packets.empty()) return tl::unexpected<Error>(status.error());

  // Only now, for storage may have moved while it grew. The next call reports what went wrong.
  const std::uint8_t* at = batch.storage.data();
  for (PacketView& packet : batch.packets) {
    packet.bytes = {at, packet.bytes.size()};
    at += packet.bytes.size();
  }
  const CaptureInfo& info = captures_.front();
  if (batch.packets.empty() || *info.last - drops_counted_ >= kStatisticsInterval) count_drops();
  return true;
}

// What the kernel has ready, up to a full batch.
Status LiveSource::read(PacketBatch& batch) {
  struct Target {
    LiveSource* source;
    PacketBatch* batch;
  } target{this, &batch};
  const auto deliver = [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
    const auto* to = reinterpret_cast<const Target*>(user);
    to->source->add(*to->batch, *header, bytes);
  };
  while (batch.packets.size() + kPacketsAtOnce <= kMaxBatchPackets &&
         batch.storage.size() < kMaxBatchBytes) {
    const int count =
        pcap_dispatch(handle_.get(), kPacketsAtOnce, deliver, reinterpret_cast<u_char*>(&target));
    if (count == 0) break;
    if (count < 0) {
      CaptureInfo& info = captures_.front();
      info.error = "capture on " + info.path + " ended: " + pcap_geterr(handle_.get());
      return fail(*info.error);
    }
  }
  return {};
}

// An error, or a signal, ends the wait early; reading again then says which.
void LiveSource::wait() const {
  pollfd ready{.fd = descriptor_, .events = POLLIN, .revents = 0};
  (void)::poll(&ready, 1, static_cast<int>(kMaxWait.count()));
}

void LiveSource::add(PacketBatch& batch, const pcap_pkthdr& header, const std::uint8_t* bytes) {
  CaptureInfo& info = captures_.front();
  const Timestamp seen = time_of(header.ts);
  ++info.packets;
  info.bytes += header.caplen;
  if (!info.first) info.first = seen;
  info.last = seen;
  batch.storage.insert(batch.storage.end(), bytes, bytes + header.caplen);
  batch.packets.push_back({.seen = seen,
                           .bytes = {bytes, header.caplen},  // next() points it to the copy
                           .length_on_wire = header.len,
                           .link_type = link_type_,
                           .ref = {.capture = 0, .frame = info.packets}});
}

void LiveSource::count_drops() {
  CaptureInfo& info = captures_.front();
  if (info.last) drops_counted_ = *info.last;
  pcap_stat statistics{};
  if (pcap_stats(handle_.get(), &statistics) != 0) return;
  // libpcap counts in 32 bits, which a long run wraps.
  const std::uint32_t drops = statistics.ps_drop + statistics.ps_ifdrop;
  info.dropped += drops - last_drops_;
  last_drops_ = drops;
}

Timestamp LiveSource::time_of(const timeval& when) const {
  const std::chrono::seconds seconds{when.tv_sec};
  return Timestamp{seconds + Nanoseconds{when.tv_usec * (nanoseconds_ ? 1 : 1000)}};
}

}  // namespace

Result<std::unique_ptr<PacketSource>> open_interface(const LiveOptions& options) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  Handle handle{pcap_create(options.interface.c_str(), reason)};
  if (!handle) return fail("cannot open " + options.interface + ": " + reason);
  // These fail only on handles that are active.
  (void)pcap_set_snaplen(handle.get(), options.snap_length);
  (void)pcap_set_promisc(handle.get(), options.promiscuous ? 1 : 0);
  (void)pcap_set_buffer_size(handle.get(), options.buffer_size);
  (void)pcap_set_timeout(handle.get(), static_cast<int>(kBlockTimeout.count()));
  (void)pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);  // where possible

  // Above 0 are warnings, such as promiscuous mode that "any" does not have.
  if (const int status = pcap_activate(handle.get()); status < 0) {
    return fail(cannot_open(options.interface, status, handle.get()));
  }
  // "any": the second version of the cooked header also tells the interface.
  if (pcap_datalink(handle.get()) == DLT_LINUX_SLL) {
    (void)pcap_set_datalink(handle.get(), DLT_LINUX_SLL2);
  }
  if (!options.filter.empty()) {
    if (const Status status = set_kernel_filter(handle.get(), options.filter); !status) {
      return tl::unexpected<Error>(status.error());
    }
  }
  if (pcap_setnonblock(handle.get(), 1, reason) != 0) {
    return fail("cannot open " + options.interface + ": " + reason);
  }
  return std::make_unique<LiveSource>(options.interface, std::move(handle));
}

}  // namespace leaktap
