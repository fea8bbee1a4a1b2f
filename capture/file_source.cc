#include "capture/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "capture/file_reader.h"

// Merging. Each file is first opened for as long as it takes to see its first packet's time; then
// files wait, sorted by it. The source goes on to merge these two ways:
//
//   alone:   one file is active, and no other one starts before this batch ends
//            -> the batch is passed on as it was read
//   merging: packets are copied one by one from the active file with the earliest next packet,
//            ties going to the file named first; a waiting file becomes active when its time comes
//
// Both give the same packets in the same order. Packets of one file are never put out of the
// file's own order, even if their times are.

namespace leaktap {

namespace {

constexpr std::size_t kPeekSize = 16 * 1024;
// Where very many files overlap they share this much for their blocks.
constexpr std::size_t kSharedBlocks = 16 << 20;
constexpr std::size_t kMinBlockSize = 64 * 1024;

// A file on its way through the source.
struct Input {
  std::uint32_t capture = 0;
  Timestamp first;                     // of its first packet
  std::unique_ptr<FileReader> reader;  // null while it waits, unless it is a pipe
  PacketBatch batch;
  std::size_t next = 0;  // in batch.packets

  [[nodiscard]] const PacketView& head() const { return batch.packets[next]; }
  [[nodiscard]] bool has_batch() const { return next < batch.packets.size(); }
  bool load(std::size_t block_size) {
    next = 0;
    return reader->next(batch, block_size);
  }
};

using Inputs = std::vector<std::unique_ptr<Input>>;

// Heap order: the earliest next packet on top.
bool later_head(const std::unique_ptr<Input>& a, const std::unique_ptr<Input>& b) {
  return std::pair{a->head().seen, a->capture} > std::pair{b->head().seen, b->capture};
}
// Waiting order: the earliest last, where it is cheap to take.
bool later_start(const std::unique_ptr<Input>& a, const std::unique_ptr<Input>& b) {
  return std::pair{a->first, a->capture} > std::pair{b->first, b->capture};
}

class FileSource final : public PacketSource {
 public:
  explicit FileSource(const std::vector<std::string>& paths);

  Result<bool> next(PacketBatch& batch) override;
  [[nodiscard]] const std::vector<CaptureInfo>& captures() const override { return captures_; }

 private:
  std::unique_ptr<Input> peek(std::uint32_t capture);
  void activate_due_inputs();
  void return_to_heap();
  void merge(PacketBatch& out);
  [[nodiscard]] bool is_alone() const;
  [[nodiscard]] std::size_t block_size() const;

