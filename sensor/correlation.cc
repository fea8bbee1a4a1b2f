#include "sensor/correlation.h"

#include <algorithm>
#include <tuple>

namespace leaktap {

bool Correlation::later(const Waiting& a, const Waiting& b) {
  return std::tie(a.completed, a.flow, a.position) > std::tie(b.completed, b.flow, b.position);
}

Correlation::Correlation(const DetectionOptions& options)
    : tenants_(options.tenants, options.correlation_bytes) {}

void Correlation::take(std::vector<Observation>& observations) {
  for (Observation& observation : observations) {
    waiting_.push_back({observation.completed, observation.flow, observation.position,
                        std::make_unique<Observation>(std::move(observation))});
    std::push_heap(waiting_.begin(), waiting_.end(), later);
  }
  observations.clear();
}

void Correlation::judge(Timestamp until) {
  while (!waiting_.empty() && waiting_.front().completed <= until) {
    std::pop_heap(waiting_.begin(), waiting_.end(), later);
    tenants_.add(*waiting_.back().observation, fold_);
    waiting_.pop_back();
  }
}

void Correlation::finish() {
  judge(Timestamp::max());
  tenants_.finish(fold_);
}

std::vector<NotAssessed> Correlation::not_assessed() const {
  std::vector<NotAssessed> list;
  for (const auto& [service, reason] : tenants_.not_assessed()) {
    list.push_back({service, std::string(info_of(DetectorId::CrossTenantAccess).name), reason});
  }
  return list;
}

}  // namespace leaktap
