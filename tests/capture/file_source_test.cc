#include "capture/file_source.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "capture/file_reader.h"
#include "tests/capture/capture_files.h"

namespace leaktap::test {
namespace {

namespace fs = std::filesystem;

// A folder of its own, deleted at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "leaktap-capture-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const {
    std::ofstream{path(name), std::ios::binary} << content;
    return path(name);
  }

 private:
  fs::path path_;
};

// A pcap with one packet for each time, in seconds. Its data is `letter` and the time.
std::string pcap_of(char letter, const std::vector<int>& times) {
  const Pcap pcap;
  std::string file = pcap.header();
  for (const int time : times) {
    file += pcap.packet(static_cast<std::uint64_t>(time), 0, letter + std::to_string(time));
  }
  return file;
}

struct Outcome {
  std::string packets;               // their data, a bar between batches
  std::vector<std::size_t> batches;  // sizes
  std::vector<CaptureInfo> captures;
};

Outcome read_all(const std::vector<std::string>& paths) {
  auto source = open_captures(paths);
  REQUIRE(source);
  Outcome outcome;
  PacketBatch batch;
  while (true) {
    const auto more = (*source)->next(batch);
    REQUIRE(more);
    if (!*more) break;
    REQUIRE_FALSE(batch.packets.empty());
    REQUIRE(batch.packets.size() <= kMaxBatchPackets);
    if (!outcome.batches.empty()) outcome.packets += "| ";
    for (const PacketView& packet : batch.packets) {
      REQUIRE(packet.bytes.data() >= batch.storage.data());
      REQUIRE(packet.bytes.data() + packet.bytes.size() <=
              batch.storage.data() + batch.storage.size());
      outcome.packets +=
          std::string(as_text(packet.bytes.first(std::min<std::size_t>(packet.bytes.size(), 8)))) +
          " ";
    }
    outcome.batches.push_back(batch.packets.size());
  }
  outcome.captures = (*source)->captures();
  return outcome;
}

std::string without_bars(std::string text) {
  for (std::size_t at = 0; (at = text.find("| ", at)) != std::string::npos;) text.erase(at, 2);
  return text;
}

std::string error_of(const std::string& path) {
  const auto source = open_captures({path});
  return source ? "none" : source.error().message;
}

