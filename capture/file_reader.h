// One capture file, or a stream of one, as batches of packets.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "capture/capture_file.h"
#include "capture/packet_source.h"

namespace leaktap {

// Sizes that decide where batches are cut; the cut depends on them and on the bytes, never on how
// much the system gave at a time. A block of 256 KiB and the views into it stay in the second-level
// cache until they are decoded: 64 KiB and 1 MiB were both 10 to 20 % slower per packet.
inline constexpr std::size_t kBlockSize = 256 * 1024;
inline constexpr std::size_t kMaxBatchPackets = 8192;

// Reads blocks with read(2) into the batch's storage and parses them where they lie. Only the
// record that a block cuts in two is copied: to the front of the next block. A block grows when one
// record is larger than it, by doubling as bytes arrive, so a length that lies costs no memory.
class FileReader {
 public:
  // `info.path` names the file, "-" is standard input. `info` must outlive the reader, which
  // keeps it up to date. Fails for what cannot be opened or is a folder.
  static Result<std::unique_ptr<FileReader>> open(CaptureInfo& info, std::uint32_t capture);
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  ~FileReader();

  // Replaces the content of `batch` with the next packets, at least one. False at the end, and
  // info.error says whether there was more that could not be read.
  bool next(PacketBatch& batch, std::size_t block_size);
  // The latest time of a packet in the batch that next() gave.
  [[nodiscard]] Timestamp latest() const { return latest_; }
  // Whether closing the file and opening it again yields the same bytes. Not so for pipes.
  [[nodiscard]] bool is_regular() const { return is_regular_; }

 private:
  FileReader(CaptureInfo& info, std::uint32_t capture, int descriptor, bool is_regular);
  std::size_t fill(std::vector<std::uint8_t>& storage, std::size_t block_size);
  void parse(Bytes block, std::vector<PacketView>& packets);
  void end_within_record(Bytes rest);
  void end_with_error(std::string message);
  void note_times(const std::vector<PacketView>& packets);

  CaptureInfo& info_;
  CaptureParser parser_;
  int descriptor_;
  bool is_regular_;
  bool at_end_of_file_ = false;
  bool ended_ = false;
  Timestamp latest_;
  std::size_t needed_ = 0;  // how long the record at the front of carry_ is, as far as known
  std::vector<std::uint8_t> carry_;  // read but not parsed
};

// How messages call a path.
std::string display_name(const std::string& path);
// What the system calls an error, as part of a sentence: "permission denied".
std::string system_reason(int error_number);

}  // namespace leaktap
