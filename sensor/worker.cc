#include "sensor/worker.h"

namespace leaktap {

namespace {

InspectorOutputs outputs_of(FindingSink& findings, ObservationSink& observations,
                            RevealSink* reveal, InspectionListener* listener,
                            const DetectionOptions& options) {
  InspectorOutputs outputs;
  outputs.findings = &findings;
  if (options.enabled[static_cast<std::size_t>(DetectorId::CrossTenantAccess)]) {
    outputs.observations = &observations;
  }
  outputs.reveal = reveal;
  outputs.listener = listener;
  return outputs;
}

// The workers share the memory that traffic may fill; a part is left for what they find.
ReassemblerOptions share_of(const SensorOptions& options) {
  ReassemblerOptions reassembly = options.reassembly;
  const std::size_t workers = options.threads == 0 ? 1 : options.threads;
  reassembly.tcp.total_bytes = options.memory / 4 * 3 / workers;
  return reassembly;
}

}  // namespace

Worker::Worker(const SensorOptions& options, std::shared_ptr<const RuleDatabase> rules,
               RevealSink* reveal, InspectionListener* listener)
    : inspector_(options.detection, options.fingerprint_key, std::move(rules),
                 outputs_of(fold_, *this, reveal, listener, options.detection),
                 options.host.value_or("")),
      reassembler_(share_of(options), inspector_) {}

void Worker::work(const Share& share) {
  for (const SegmentView& segment : share.segments) reassembler_.add(segment);
  if (share.last) {
    reassembler_.finish();
  } else {
    reassembler_.advance(share.until);
  }
}

}  // namespace leaktap
