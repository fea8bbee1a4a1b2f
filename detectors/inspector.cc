#include "detectors/inspector.h"

#include <algorithm>
#include <unordered_map>

#include "detectors/body_scanner.h"
#include "detectors/credential_extractor.h"
#include "detectors/credential_table.h"
#include "detectors/exposure_detectors.h"
#include "detectors/needle_search.h"
#include "detectors/observer.h"
#include "detectors/outcome.h"
#include "detectors/principal.h"
#include "detectors/route.h"
#include "detectors/text_codec.h"

namespace leaktap {

namespace {

constexpr std::size_t kMostReflections = 64;  // an exchange
constexpr std::size_t kLongestNeedle = 8192;  // longer values are not looked for
constexpr std::size_t kMostHosts = 10000;

// What is known of an exchange while it is in flight.
struct State {
  Inspection inspection;
  CredentialTable::Lease lease;
  BodyScanner request_body, response_body;
  bool request_head_read = false, request_body_read = false;

  BodyScanner& body(Part part) { return part == Part::Request ? request_body : response_body; }
};

}  // namespace

class Inspector::Impl {
 public:
  Impl(const DetectionOptions& chosen, const FingerprintKey& key,
       std::shared_ptr<const RuleDatabase> rules, const InspectorOutputs& to, std::string only_host)
      : options(chosen),
        outputs(to),
        host(std::move(only_host)),
        fingerprinter(key),
        principals(fingerprinter, chosen.show_principals),
        matcher(std::move(rules)),
        table(matcher, fingerprinter, chosen.credential_table_bytes),
        extractor(matcher, table),
        observer(chosen.tenants) {}

  State& state_of(HttpExchange& exchange);
  void read_request_head(State& state);
  void read_request_body(State& state);
  std::size_t scan_early(State& state, Part part, std::string_view block, std::uint64_t begin,
                         bool last);
  std::size_t scan_block(State& state, Part part, std::string_view block, std::uint64_t begin,
                         bool last);
  void load_needles(const State& state);
  void find_copies_in_head(State& state, Part part);
  void finish(State& state);
  void count_host(const std::string& name);

  const DetectionOptions& options;
  const InspectorOutputs outputs;
  const std::string host;
  Fingerprinter fingerprinter;
  PrincipalNames principals;
  RuleMatcher matcher;
  CredentialTable table;
  CredentialExtractor extractor;
  Observer observer;

