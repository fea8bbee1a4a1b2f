#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <unordered_map>

#include "detectors/correlation/evidence_ladder.h"
#include "detectors/correlation/tenant_memory.h"
#include "detectors/correlation/tenants.h"

namespace leaktap {
namespace {

// Judging one of these again costs some look-ups; more of one kind would prove nothing more.
constexpr std::size_t kMostOfOneTag = 128;
constexpr std::size_t kMostServices = 10000;
constexpr std::chrono::minutes kPatience{5};

std::size_t size_of(const Observation& observation) {
  std::size_t size = sizeof(Observation) + 512;
  for (const TenantSelector& selector : observation.selectors) {
    size += sizeof(selector) + selector.location.size() + selector.tenant.size();
  }
  for (const std::string& owner : observation.owners) size += 2 * sizeof(owner) + owner.size();
  for (const std::string& why : observation.evidence.why) size += sizeof(why) + why.size();
  size += observation.evidence.request.size();
  size +=
      (observation.evidence.request_frames.size() + observation.evidence.response_frames.size()) *
      sizeof(PacketRef);
  return size +
         (observation.leaves.size() + observation.sent_leaves.size()) * sizeof(std::uint64_t);
}

class AccessEvidence : public EvidenceSource {
 public:
  AccessEvidence(const Observation& observation, const Verdict& verdict)
      : observation_(observation), verdict_(verdict) {}
  [[nodiscard]] Evidence evidence() const override {
    Evidence evidence = observation_.evidence;
    evidence.why.insert(evidence.why.end(), verdict_.why.begin(), verdict_.why.end());
    return evidence;
  }

 private:
  const Observation& observation_;
  const Verdict& verdict_;
};

void emit(const Observation& observation, const Verdict& verdict, FindingSink& sink) {
  const AccessEvidence evidence(observation, verdict);
  Finding finding;
  finding.detector = DetectorId::CrossTenantAccess;
  finding.severity = severity_of(observation, verdict.confidence);
  finding.confidence = verdict.confidence;
  finding.service = observation.service;
  finding.host = observation.host;
  finding.method = observation.method;
  finding.route = observation.route;
  finding.location = verdict.location;
  finding.credential = observation.credential;
  finding.outcome = observation.outcome;
  finding.principal = observation.principal;
  finding.home_tenant = verdict.home;
  finding.accessed_tenant = verdict.accessed;
  finding.time = observation.time;
  finding.capture = observation.capture;
  finding.key = mix(observation.key, hash_of({"cross-tenant-access", verdict.location}));
  finding.evidence = &evidence;
  sink.add(finding);
}

}  // namespace

struct TenantCorrelator::Impl {
  struct Candidate {
    Observation observation;
    std::optional<Confidence> emitted;
    bool is_settled = false;  // a presumed home is taken for the home
    std::size_t bytes = 0;
  };
  struct Service {
    std::uint64_t judged = 0, unjudged = 0;
    std::string_view reason;  // of static storage
  };

  Impl(const TenantOptions& options, std::size_t max_bytes)
      : memory(options, max_bytes / 2), most_bytes(max_bytes / 2) {}

  void add(const Observation& observation, FindingSink& sink) {
    const std::vector<std::uint64_t> news = memory.note(observation);
    const Judgement judgement = judge(observation, memory);
    note_service(observation, judgement);
    const bool waits = judgement.verdict && judgement.verdict->is_presumed;
    if (judgement.verdict && !waits) emit(observation, *judgement.verdict, sink);
    for (const std::uint64_t tag : news) judge_tagged(tag, sink);
    if (judgement.is_open || waits) keep(observation, judgement, sink);
    settle(observation.completed - kPatience, sink);
  }

  void judge_tagged(std::uint64_t tag, FindingSink& sink) {
    const auto found = index.find(tag);
    if (found == index.end()) return;
    const std::deque<std::uint64_t> ids = found->second;  // a copy: closing takes ids out
    for (const std::uint64_t id : ids) judge_again(id, sink);
  }

  void judge_again(std::uint64_t id, FindingSink& sink) {
    const auto entry = candidates.find(id);
    if (entry == candidates.end()) return;
    Candidate& candidate = entry->second;
    const Judgement judgement = judge(candidate.observation, memory);
    if (!judgement.verdict) return;
    if (judgement.verdict->is_presumed && !candidate.is_settled) return;
    if (!candidate.emitted || *candidate.emitted < judgement.verdict->confidence) {
      emit(candidate.observation, *judgement.verdict, sink);
      candidate.emitted = judgement.verdict->confidence;
    }
    if (!judgement.is_open) close(id);
  }

