// The limits of reading a capture, to measure others against:
//
//   read_loop read FILE    libpcap hands out every packet, nobody looks at it
//   read_loop walk FILE    steps from record to record of the mapped file
//
// Both print the number of packets and of their bytes, so that no compiler
// takes the loop away. `walk` reads little-endian pcap files only, as
// make_capture writes them.

#include <fcntl.h>
#include <pcap/pcap.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace {

struct Tally {
  std::uint64_t packets = 0, bytes = 0;
};

std::optional<Tally> read_with_libpcap(const char* path) {
  char error[PCAP_ERRBUF_SIZE] = "";
  pcap_t* capture = pcap_open_offline(path, error);
  if (capture == nullptr) return std::nullopt;
  Tally tally;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  int status = 0;
  while ((status = pcap_next_ex(capture, &header, &bytes)) == 1) {
    ++tally.packets;
    tally.bytes += header->caplen;
  }
  pcap_close(capture);
  if (status != PCAP_ERROR_BREAK) return std::nullopt;
  return tally;
}

std::uint32_t little_u32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::optional<Tally> walk(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kFileHeader = 24, kRecordHeader = 16;
  if (size < kFileHeader || little_u32(data) != 0xa1b2c3d4U) return std::nullopt;
  Tally tally;
  for (std::size_t at = kFileHeader; at < size;) {
    if (size - at < kRecordHeader) return std::nullopt;
    const std::uint32_t captured = little_u32(data + at + 8);
    at += kRecordHeader;
    if (size - at < captured) return std::nullopt;
    at += captured;
    ++tally.packets;
    tally.bytes += captured;
  }
  return tally;
}

std::optional<Tally> walk_file(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (map == MAP_FAILED) return std::nullopt;
  madvise(map, size, MADV_SEQUENTIAL);
  const auto tally = walk(static_cast<const std::uint8_t*>(map), size);
  munmap(map, size);
  return tally;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  if (mode != "read" && mode != "walk") {
    std::fprintf(stderr, "usage: read_loop read|walk FILE\n");
    return 2;
  }
  const auto tally = mode == "read" ? read_with_libpcap(argv[2]) : walk_file(argv[2]);
  if (!tally) {
    std::fprintf(stderr, "read_loop: cannot read %s\n", argv[2]);
    return 3;
  }
  std::printf("%llu packets, %llu bytes\n", static_cast<unsigned long long>(tally->packets),
              static_cast<unsigned long long>(tally->bytes));
  return 0;
}