  std::vector<CaptureInfo> captures_;  // never resized: readers refer to its elements
  Inputs waiting_;                     // sorted by later_start
  Inputs active_;                      // a heap by later_head, each with a packet to give
  std::unique_ptr<Input> passing_;     // the one whose batch the caller has; not in active_
};

FileSource::FileSource(const std::vector<std::string>& paths) {
  captures_.resize(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    captures_[i].path = paths[i];
    if (auto input = peek(static_cast<std::uint32_t>(i))) waiting_.push_back(std::move(input));
  }
  std::sort(waiting_.begin(), waiting_.end(), later_start);
}

// Looks at a file's first packet. Null, and captures_ says why, if there is none.
std::unique_ptr<Input> FileSource::peek(std::uint32_t capture) {
  CaptureInfo& info = captures_[capture];
  auto input = std::make_unique<Input>();
  input->capture = capture;
  auto reader = FileReader::open(info, capture);
  if (!reader) {
    info.error = reader.error().message;
    return nullptr;
  }
  input->reader = std::move(*reader);
  const bool is_regular = input->reader->is_regular();
  if (!input->load(is_regular ? kPeekSize : kBlockSize)) return nullptr;
  input->first = input->head().seen;
  if (is_regular) {
    CaptureInfo unread;  // as if it had not been opened
    unread.path = info.path;
    unread.size = info.size;
    info = std::move(unread);
    input->reader = nullptr;
    input->batch = {};
  }
  return input;
}

std::size_t FileSource::block_size() const {
  return std::clamp(kSharedBlocks / (active_.size() + 1), kMinBlockSize, kBlockSize);
}

void FileSource::activate_due_inputs() {
  while (!waiting_.empty() &&
         (active_.empty() || waiting_.back()->first <= active_.front()->head().seen)) {
    std::unique_ptr<Input> input = std::move(waiting_.back());
    waiting_.pop_back();
    if (!input->reader) {
      CaptureInfo& info = captures_[input->capture];
      auto reader = FileReader::open(info, input->capture);
      if (!reader) {
        info.error = reader.error().message;
        continue;
      }
      input->reader = std::move(*reader);
      if (!input->load(block_size())) continue;
    }
    active_.push_back(std::move(input));
    std::push_heap(active_.begin(), active_.end(), later_head);
  }
}

bool FileSource::is_alone() const {
  if (active_.size() != 1 || active_.front()->next != 0) return false;
  return waiting_.empty() || waiting_.back()->first > active_.front()->reader->latest();
}

// Takes back the input whose batch the caller has had.
void FileSource::return_to_heap() {
  std::unique_ptr<Input> input = std::move(passing_);
  if (!input || !input->load(block_size())) return;
  active_.push_back(std::move(input));
  std::push_heap(active_.begin(), active_.end(), later_head);
}

Result<bool> FileSource::next(PacketBatch& batch) {
  batch.packets.clear();
  return_to_heap();
  activate_due_inputs();
  if (active_.empty()) return false;
  if (is_alone()) {
    passing_ = std::move(active_.front());
    active_.clear();
    std::swap(batch, passing_->batch);
    return true;
  }
  merge(batch);
  return true;
}

void FileSource::merge(PacketBatch& out) {
  std::size_t used = 0;
  out.storage.resize(kBlockSize);
  while (!active_.empty() && out.packets.size() < kMaxBatchPackets) {
    if (!out.packets.empty() && is_alone()) return;  // the rest need not be copied
    const PacketView& packet = active_.front()->head();
    const std::size_t size = packet.bytes.size();
    if (size > out.storage.size() - used) {
      if (!out.packets.empty()) return;
      out.storage.resize(size);  // one packet larger than a block; no view points here yet
    }
    std::copy(packet.bytes.begin(), packet.bytes.end(), out.storage.data() + used);
    out.packets.push_back(packet);
    out.packets.back().bytes = {out.storage.data() + used, size};
    used += size;

    std::pop_heap(active_.begin(), active_.end(), later_head);
    Input& input = *active_.back();
    ++input.next;
    if (input.has_batch() || input.load(block_size())) {
      std::push_heap(active_.begin(), active_.end(), later_head);
    } else {
      active_.pop_back();
    }
    activate_due_inputs();
  }
}

struct CloseDescriptor {
  int descriptor;
  ~CloseDescriptor() { ::close(descriptor); }
};

bool read_at(int descriptor, std::uint64_t offset, std::uint8_t* to, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::pread(descriptor, to, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = EIO;  // the file has shrunk
    if (count <= 0) return false;
    to += count;
    offset += static_cast<std::uint64_t>(count);
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<PacketSource>> open_captures(const std::vector<std::string>& paths) {
  if (std::count(paths.begin(), paths.end(), "-") > 1) {
    return fail("standard input (-) is named more than once");
  }
  auto source = std::make_unique<FileSource>(paths);
  if (paths.size() == 1 && source->captures().front().error) {
    return fail(*source->captures().front().error);
  }
  return source;
}

Result<std::vector<std::uint8_t>> content_sample(const std::string& path) {
  constexpr std::uint64_t kEnd = 1 << 20;
  // Not blocking: a named pipe would wait for its writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return fail("cannot open " + path + ": " + system_reason(errno));
  const CloseDescriptor guard{descriptor};
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(path + " has no content id: it is not a regular file");
  }

  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t part = std::min(size, kEnd);
  std::vector<std::uint8_t> sample(8 + 2 * static_cast<std::size_t>(part));
  for (int i = 0; i < 8; ++i)
    sample[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(size >> (56 - 8 * i));
  std::uint8_t* first = sample.data() + 8;
  if (!read_at(descriptor, 0, first, static_cast<std::size_t>(part)) ||
      !read_at(descriptor, size - part, first + part, static_cast<std::size_t>(part))) {
    return fail("cannot read " + path + ": " + system_reason(errno));
  }
  return sample;
}

}  // namespace leaktap
