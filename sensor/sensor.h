// The assembly line: source -> workers -> correlation in packet order -> incidents. The only
// threads.
//
// The calling thread reads and decodes; with more than one thread, workers reassemble and detect,
// each for its share of the flows. The result is the same for any number of workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/capture_stats.h"
#include "capture/packet_filter.h"
#include "capture/packet_source.h"
#include "detectors/detection_options.h"
#include "detectors/fingerprint.h"
#include "detectors/inspection.h"
#include "reassembly/reassembler.h"
#include "storage/incident.h"

namespace leaktap {

struct SensorOptions {
  ReassemblerOptions reassembly;
  DetectionOptions detection;
  FingerprintKey fingerprint_key{};
  unsigned threads = 0;  // workers; 0: one per core. 1: everything on the calling thread
  std::size_t memory = std::size_t{1} << 30;  // bytes, all buffers that traffic fills
  std::optional<std::string> filter;          // BPF, for files
  std::optional<Timestamp> since, until;
  std::optional<std::string> host;  // only exchanges of this host
};

struct Progress {
  std::uint64_t packets = 0, bytes = 0;  // read so far
  std::uint64_t total_bytes = 0;         // of all files, 0 if unknown
  std::uint64_t exchanges = 0, incidents = 0;
};

struct NotAssessed {
  std::string service, detector, reason;
};

// What was seen and what was not (design.md §2, "coverage").
struct Coverage {
  CaptureStats packets;
  ReassemblyStats reassembly;
  std::uint64_t dropped_packets = 0;   // live
  std::uint64_t findings_dropped = 0;  // beyond the limits
  struct Service {
    std::string host;
    std::uint64_t exchanges = 0;
  };
  std::vector<Service> services;          // by host, capped at 1000
  std::vector<NotAssessed> not_assessed;  // sorted
};

struct RunOutcome {
  std::vector<CaptureInfo> captures;  // content ids filled in for files
  std::vector<Incident>
      incidents;  // in the order of their key; `take()`n since the last live flush
  Coverage coverage;
};

// Called on the thread that runs the sensor.
struct SensorHooks {
  std::function<void(const Progress&)> progress;  // about every 100 ms of work
  // Live: what was found since the last call; about once a second, and at the end.
  std::function<void(std::vector<Incident>, const std::vector<CaptureInfo>&)> live_flush;
  RevealSink* reveal =
      nullptr;  // shown values, if a person asked for them; called from workers, must lock
};

// Runs until the source ends or `stop` is set (then everything read is still judged). With
// hooks.live_flush set, incidents go there and RunOutcome::incidents stays empty.
Result<RunOutcome> run_sensor(PacketSource& source, const SensorOptions& options,
                              const SensorHooks& hooks, const std::atomic<bool>& stop);

// Reads the exchanges of a source, on one thread, in the order in which they complete.
Result<RunOutcome> read_exchanges(PacketSource& source, const SensorOptions& options,
                                  InspectionListener& listener, const std::atomic<bool>& stop);

}  // namespace leaktap
