// One worker: reassembles its share of the flows, detects, and gathers what it found.
#pragma once

#include <memory>
#include <vector>

#include "capture/segment.h"
#include "detectors/correlation/observation.h"
#include "detectors/inspector.h"
#include "reassembly/reassembler.h"
#include "sensor/sensor.h"
#include "storage/incident_fold.h"

namespace leaktap {

// A worker's share of one batch.
struct Share {
  std::vector<SegmentView> segments;
  Timestamp until;    // packet time at the end of the batch
  bool last = false;  // the capture is over
};

class Worker : private ObservationSink {
 public:
  // `options` must outlive the worker. `listener` may be null.
  Worker(const SensorOptions& options, std::shared_ptr<const RuleDatabase> rules,
         RevealSink* reveal, InspectionListener* listener);

  void work(const Share& share);

  // For the thread that runs the sensor, while the worker rests.
  IncidentFold& fold() { return fold_; }
  std::vector<Observation>& observations() { return observations_; }
  [[nodiscard]] const ReassemblyStats& stats() const { return reassembler_.stats(); }
  [[nodiscard]] const Inspector& inspector() const { return inspector_; }

 private:
  void add(Observation&& observation) override { observations_.push_back(std::move(observation)); }

  IncidentFold fold_;
  std::vector<Observation> observations_;
  Inspector inspector_;
  Reassembler reassembler_;
};

}  // namespace leaktap
