// Folds findings into incidents, in any order with the same outcome.
//
// One fold a worker; folds are merged. Every operation is commutative (sums of distinct keys,
// minima, maxima, unions, the first n by a total order), so the number of workers cannot be seen in
// the result. Holds 8 bytes a finding, about 300 a credential and capture, and a few pieces of
// evidence an incident.
#pragma once

#include <memory>
#include <vector>

#include "detectors/finding.h"
#include "storage/incident.h"

namespace leaktap {

class IncidentFold : public FindingSink {
 public:
  explicit IncidentFold(const IncidentLimits& limits = {});
  ~IncidentFold() override;
  IncidentFold(IncidentFold&&) noexcept;
  IncidentFold& operator=(IncidentFold&&) noexcept;

  // Cheap for a finding of a known incident: a hash, a look-up, counters. Asks for evidence only
  // where it would be kept.
  void add(const Finding& finding) override;
  void merge(IncidentFold&& other);
  // The incidents in the order of key (detector, service, method, route, location, kind), ids
  // filled in, keys sorted and made unique, counts derived from them. Leaves the fold empty.
  std::vector<Incident> take();
  [[nodiscard]] std::size_t size() const;
  // Findings beyond IncidentLimits::incidents. Where there are any, which incidents were kept
  // depends on the order.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leaktap
