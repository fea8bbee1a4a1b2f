#include "sensor/sensor.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <thread>
#include <unordered_map>

#include "capture/decode.h"
#include "capture/file_source.h"
#include "detectors/text_codec.h"
#include "sensor/correlation.h"
#include "sensor/line.h"
#include "sensor/worker.h"

namespace leaktap {

namespace {

constexpr auto kProgressEvery = std::chrono::milliseconds(100);
constexpr auto kFlushEvery = std::chrono::seconds(1);
constexpr std::size_t kMostServices = 1000;

// Decides which packets are looked at, decodes them, and deals them out by flow.
class Dealer {
 public:
  Dealer(const SensorOptions& options, std::optional<PacketFilter> filter)
      : options_(options), filter_(std::move(filter)) {}

  // Adds the segments of a batch, which belongs to `work`, to its shares.
  void deal(const PacketBatch& batch, Work& work) {
    SegmentView segment;
    for (const PacketView& packet : batch.packets) {
      ++stats_.packets;
      stats_.bytes += packet.bytes.size();
      if (packet.bytes.size() < packet.length_on_wire) ++stats_.snapped_packets;
      latest_ = std::max(latest_, packet.seen);
      if (!wanted(packet)) {
        stats_.count(PacketFate::Filtered);
        continue;
      }
      const PacketFate fate = decode(packet, segment);
      stats_.count(fate);
      if (fate != PacketFate::Tcp) continue;
      const std::size_t count = work.shares.size();
      const std::size_t share = count == 1 ? 0 : hash_flow(segment.key, kDealSeed) % count;
      work.shares[share].segments.push_back(segment);
    }
    for (Share& share : work.shares) share.until = latest_;
  }
  void pass_time(Timestamp now) { latest_ = std::max(latest_, now); }
  [[nodiscard]] Timestamp latest() const { return latest_; }
  [[nodiscard]] const CaptureStats& stats() const { return stats_; }

 private:
  static constexpr std::uint64_t kDealSeed = 0x6c65616b746170ULL;

  bool wanted(const PacketView& packet) {
    if (options_.since && packet.seen < *options_.since) return false;
    if (options_.until && packet.seen > *options_.until) return false;
    return !filter_ || filter_->matches(packet);
  }

