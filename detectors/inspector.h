// The sink of a worker's exchanges: reads each one's credentials, follows them into the response,
// runs the detectors, and hands on what correlation needs.
#pragma once

#include <memory>
#include <vector>

#include "detectors/correlation/observation.h"
#include "detectors/detection_options.h"
#include "detectors/finding.h"
#include "detectors/fingerprint.h"
#include "detectors/inspection.h"
#include "detectors/rule_matcher.h"
#include "reassembly/http/exchange.h"

namespace leaktap {

class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  virtual void add(Observation&& observation) = 0;
};

// All pointers may be null: what is not wanted is not worked out.
struct InspectorOutputs {
  FindingSink* findings = nullptr;
  ObservationSink* observations = nullptr;
  InspectionListener* listener = nullptr;
  RevealSink* reveal = nullptr;
};

class Inspector : public ExchangeSink {
 public:
  // `options` and the outputs must outlive the inspector. `host`: only exchanges of this host;
  // empty for all.
  Inspector(const DetectionOptions& options, const FingerprintKey& key,
            std::shared_ptr<const RuleDatabase> rules, const InspectorOutputs& outputs,
            std::string host);
  ~Inspector() override;

  void on_head(HttpExchange& exchange, Part part) override;
  void on_body(HttpExchange& exchange, Part part, std::uint64_t offset, Bytes bytes) override;
  void on_exchange(HttpExchange& exchange) override;

  // Exchanges by host, for the coverage.
  [[nodiscard]] const std::vector<std::pair<std::string, std::uint64_t>>& hosts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leaktap