TEST_CASE("a capture file is read to its end") {
  const Folder folder;
  const std::string content = pcap_of('a', {1, 2, 3});
  const Outcome outcome = read_all({folder.write("a.pcap", content)});
  CHECK(outcome.packets == "a1 a2 a3 ");
  const CaptureInfo& info = outcome.captures.front();
  CHECK(info.path == folder.path("a.pcap"));
  CHECK(info.content_id.empty());
  CHECK(info.packets == 3);
  CHECK(info.bytes == content.size());
  CHECK(info.size == content.size());
  CHECK(info.first == from_nanoseconds(1'000'000'000));
  CHECK(info.last == from_nanoseconds(3'000'000'000));
  CHECK_FALSE(info.truncated);
  CHECK_FALSE(info.error);
}

TEST_CASE("a capture without packets is no error") {
  const Folder folder;
  const Outcome outcome = read_all({folder.write("a.pcap", pcap_of('a', {}))});
  CHECK(outcome.packets.empty());
  CHECK_FALSE(outcome.captures.front().error);
  CHECK(outcome.captures.front().bytes == 24);
}

TEST_CASE("what cannot be read is named, with the reason and the cure") {
  const Folder folder;
  const auto write = [&](const std::string& start) {
    return folder.write("x", start + std::string(40, ' '));
  };
  const std::string x = folder.path("x");
  CHECK(error_of(folder.path("none")) ==
        "cannot open " + folder.path("none") + ": no such file or directory");
  CHECK(error_of(folder.path("")) == folder.path("") + " is a folder: name the files in it");
  CHECK(error_of(folder.write("x", "")) == x + " is empty");
  CHECK(error_of(folder.write("x", "abc")) == "cannot read " + x + ": not a pcap or pcapng file");
  CHECK(error_of(write("GET / HTTP/1.1")) == "cannot read " + x + ": not a pcap or pcapng file");
  CHECK(error_of(write("\n\r\r\n")) == "cannot read " + x + ": not a pcap or pcapng file");
  CHECK(error_of(folder.write("x", pcap_of('a', {}).substr(0, 20))) ==
        "cannot read " + x + ": it ends within its file header");
  CHECK(error_of(write("\x1f\x8b\x08")) ==
        x + " is gzip-compressed: pipe it in: zcat " + x + " | leaktap scan -");
  CHECK(error_of(write("\x28\xb5\x2f\xfd")) ==
        x + " is zstd-compressed: pipe it in: zstdcat " + x + " | leaktap scan -");
  CHECK_THAT(error_of(write("\x34\xcd\xb2\xa1")),
             Catch::Contains("convert it with: editcap -F pcap"));
  CHECK(error_of(folder.write("x", pcap_of('a', {}) + std::string(16, '\xff'))) ==
        "cannot read " + x + " beyond packet 0: a packet of more than 256 MiB");
  CHECK_FALSE(open_captures({"-", "-"}));
}

TEST_CASE("a file that this user may not read is an error") {
  if (geteuid() == 0) return;  // who may read everything
  const Folder folder;
  const std::string path = folder.write("a.pcap", pcap_of('a', {1}));
  REQUIRE(::chmod(path.c_str(), 0) == 0);
  CHECK_THAT(error_of(path), Catch::Contains("permission denied"));
}

TEST_CASE("of several files the good ones are read") {
  const Folder folder;
  const Outcome outcome =
      read_all({folder.path("none"), folder.write("a", pcap_of('a', {1})),
                folder.write("b", "no capture"), folder.write("c", pcap_of('c', {2}))});
  CHECK(without_bars(outcome.packets) == "a1 c2 ");
  CHECK(outcome.captures[0].error);
  CHECK_FALSE(outcome.captures[1].error);
  CHECK(outcome.captures[2].error);
  CHECK_FALSE(outcome.captures[3].error);
}

TEST_CASE("a file that turns bad gives the packets before") {
  const Folder folder;
  const std::string path =
      folder.write("a", pcap_of('a', {1, 2}) + std::string(16, '\xff') + "more");
  const Outcome outcome = read_all({path});
  CHECK(outcome.packets == "a1 a2 ");
  CHECK(outcome.captures.front().error ==
        "cannot read " + path + " beyond packet 2: a packet of more than 256 MiB");
  CHECK_FALSE(outcome.captures.front().truncated);
}

TEST_CASE("a file cut at any byte gives the packets before and says that it was cut") {
  const Folder folder;
  const std::string whole = pcap_of('a', {1, 2});
  for (std::size_t length = 25; length < whole.size(); ++length) {
    const Outcome outcome = read_all({folder.write("a", whole.substr(0, length))});
    INFO(length);
    CHECK(outcome.packets == (length < 42 ? "" : "a1 "));
    CHECK(outcome.captures.front().truncated == (length != 42));
    CHECK(outcome.captures.front().bytes == length);
    CHECK_FALSE(outcome.captures.front().error);
  }
}

TEST_CASE("files are put in the order of time, whatever the command line's") {
  const Folder folder;
  auto [name, a, b, c, expected] = GENERATE(
      table<std::string, std::vector<int>, std::vector<int>, std::vector<int>, std::string>({
          {"one after the other", {1, 2}, {3, 4}, {5, 6}, "a1 a2 | b3 b4 | c5 c6 "},
          {"backwards", {5, 6}, {3, 4}, {1, 2}, "c1 c2 | b3 b4 | a5 a6 "},
          {"overlapping", {1, 4}, {2, 5}, {3, 6}, "a1 b2 c3 a4 b5 c6 "},
          {"one within another", {1, 9}, {4, 5}, {10, 11}, "a1 b4 b5 a9 | c10 c11 "},
          {"the same times: as on the command line", {1, 2}, {1, 2}, {1}, "a1 b1 c1 a2 b2 "},
          {"touching", {1, 2}, {2, 3}, {3, 4}, "a1 a2 b2 b3 | c3 c4 "},
          {"without packets", {}, {2}, {1}, "c1 | b2 "},
          {"out of order within a file", {3, 1, 4}, {2, 5}, {9}, "b2 a3 a1 a4 b5 | c9 "},
      }));
  INFO(name);
  const Outcome outcome =
      read_all({folder.write("a", pcap_of('a', a)), folder.write("b", pcap_of('b', b)),
                folder.write("c", pcap_of('c', c))});
  CHECK(outcome.packets == expected);
  CHECK(outcome.captures[1].packets == b.size());
}

TEST_CASE("packets say which frame of which file they are") {
  const Folder folder;
  auto source = open_captures(
      {folder.write("b", pcap_of('b', {2, 4})), folder.write("a", pcap_of('a', {1, 3}))});
  REQUIRE(source);
  PacketBatch batch;
  REQUIRE((*source)->next(batch));
  std::vector<PacketRef> refs;
  for (const PacketView& packet : batch.packets) refs.push_back(packet.ref);
  CHECK(refs == std::vector<PacketRef>{{1, 1}, {0, 1}, {1, 2}, {0, 2}});
}

// Packets of all sizes, some larger than a block.
std::string big_capture(std::size_t packets) {
  const Pcap pcap;
  std::string file = pcap.header();
  for (std::size_t i = 0; i < packets; ++i) {
    const std::size_t size = i % 500 == 499 ? 3 * kBlockSize : i * 7919 % 3000;
    const std::string number = std::to_string(i);
    file += pcap.packet(i, 0, number + std::string(size, '.'));
  }
  return file;
}

TEST_CASE("packets larger than a block are whole, and blocks lose none") {
  const Folder folder;
  const Outcome outcome = read_all({folder.write("a", big_capture(1200))});
  CHECK(outcome.captures.front().packets == 1200);
  std::size_t packets = 0;
  for (const std::size_t size : outcome.batches) packets += size;
  CHECK(packets == 1200);
  CHECK(outcome.batches.size() > 8);
}

TEST_CASE("merged batches hold packets larger than a block, too") {
  const Folder folder;
  const std::string big = folder.write("a", big_capture(1200));
  const Outcome alone = read_all({big});
  const Outcome merged = read_all({big, folder.write("b", pcap_of('b', {0, 1199}))});
  std::string expected = without_bars(alone.packets);
  expected.insert(expected.find(' ') + 1, "b0 ");
  CHECK(without_bars(merged.packets) == expected + "b1199 ");
}

TEST_CASE("small packets fill batches up to a number of packets") {
  const Folder folder;
  const Pcap pcap;
  std::string file = pcap.header();
  for (int i = 0; i < 20000; ++i) file += pcap.packet(1, 0, "");
  const Outcome outcome = read_all({folder.write("a", file)});
  CHECK(outcome.batches.front() == kMaxBatchPackets);
  CHECK(outcome.captures.front().packets == 20000);
  CHECK(outcome.captures.front().bytes == file.size());
}

TEST_CASE("batches of a slow pipe are cut where those of the file are") {
  const Folder folder;
  const std::string content = big_capture(1200);
  const Outcome from_file = read_all({folder.write("a", content)});
  const std::string pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer{[&] {
    std::ofstream out{pipe, std::ios::binary};
    for (std::size_t at = 0; at < content.size(); at += 7001) {
      out << content.substr(at, 7001) << std::flush;
    }
  }};
  const Outcome from_pipe = read_all({pipe});
  writer.join();
  CHECK(from_pipe.packets == from_file.packets);
  CHECK(from_pipe.captures.front().bytes == content.size());
  CHECK(from_pipe.captures.front().size == 0);
}

TEST_CASE("a length that lies makes no buffer grow") {
  const Folder folder;
  const Pcap pcap;
  const std::string path = folder.write(
      "a", pcap_of('a', {1}) + pcap.u32(1) + pcap.u32(0) + pcap.u32(255U << 20) + pcap.u32(1));
  auto source = open_captures({path});
  REQUIRE(source);
  PacketBatch batch;
  REQUIRE((*source)->next(batch));
  REQUIRE((*source)->next(batch));
  CHECK(batch.storage.capacity() <= 2 * kBlockSize);
  CHECK((*source)->captures().front().truncated);
}

TEST_CASE("more files than may be open at once follow each other") {
  const Folder folder;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  std::vector<std::string> paths;
  std::string expected;
  for (int i = 100; i < 300; ++i) {
    paths.push_back(folder.write(std::to_string(i), pcap_of('a', {i})));
    expected += "a" + std::to_string(i) + " ";
  }
  rlimit few = before;
  few.rlim_cur = 64;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  const Outcome outcome = read_all(paths);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(without_bars(outcome.packets) == expected);
}

TEST_CASE("content_sample is the size, the first MiB and the last") {
  const Folder folder;
  constexpr std::size_t kMiB = 1 << 20;
  const std::string large = std::string(kMiB, 'a') + std::string(100, 'b') + std::string(kMiB, 'c');
  auto [content, expected] = GENERATE_COPY(table<std::string, std::string>({
      {"", std::string(8, '\0')},
      {"abc", std::string(7, '\0') + "\x03" + "abcabc"},
      {large, std::string(5, '\0') + std::string("\x20\0\x64", 3) + std::string(kMiB, 'a') +
                  std::string(kMiB, 'c')},
  }));
  const auto sample = content_sample(folder.write("a", content));
  REQUIRE(sample);
  CHECK((as_text(*sample) == expected));
  CHECK_FALSE(content_sample(folder.path("none")));
  CHECK_FALSE(content_sample(folder.path("")));
}

}  // namespace
}  // namespace leaktap::test