  void keep(const Observation& observation, const Judgement& judgement, FindingSink& sink) {
    const std::uint64_t id = next_id++;
    Candidate& candidate = candidates[id];
    candidate.observation = observation;
    candidate.bytes = size_of(observation);
    candidate.is_settled = !observation.home.empty();
    if (candidate.is_settled && judgement.verdict) {
      candidate.emitted = judgement.verdict->confidence;
    }
    held += candidate.bytes;
    if (!candidate.is_settled) waiting.emplace_back(observation.completed, id);
    for (const std::uint64_t tag : tags_of(observation)) {
      auto& ids = index[tag];
      ids.push_back(id);
      if (ids.size() > kMostOfOneTag) ids.pop_front();
    }
    while (held > most_bytes && !candidates.empty()) give_up(oldest(), sink);
  }

  void settle(Timestamp until, FindingSink& sink) {
    while (!waiting.empty() && waiting.front().first <= until) {
      const std::uint64_t id = waiting.front().second;
      waiting.pop_front();
      settle_one(id, sink);
    }
  }

  void settle_one(std::uint64_t id, FindingSink& sink) {
    const auto entry = candidates.find(id);
    if (entry == candidates.end()) return;
    entry->second.is_settled = true;
    judge_again(id, sink);
  }

  void give_up(std::uint64_t id, FindingSink& sink) {
    settle_one(id, sink);
    if (candidates.contains(id)) close(id);
    ++evicted;
  }

  std::vector<std::uint64_t> tags_of(const Observation& observation) const {
    std::vector<std::uint64_t> tags;
    const auto add_tenant = [&](std::string_view name) {
      const std::uint64_t tenant = memory.id_of(name);
      tags.push_back(TenantMemory::tag_of_tenant(tenant));
      tags.push_back(TenantMemory::tag_of_route(observation, tenant));
    };
    for (const TenantSelector& selector : observation.selectors) add_tenant(selector.tenant);
    for (const std::string& owner : observation.owners) add_tenant(owner);
    if (observation.home.empty()) tags.push_back(TenantMemory::tag_of_credential(observation));
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags;
  }

  std::uint64_t oldest() {
    while (!candidates.contains(first_id)) ++first_id;
    return first_id;
  }

  void close(std::uint64_t id) {
    const auto entry = candidates.find(id);
    held -= entry->second.bytes;
    for (const std::uint64_t tag : tags_of(entry->second.observation)) {
      const auto ids = index.find(tag);
      if (ids == index.end()) continue;
      const auto place = std::lower_bound(ids->second.begin(), ids->second.end(), id);
      if (place != ids->second.end() && *place == id) ids->second.erase(place);
      if (ids->second.empty()) index.erase(ids);
    }
    candidates.erase(entry);
  }

  void note_service(const Observation& observation, const Judgement& judgement) {
    if (!observation.has_credential || observation.outcome != Outcome::Accepted) return;
    auto found = services.find(observation.service);
    if (found == services.end()) {
      if (services.size() == kMostServices) return;
      found = services.emplace(observation.service, Service{}).first;
    }
    Service& service = found->second;
    if (!judgement.not_assessed.empty()) {
      ++service.unjudged;
      if (service.reason.empty()) service.reason = judgement.not_assessed;
    } else {
      ++service.judged;
    }
  }

  TenantMemory memory;
  std::size_t most_bytes;
  std::unordered_map<std::uint64_t, Candidate> candidates;
  std::unordered_map<std::uint64_t, std::deque<std::uint64_t>>
      index;  // tag -> candidates, in order
  std::uint64_t next_id = 0, first_id = 0;
  std::deque<std::pair<Timestamp, std::uint64_t>>
      waiting;  // candidates that are not settled, by time
  std::size_t held = 0;
  std::uint64_t evicted = 0;
  std::map<std::string, Service> services;
};

TenantCorrelator::TenantCorrelator(const TenantOptions& options, std::size_t max_bytes)
    : impl_(std::make_unique<Impl>(options, max_bytes)) {}
TenantCorrelator::~TenantCorrelator() = default;

void TenantCorrelator::add(const Observation& observation, FindingSink& sink) {
  impl_->add(observation, sink);
}

void TenantCorrelator::finish(FindingSink& sink) { impl_->settle(Timestamp::max(), sink); }

std::map<std::string, std::string> TenantCorrelator::not_assessed() const {
  std::map<std::string, std::string> reasons;
  for (const auto& [name, service] : impl_->services) {
    if (service.judged == 0 && service.unjudged > 0) reasons.emplace(name, service.reason);
  }
  return reasons;
}

std::size_t TenantCorrelator::held_bytes() const { return impl_->memory.bytes() + impl_->held; }

std::uint64_t TenantCorrelator::evicted() const { return impl_->memory.evicted() + impl_->evicted; }

}  // namespace leaktap