  const SensorOptions& options_;
  std::optional<PacketFilter> filter_;
  CaptureStats stats_;
  Timestamp latest_;
};

Result<std::optional<PacketFilter>> filter_of(const SensorOptions& options) {
  if (!options.filter) return std::optional<PacketFilter>{};
  auto filter = PacketFilter::compile(*options.filter);
  if (!filter) return tl::unexpected(filter.error());
  return std::optional<PacketFilter>(std::move(*filter));
}

std::string hex_of_random_run() {
  std::array<unsigned char, 8> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return "run-" + hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// design.md §7.6: size and SHA-256 of first and last MiB; a run id for what cannot be read twice.
void name_captures(std::vector<CaptureInfo>& captures) {
  for (CaptureInfo& capture : captures) {
    if (!capture.content_id.empty()) continue;
    const auto sample = capture.path == "-" ? Result<std::vector<std::uint8_t>>(fail(""))
                                            : content_sample(capture.path);
    if (!sample) {
      capture.content_id = hex_of_random_run();
      continue;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(sample->data(), sample->size(), digest.data(), &size, EVP_sha256(), nullptr);
    capture.content_id = std::to_string(capture.size) + "-" +
                         hex_encode({reinterpret_cast<const char*>(digest.data()), 16});
  }
}

void add_services(const Inspector& inspector,
                  std::unordered_map<std::string, std::uint64_t>& hosts) {
  for (const auto& [host, count] : inspector.hosts()) hosts[host] += count;
}

std::vector<Coverage::Service> sorted_services(
    const std::unordered_map<std::string, std::uint64_t>& hosts) {
  std::vector<Coverage::Service> services;
  for (const auto& [host, count] : hosts) services.push_back({host, count});
  std::sort(services.begin(), services.end(),
            [](const auto& a, const auto& b) { return a.host < b.host; });
  if (services.size() > kMostServices) services.resize(kMostServices);
  return services;
}

class Run {
 public:
  Run(PacketSource& source, const SensorOptions& options, const SensorHooks& hooks,
      std::optional<PacketFilter> filter, const std::shared_ptr<const RuleDatabase>& rules)
      : source_(source),
        options_(options),
        hooks_(hooks),
        dealer_(options, std::move(filter)),
        correlation_(options.detection) {
    for (unsigned i = 0; i < options.threads; ++i) {
      workers_.push_back(std::make_unique<Worker>(options_, rules, hooks.reveal, nullptr));
    }
  }

  Result<RunOutcome> run(const std::atomic<bool>& stop) {
    Line line(workers_);
    // Two in turn: the workers have one while the reader fills the other.
    std::array<Work, 2> works;
    for (Work& work : works) work.shares.resize(workers_.size());
    std::size_t turn = 0;
    bool more = true;
    while (more && !stop) {
      Work& work = works[turn];
      auto filled = fill(work);
      if (!filled) return tl::unexpected(filled.error());
      more = *filled;
      line.wait();
      const Timestamp done = judged_until_;
      collect();
      judged_until_ = work.shares.front().until;
      line.start(work);
      // While the workers are on this round, what the rounds before it brought is judged.
      correlation_.judge(done - options_.detection.correlation_lag);
      turn = 1 - turn;
      flush(false);
      report_progress();
    }
    line.wait();
    collect();
    Work end;
    end.shares.resize(workers_.size());
    for (Share& share : end.shares) {
      share.until = dealer_.latest();
      share.last = true;
    }
    line.start(end);
    line.wait();
    collect();
    correlation_.finish();
    flush(true);
    return outcome();
  }

 private:
  // One batch where nobody waits for anybody; several where each round costs a meeting of all
  // workers.
  static constexpr std::size_t kBatchesOfRound = 16;

  // False at the end of the source; what was read before it is in `work`.
  Result<bool> fill(Work& work) {
    const std::size_t most = workers_.size() == 1 || hooks_.live_flush ? 1 : kBatchesOfRound;
    work.batches.resize(most);
    for (Share& share : work.shares) share.segments.clear();
    bool more = true;
    for (std::size_t i = 0; i < most && more; ++i) {
      auto next = source_.next(work.batches[i]);
      if (!next) return next;
      more = *next;
      if (!more) break;
      if (hooks_.live_flush && work.batches[i].packets.empty()) pass_live_time();
      dealer_.deal(work.batches[i], work);
    }
    for (Share& share : work.shares) share.until = dealer_.latest();
    return more;
  }

  // A live capture without packets: time goes on, a moment behind the clock because packets wait in
  // the kernel.
  void pass_live_time() {
    const auto now = std::chrono::system_clock::now() - std::chrono::seconds(1);
    dealer_.pass_time(std::chrono::time_point_cast<Nanoseconds>(now));
  }

  // Between two rounds, while the workers rest.
  void collect() {
    exchanges_ = incidents_ = 0;
    for (const auto& worker : workers_) {
      correlation_.take(worker->observations());
      exchanges_ += worker->stats().exchanges;
      incidents_ += worker->fold().size();
    }
    // The folds are the workers' while they work, so what is due is taken out here.
    if (flush_due()) due_ = take_folds();
  }

  [[nodiscard]] bool flush_due() const {
    return hooks_.live_flush && std::chrono::steady_clock::now() - flushed_ >= kFlushEvery;
  }

  void flush(bool last) {
    if (!hooks_.live_flush || (!last && !due_)) return;
    IncidentFold all = due_ ? std::move(*due_) : IncidentFold();
    due_.reset();
    if (last) all.merge(take_folds());
    all.merge(std::move(correlation_.fold()));
    correlation_.fold() = IncidentFold();
    findings_dropped_ += all.dropped();
    flushed_ = std::chrono::steady_clock::now();
    hooks_.live_flush(all.take(), source_.captures());
  }

  IncidentFold take_folds() {
    IncidentFold all;
    for (const auto& worker : workers_) {
      all.merge(std::move(worker->fold()));
      worker->fold() = IncidentFold();
    }
    return all;
  }

  std::vector<Incident> take_incidents() {
    IncidentFold all = take_folds();
    all.merge(std::move(correlation_.fold()));
    correlation_.fold() = IncidentFold();
    findings_dropped_ += all.dropped();
    return all.take();
  }

  void report_progress() {
    if (!hooks_.progress) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - reported_ < kProgressEvery) return;
    reported_ = now;
    Progress progress;
    for (const CaptureInfo& capture : source_.captures()) {
      progress.packets += capture.packets;
      progress.bytes += capture.bytes;
      progress.total_bytes += capture.size;
    }
    // As of the batch before: the workers are on this one.
    progress.exchanges = exchanges_;
    progress.incidents = incidents_;
    hooks_.progress(progress);
  }

  RunOutcome outcome() {
    RunOutcome outcome;
    outcome.captures = source_.captures();
    name_captures(outcome.captures);
    std::unordered_map<std::string, std::uint64_t> hosts;
    for (const auto& worker : workers_) {
      outcome.coverage.reassembly += worker->stats();
      add_services(worker->inspector(), hosts);
    }
    if (!hooks_.live_flush) outcome.incidents = take_incidents();
    outcome.coverage.packets = dealer_.stats();
    outcome.coverage.findings_dropped = findings_dropped_;
    for (const CaptureInfo& capture : outcome.captures) {
      outcome.coverage.dropped_packets += capture.dropped;
    }
    outcome.coverage.services = sorted_services(hosts);
    outcome.coverage.not_assessed = correlation_.not_assessed();
    return outcome;
  }

  PacketSource& source_;
  const SensorOptions& options_;
  const SensorHooks& hooks_;
  Dealer dealer_;
  Correlation correlation_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::chrono::steady_clock::time_point reported_, flushed_ = std::chrono::steady_clock::now();
  std::optional<IncidentFold> due_;  // live: taken out of the workers, to be handed on
  Timestamp judged_until_ =
      Timestamp::min() + std::chrono::hours(1);  // packet time at the end of the last round
  std::uint64_t exchanges_ = 0, incidents_ = 0, findings_dropped_ = 0;
};

}  // namespace

Result<RunOutcome> run_sensor(PacketSource& source, const SensorOptions& options,
                              const SensorHooks& hooks, const std::atomic<bool>& stop) {
  SensorOptions resolved = options;
  if (resolved.threads == 0) resolved.threads = std::max(1U, std::thread::hardware_concurrency());
  auto filter = filter_of(resolved);
  if (!filter) return tl::unexpected(filter.error());
  auto rules = RuleDatabase::compile();
  if (!rules) return tl::unexpected(rules.error());
  return Run(source, resolved, hooks, std::move(*filter), *rules).run(stop);
}

Result<RunOutcome> read_exchanges(PacketSource& source, const SensorOptions& options,
                                  InspectionListener& listener, const std::atomic<bool>& stop) {
  SensorOptions resolved = options;
  resolved.threads = 1;
  auto filter = filter_of(resolved);
  if (!filter) return tl::unexpected(filter.error());
  auto rules = RuleDatabase::compile();
  if (!rules) return tl::unexpected(rules.error());
  Dealer dealer(resolved, std::move(*filter));
  InspectorOutputs outputs;
  outputs.listener = &listener;
  Inspector inspector(resolved.detection, resolved.fingerprint_key, *rules, outputs,
                      resolved.host.value_or(""));
  ReassemblerOptions reassembly = resolved.reassembly;
  reassembly.tcp.total_bytes = resolved.memory / 4 * 3;
  Reassembler reassembler(reassembly, inspector);
  Work work;
  work.batches.resize(1);
  work.shares.resize(1);
  while (!stop) {
    auto more = source.next(work.batches.front());
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
    work.shares.front().segments.clear();
    dealer.deal(work.batches.front(), work);
    for (const SegmentView& segment : work.shares.front().segments) reassembler.add(segment);
    reassembler.advance(dealer.latest());
  }
  reassembler.finish();
  RunOutcome outcome;
  outcome.captures = source.captures();
  outcome.coverage.packets = dealer.stats();
  outcome.coverage.reassembly = reassembler.stats();
  return outcome;
}

}  // namespace leaktap
