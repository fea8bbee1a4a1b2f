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
  // The order stands beside the observation, so that the heap is kept in order without looking at
  // it.
  struct Waiting {
    Timestamp completed;
    std::uint64_t flow = 0, position = 0;
    std::unique_ptr<Observation> observation;
  };
  static bool later(const Waiting& a, const Waiting& b);

  std::vector<Waiting> waiting_;  // a heap, the earliest on top
  TenantCorrelator tenants_;
  IncidentFold fold_;
};

}  // namespace leaktap