  std::vector<std::unique_ptr<State>> states;  // all there are
  std::vector<State*> idle;                    // those that no exchange uses
  NeedleSet needles;                           // of the exchange being scanned
  std::vector<NeedleHit> hits;
  std::vector<RuleMatch> matches;
  std::vector<std::pair<std::string, std::uint64_t>> host_counts;
  std::unordered_map<std::string, std::size_t> host_index;
};

Inspector::Inspector(const DetectionOptions& options, const FingerprintKey& key,
                     std::shared_ptr<const RuleDatabase> rules, const InspectorOutputs& outputs,
                     std::string host)
    : impl_(std::make_unique<Impl>(options, key, std::move(rules), outputs, std::move(host))) {}
Inspector::~Inspector() = default;

State& Inspector::Impl::state_of(HttpExchange& exchange) {
  if (exchange.attachment != nullptr) return *static_cast<State*>(exchange.attachment);
  if (idle.empty()) {
    states.push_back(std::make_unique<State>());
    idle.push_back(states.back().get());
  }
  State* state = idle.back();
  idle.pop_back();
  exchange.attachment = state;
  state->lease = table.lease();
  state->inspection.exchange = &exchange;
  return *state;
}

// Heads are read when the exchange is over, or when a body grows so large that it is scanned
// before: what is done together finds its data in the cache.
void Inspector::on_head(HttpExchange& exchange, Part) { impl_->state_of(exchange); }

void Inspector::on_body(HttpExchange& exchange, Part part, std::uint64_t offset, Bytes bytes) {
  State& state = impl_->state_of(exchange);
  state.body(part).add(offset, bytes, exchange.message(part).body,
                       [&](std::string_view block, std::uint64_t begin, bool last) {
                         return impl_->scan_early(state, part, block, begin, last);
                       });
}

void Inspector::on_exchange(HttpExchange& exchange) {
  State& state = impl_->state_of(exchange);
  impl_->finish(state);
  exchange.attachment = nullptr;
  state.inspection.sightings.clear();
  state.inspection.reflections.clear();
  state.inspection.exchange = nullptr;
  state.inspection.outcome = Outcome::Unknown;
  state.request_body.clear();
  state.response_body.clear();
  state.request_head_read = state.request_body_read = false;
  state.lease = {};
  impl_->idle.push_back(&state);
}

const std::vector<std::pair<std::string, std::uint64_t>>& Inspector::hosts() const {
  return impl_->host_counts;
}

void Inspector::Impl::read_request_head(State& state) {
  const HttpExchange& exchange = *state.inspection.exchange;
  if (state.request_head_read || !exchange.has_request) return;
  state.request_head_read = true;
  extractor.read_head(exchange.request, Part::Request, state.lease, state.inspection.sightings);
  load_needles(state);
  find_copies_in_head(state, Part::Request);
}

void Inspector::Impl::read_request_body(State& state) {
  const HttpExchange& exchange = *state.inspection.exchange;
  if (state.request_body_read || !exchange.has_request) return;
  state.request_body_read = true;
  if (exchange.request.body_bytes == 0) return;
  state.request_body.finish(exchange.request.body,
                            [&](std::string_view block, std::uint64_t begin, bool last) {
                              return scan_block(state, Part::Request, block, begin, last);
                            });
  const std::size_t before = state.inspection.sightings.size();
  extractor.read_body(exchange.request, Part::Request, state.lease, state.inspection.sightings);
  if (state.inspection.sightings.size() != before) load_needles(state);
}

// The credentials of the request, in every form in which they could come back.
void Inspector::Impl::load_needles(const State& state) {
  needles.clear();
  const std::vector<CredentialSighting>& sightings = state.inspection.sightings;
  for (std::size_t i = 0; i < sightings.size(); ++i) {
    const CredentialSighting& sighting = sightings[i];
    if (sighting.part != Part::Request || sighting.credential->value.size() > kLongestNeedle)
      continue;
    if (sighting.kind == CredentialKind::SignedUrl ||
        sighting.sensitivity() == Sensitivity::Identifier) {
      continue;
    }
    const bool again = std::any_of(
        sightings.begin(), sightings.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const CredentialSighting& earlier) {
          return earlier.part == Part::Request && earlier.credential == sighting.credential;
        });
    if (!again) needles.add(i, sighting.credential->forms());
  }
}

// A request's credential can stand a second time in its own head, under any name: rule 1 of what a
// credential is. In the head of the answer it has been given back.
void Inspector::Impl::find_copies_in_head(State& state, Part part) {
  if (needles.empty()) return;
  const HttpExchange& exchange = *state.inspection.exchange;
  hits.clear();
  needles.find(exchange.message(part).head, kMostReflections, hits);
  std::vector<CredentialSighting>& sightings = state.inspection.sightings;
  for (const NeedleHit& hit : hits) {
    const std::size_t known = sightings.size();
    const bool stands =
        std::any_of(sightings.begin(), sightings.begin() + static_cast<std::ptrdiff_t>(known),
                    [&](const CredentialSighting& sighting) {
                      return sighting.part == part && sighting.in_head &&
                             sighting.begin < hit.end && sighting.end > hit.begin;
                    });
    if (!stands)
      extractor.add_copy(exchange.message(part), part, hit.begin, hit.end, hit.needle, sightings);
    if (part == Part::Response && state.inspection.reflections.size() < kMostReflections) {
      Reflection& reflection = state.inspection.reflections.emplace_back();
      reflection.source_index = hit.needle;
      reflection.in_head = true;
      reflection.begin = hit.begin;
      reflection.end = hit.end;
      reflection.encoding = hit.encoding;
    }
  }
}

