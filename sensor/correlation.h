// What needs many exchanges, in one place and in packet-time order.
#pragma once

#include <memory>
#include <vector>

#include "detectors/correlation/observation.h"
#include "detectors/correlation/tenants.h"
#include "detectors/detection_options.h"
#include "sensor/sensor.h"
#include "storage/incident_fold.h"

namespace leaktap {

class Correlation {
 public:
  explicit Correlation(const DetectionOptions& options);  // must outlive it

  // Takes the observations out of `observations`.
  void take(std::vector<Observation>& observations);
  // Judges what was completed up to `until`, in the order (completed, flow, position).
  void judge(Timestamp until);
  // No more will come: judges the rest, and what waited for more to be seen.
  void finish();
  IncidentFold& fold() { return fold_; }
  [[nodiscard]] std::vector<NotAssessed> not_assessed() const;

 private:
  std::vector<std::unique_ptr<Observation>> waiting_;  // a heap, the earliest on top
  TenantCorrelator tenants_;
  IncidentFold fold_;
};

}  // namespace leaktap
