#include "capture/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

namespace leaktap {

namespace {

constexpr std::size_t kStorageToKeep = 8 * kBlockSize;  // of what a huge record made it grow to

// What people hand over instead of a capture, by its first bytes.
struct Compression {
  std::string_view magic;
  std::string_view name;
  std::string_view tool;
};
constexpr Compression kCompressions[] = {{"\x1f\x8b", "gzip", "zcat"},
                                         {"\x28\xb5\x2f\xfd", "zstd", "zstdcat"},
                                         {"\xfd"
                                          "7zXZ",
                                          "xz", "xzcat"},
                                         {"\x04\x22\x4d\x18", "lz4", "lz4cat"},
                                         {"BZh", "bzip2", "bzcat"}};

std::string no_capture(const std::string& path, Bytes start, const std::string& reason) {
  for (const Compression& compression : kCompressions) {
    if (!as_text(start).starts_with(compression.magic)) continue;
    const std::string tool{compression.tool};
    std::string message =
        display_name(path) + " is " + std::string(compression.name) + "-compressed: pipe it in: ";
    if (path == "-") return message + "... | " + tool + " | leaktap scan -";
    return message + tool + " " + path + " | leaktap scan -";
  }
  return "cannot read " + display_name(path) + ": " + reason;
}

// Bytes until `size` or the end of the file; an error leaves errno and returns false.
bool read_fully(int descriptor, std::uint8_t* to, std::size_t size, std::size_t& got) {
  got = 0;
  while (got < size) {
    const ssize_t count = ::read(descriptor, to + got, size - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  return true;
}

void resize_storage(std::vector<std::uint8_t>& storage, std::size_t size) {
  const bool wasteful = storage.capacity() > std::max(kStorageToKeep, 2 * size);
  // A new vector rather than resize(), which would copy what is about to be overwritten.
  if (storage.capacity() < size || wasteful) storage = std::vector<std::uint8_t>(size);
  storage.resize(size);
}

}  // namespace

std::string display_name(const std::string& path) { return path == "-" ? "standard input" : path; }

std::string system_reason(int error_number) {
  std::string reason = std::generic_category().message(error_number);
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(reason[0]));
  return reason;
}

FileReader::FileReader(CaptureInfo& info, std::uint32_t capture, int descriptor, bool is_regular)
    : info_(info), parser_(capture), descriptor_(descriptor), is_regular_(is_regular) {}

FileReader::~FileReader() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

Result<std::unique_ptr<FileReader>> FileReader::open(CaptureInfo& info, std::uint32_t capture) {
  const std::string name = display_name(info.path);
  const int descriptor =
      info.path == "-" ? STDIN_FILENO : ::open(info.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const int error_number = errno;
    std::string message = "cannot open " + name + ": " + system_reason(error_number);
    if (error_number == EACCES) message += "; let this user read it, or run as one who may";
    return fail(std::move(message));
  }
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  const bool is_regular = known && S_ISREG(status.st_mode);
  std::unique_ptr<FileReader> reader{new FileReader(info, capture, descriptor, is_regular)};
  if (known && S_ISDIR(status.st_mode)) {
    return fail(name + " is a folder: name the files in it");
  }
  if (descriptor == STDIN_FILENO && ::isatty(descriptor) == 1) {
    return fail("standard input is a terminal: pipe a capture in: tcpdump -w - | leaktap scan -");
  }
  if (is_regular) {
    info.size = static_cast<std::uint64_t>(status.st_size);
    (void)::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);  // only advice
  }
  return reader;
}

bool FileReader::next(PacketBatch& batch, std::size_t block_size) {
  batch.packets.clear();
  while (batch.packets.empty() && !ended_) {
    const std::size_t filled = fill(batch.storage, block_size);
    parse({batch.storage.data(), filled}, batch.packets);
  }
  note_times(batch.packets);
  return !batch.packets.empty();
}

// Puts what is carried over and then bytes of the file into `storage`; returns how many.
std::size_t FileReader::fill(std::vector<std::uint8_t>& storage, std::size_t block_size) {
  const std::size_t grown = std::min(needed_, 2 * carry_.size());
  const std::size_t wanted = std::max({block_size, grown, carry_.size()});
  resize_storage(storage, wanted);
  std::copy(carry_.begin(), carry_.end(), storage.begin());
  const std::size_t carried = carry_.size();
  if (at_end_of_file_ || carried == wanted) return carried;

  std::size_t got = 0;
  if (!read_fully(descriptor_, storage.data() + carried, wanted - carried, got)) {
    // As if the file ended here, once what was read is parsed.
    info_.error = "cannot read " + display_name(info_.path) + ": " + system_reason(errno);
  }
  at_end_of_file_ = carried + got < wanted;
  return carried + got;
}

void FileReader::parse(Bytes block, std::vector<PacketView>& packets) {
  std::size_t used = 0;
  needed_ = 0;
  while (used < block.size() && packets.size() < kMaxBatchPackets) {
    const Bytes rest = block.subspan(used);
    const CaptureParser::Step step = parser_.step(rest, packets.emplace_back());
    if (!step.has_packet) packets.pop_back();
    if (step.state == ParseState::Malformed) {
      end_with_error(parser_.recognised()
                         ? "cannot read " + display_name(info_.path) + " beyond packet " +
                               std::to_string(info_.packets + packets.size()) + ": " +
                               parser_.reason()
                         : no_capture(info_.path, rest, parser_.reason()));
      break;
    }
    if (step.state == ParseState::NeedMore) {
      needed_ = step.need;
      break;
    }
    used += step.used;
  }
  info_.bytes += used;
  info_.packets += packets.size();
  const Bytes rest = block.subspan(used);
  if (at_end_of_file_ && !ended_ && (rest.empty() || needed_ > 0)) end_within_record(rest);
  carry_.assign(rest.begin(), rest.end());
}

// The file is over, and `rest` is no whole record; empty if it ended as it should.
void FileReader::end_within_record(Bytes rest) {
  ended_ = true;
  info_.bytes += rest.size();
  if (info_.error) return;
  if (parser_.recognised()) {
    info_.truncated = !rest.empty();
  } else if (rest.empty()) {
    info_.error = display_name(info_.path) + " is empty";
  } else {
    const bool has_magic = rest.size() >= 4;  // else step() would have refused it
    info_.error =
        no_capture(info_.path, rest,
                   has_magic ? "it ends within its file header" : "not a pcap or pcapng file");
  }
}

void FileReader::end_with_error(std::string message) {
  ended_ = true;
  info_.error = std::move(message);
}

void FileReader::note_times(const std::vector<PacketView>& packets) {
  if (packets.empty()) return;
  Timestamp first = packets.front().seen;
  latest_ = first;
  for (const PacketView& packet : packets) {
    first = std::min(first, packet.seen);
    latest_ = std::max(latest_, packet.seen);
  }
  info_.first = std::min(info_.first.value_or(first), first);
  info_.last = std::max(info_.last.value_or(latest_), latest_);
}

}  // namespace leaktap