// A block of a body that is too large to wait for its end.
std::size_t Inspector::Impl::scan_early(State& state, Part part, std::string_view block,
                                        std::uint64_t begin, bool last) {
  if (part == Part::Response) {
    const HttpExchange& exchange = *state.inspection.exchange;
    read_request_head(state);
    // Its request's body must be known before the answer is searched for what the request carried.
    if (exchange.has_request && exchange.request.whole) read_request_body(state);
    load_needles(state);
  }
  return scan_block(state, part, block, begin, last);
}

std::size_t Inspector::Impl::scan_block(State& state, Part part, std::string_view block,
                                        std::uint64_t begin, bool last) {
  matcher.scan(block, last, matches);
  for (const RuleMatch& match : matches) {
    extractor.add_match(match, block, begin, part, state.lease, state.inspection.sightings);
  }
  std::size_t again = block.size() - std::min(matcher.open_from(), block.size());
  if (part == Part::Request || needles.empty()) return again;
  hits.clear();
  needles.find(block, kMostReflections, hits);
  std::vector<Reflection>& reflections = state.inspection.reflections;
  for (const NeedleHit& hit : hits) {
    const std::uint64_t at = begin + hit.begin;
    const bool known =
        std::any_of(reflections.begin(), reflections.end(), [&](const Reflection& r) {
          return !r.in_head && r.begin == at && r.source_index == hit.needle;
        });
    if (known || reflections.size() >= kMostReflections) continue;
    Reflection& reflection = reflections.emplace_back();
    reflection.source_index = hit.needle;
    reflection.begin = at;
    reflection.end = begin + hit.end;
    reflection.encoding = hit.encoding;
  }
  return std::max(again, needles.longest() - 1);
}

void Inspector::Impl::finish(State& state) {
  Inspection& inspection = state.inspection;
  const HttpExchange& exchange = *inspection.exchange;
  needles.clear();
  read_request_head(state);
  read_request_body(state);
  if (exchange.has_response) {
    extractor.read_head(exchange.response, Part::Response, state.lease, inspection.sightings);
    if (needles.empty()) load_needles(state);
    find_copies_in_head(state, Part::Response);
    state.response_body.finish(exchange.response.body,
                               [&](std::string_view block, std::uint64_t begin, bool last) {
                                 return scan_block(state, Part::Response, block, begin, last);
                               });
  }
  for (Reflection& reflection : inspection.reflections) {
    reflection.source = &inspection.sightings[reflection.source_index];
  }
  CredentialExtractor::mark_equal(inspection.sightings);
  inspection.host = host_of(exchange.authority(), exchange.server);
  if (!host.empty() && inspection.host != host) return;
  count_host(inspection.host);
  inspection.outcome = outcome_of(exchange);
  inspection.loopback = exchange.client.ip.is_loopback() && exchange.server.ip.is_loopback();
  const auto named = options.service_names.find(inspection.host);
  inspection.service = named == options.service_names.end() ? inspection.host : named->second;
  if (exchange.has_request) {
    inspection.method = exchange.request.method_text();
    inspection.route = route_of(path_of(exchange.request.target_text()));
  } else {
    inspection.method = inspection.route = "*";
  }
  if (outputs.findings != nullptr && !inspection.sightings.empty()) {
    detect_exposures(inspection, {options, *outputs.findings, outputs.reveal, principals});
  }
  if (outputs.observations != nullptr && exchange.has_request && exchange.has_response) {
    auto observation = observer.observe(inspection, principals);
    if (observation) outputs.observations->add(std::move(*observation));
  }
  if (outputs.listener != nullptr) outputs.listener->on_inspection(inspection);
}

void Inspector::Impl::count_host(const std::string& name) {
  const auto known = host_index.find(name);
  if (known != host_index.end()) {
    ++host_counts[known->second].second;
  } else if (host_index.size() < kMostHosts) {
    host_index.emplace(name, host_counts.size());
    host_counts.emplace_back(name, 1);
  }
}

}  // namespace leaktap
