// The rungs, in the words of the research (P: proof, S: strong):
//
//   P1  the answer holds data of the other tenant that the client did not send: an owner member, or
//   members
//       that were served to that tenant's own credential
//   P3  the same for a credential whose home is not known, but which asks for several tenants
//   P4  the other tenant's credential later reads what this one wrote
//   P5  the same access was refused on a sibling: the policy exists and is missing here
//   S1  nothing but an echo of the selector, or an answer that cannot be read
//   S2  the home tenant is only learned
//   S3  a list has rows of other tenants
//   S6  of two selectors that disagree, the answer follows the foreign one
#include "detectors/correlation/evidence_ladder.h"

#include <algorithm>

namespace leaktap {
namespace {

constexpr std::size_t kLeastEqual = 5;  // members that are equal by chance are fewer

bool nine_of_ten(std::size_t part, std::size_t whole) { return part * 10 >= whole * 9; }

bool is_write(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

// How the members of the answer are known.
struct LeafCount {
  std::size_t theirs = 0;  // only the accessed tenant's
  std::size_t own = 0;     // only the home tenant's
  std::size_t common = 0;  // everybody's, or both tenants': ids that both count from 1
  std::size_t unknown = 0;
  PacketRef witness;

  [[nodiscard]] std::size_t telling() const { return theirs + own + unknown; }
  [[nodiscard]] bool prove_theirs() const {
    return theirs >= kLeastEqual && nine_of_ten(theirs, telling());
  }
  [[nodiscard]] bool prove_own() const { return own >= kLeastEqual && nine_of_ten(own, telling()); }
};

class Ladder {
 public:
  Ladder(const Observation& observation, const TenantMemory& memory)
      : observation_(observation), memory_(memory), home_(memory.home_of(observation)) {}

  Judgement run() {
    find_access();
    if (home_.id == 0)
      return {{}, !observation_.selectors.empty(), "home tenants of credentials are not known"};
    if (selector_ == nullptr) return without_selector();
    const bool refused = observation_.outcome == Outcome::Refused;
    if (refused) return {attempt("the request was refused"), false, {}};
    if (observation_.empty_document && !is_write(observation_.method)) {
      return {attempt("the answer is empty: what it lists is filtered"), false, {}};
    }
    return accepted();
  }

 private:
  void find_access() {
    for (const TenantSelector& selector : observation_.selectors) {
      const Relation relation = memory_.relate(selector.location, selector.tenant, home_);
      if (relation == Relation::Same) has_home_selector_ = true;
      if (relation == Relation::Unclear) has_unclear_ = true;
      if (relation == Relation::Foreign && selector_ == nullptr) {
        selector_ = &selector;
        accessed_ = memory_.id_of(selector.tenant);
      }
    }
    for (std::size_t i = 0; i < observation_.owners.size(); ++i) {
      const std::string& owner = observation_.owners[i];
      const Relation relation = memory_.relate(owner_name(observation_, i), owner, home_);
      if (relation == Relation::Same) ++own_owners_;
      if (relation == Relation::Unclear) has_unclear_ = true;
      if (relation == Relation::Foreign && foreign_owner_.empty()) foreign_owner_ = owner;
    }
    for (const std::string& owner : observation_.echoed_owners) {
      const std::uint64_t id = memory_.id_of(owner);
      if (id == accessed_) echoes_accessed_ = true;
      if (id == home_.id) echoes_home_ = true;
    }
  }

  // Only the answer can show that another tenant is concerned: an object asked for by its id, or
  // rows.
  Judgement without_selector() {
    std::string_view unclear;
    if (has_unclear_) {
      unclear = "tenants are named in ways that cannot be compared; aliases would help";
    } else if (observation_.selectors.empty() && observation_.owners.empty()) {
      unclear = "no request and no answer names a tenant";
    }
    const bool judged = observation_.outcome == Outcome::Accepted && !foreign_owner_.empty() &&
                        home_.source != HomeSource::None;
    if (!judged) {
      const bool homeless = home_.source == HomeSource::None;
      return {{}, has_unclear_ || homeless, unclear};
    }
    // An object of the home tenant may refer to another one.
    if (own_owners_ > 0 && !observation_.owner_in_list) return {{}, false, {}};
    accessed_ = memory_.id_of(foreign_owner_);
    const LeafCount leaves = count_leaves();
    if (is_public(leaves)) return {{}, false, {}};
    Verdict verdict = begin("response-body", foreign_owner_);
    if (observation_.owner_in_list) {
      verdict.confidence = Confidence::Strong;
      verdict.why.push_back("the answer lists rows of tenant " + foreign_owner_ +
                            ", which the client did not ask for");
    } else {
      verdict.confidence =
          home_.is_certain() && observation_.complete ? Confidence::Proof : Confidence::Strong;
      verdict.why.push_back("the answer names tenant " + foreign_owner_ +
                            " as the owner of the object, and the client did not send that");
    }
    return {std::move(verdict), false, {}};
  }

  Judgement accepted() {
    const LeafCount leaves = count_leaves();
    if (is_public(leaves)) return {{}, false, {}};
    const bool own_data = own_owners_ > 0 && foreign_owner_.empty();
    if (own_data || (leaves.prove_own() && !echoes_accessed_)) return {{}, true, {}};
    const bool is_shown = !foreign_owner_.empty() || leaves.prove_theirs();
    if (has_home_selector_ && !is_shown && !(echoes_accessed_ && !echoes_home_)) {
      return {{}, true, {}};  // the server may have followed the other selector
    }
    Verdict verdict = begin(selector_->location, selector_->tenant);
    if (has_home_selector_) {
      verdict.why.push_back(
          "another selector names the home tenant, and the answer does not follow it");
    }
    if (!explain_evidence(leaves, verdict)) {
      explain_want(verdict);
      if (home_.source == HomeSource::None && !presume(leaves, verdict)) return {{}, true, {}};
    }
    // A home that was learned does not become better known by later evidence.
    const bool is_final =
        verdict.confidence == Confidence::Proof ||
        (home_.source == HomeSource::Learned && verdict.confidence == Confidence::Strong);
    return {std::move(verdict), !is_final, {}};
  }

  // P1, P3, P4, P5 in this order. True if the other tenant's data is seen.
  bool explain_evidence(const LeafCount& leaves, Verdict& verdict) {
    const bool provable = home_.is_certain() && observation_.complete;
    const Confidence shown = provable ? Confidence::Proof : Confidence::Strong;
    if (leaves.prove_theirs()) {
      const bool presumed = home_.source == HomeSource::None && observation_.complete;
      verdict.confidence = presumed ? Confidence::Proof : shown;
      verdict.why.push_back("the answer holds " + std::to_string(leaves.theirs) + " of " +
                            std::to_string(leaves.telling()) + " members that were served to " +
                            selector_->tenant + "'s own credential" + frame(leaves.witness) +
                            " and that the client did not send");
      return true;
    }
    if (!foreign_owner_.empty()) {
      verdict.confidence = shown;
      verdict.why.push_back("the answer names " + foreign_owner_ +
                            " as the owner, and the client did not send that");
      return true;
    }
    if (PacketRef reader; is_read_back(reader)) {
      verdict.confidence = shown;
      verdict.why.push_back("what this request wrote was later served to " + selector_->tenant +
                            "'s own credential" + frame(reader) + " and was not there before");
      return true;
    }
    if (!home_.is_certain()) return false;
    if (const std::string sibling = memory_.refused_sibling(observation_, accessed_);
        !sibling.empty()) {
      verdict.confidence = shown;
      verdict.why.push_back("the same access was refused on " + sibling +
                            ": the rule exists and is missing here");
      return true;
    }
    return false;
  }

  // S1: accepted, but what was seen does not show whose data it is.
  void explain_want(Verdict& verdict) {
    verdict.confidence =
        home_.source == HomeSource::Learned ? Confidence::Suspicion : Confidence::Strong;
    if (!observation_.complete) {
      verdict.why.push_back("the exchange was not captured whole, so the answer proves nothing");
    } else if (is_write(observation_.method)) {
      verdict.why.push_back("the write was accepted, but its effect was not seen");
    } else if (observation_.body_empty) {
      verdict.why.push_back("the request was accepted, but the answer has no content");
    } else if (echoes_accessed_) {
      verdict.why.push_back("the answer names the tenant, but only as the client sent it");
    } else {
      verdict.why.push_back(
          "the request was accepted, but nothing in the answer shows whose data it is");
    }
  }

  // A credential whose home is not known: one key for all tenants is a common and sound design, so
  // another credential that keeps to one tenant must show that this is not it. False: say nothing.
  bool presume(const LeafCount& leaves, Verdict& verdict) {
    const bool tenant_specific =
        leaves.own == 0 && leaves.telling() > 0 && memory_.was_read(observation_, home_.id);
    if (tenant_specific && memory_.others_are_bound(observation_, 0)) {
      verdict.confidence = Confidence::Strong;
      verdict.why.push_back("the answers for the two tenants have nothing in common");
      return true;
    }
    verdict.confidence = Confidence::Suspicion;
    return memory_.others_are_bound(observation_, accessed_);
  }

  [[nodiscard]] LeafCount count_leaves() const {
    LeafCount count;
    for (const std::uint64_t leaf : observation_.leaves) {
      const Served* served = memory_.served(observation_, leaf);
      if (served == nullptr) {
        ++count.unknown;
      } else if (served->is_public() ||
                 (served->for_tenant(home_.id) && served->for_tenant(accessed_))) {
        ++count.common;
      } else if (served->for_tenant(home_.id)) {
        ++count.own;
      } else if (const auto* witness = served->for_tenant(accessed_)
                                           ? memory_.witness(observation_, *served)
                                           : nullptr) {
        ++count.theirs;
        if (count.witness.frame == 0) count.witness = witness->frame;
      } else {
        ++count.unknown;
      }
    }
    return count;
  }

  // Anybody may read it. An answer that names the tenant is still about that tenant.
  [[nodiscard]] bool is_public(const LeafCount& leaves) const {
    if (is_write(observation_.method)) return false;
    if (memory_.anonymous_reads(observation_, accessed_)) return true;
    return leaves.common > 0 && leaves.telling() == 0 && !echoes_accessed_;
  }

  // All that was written, so that a chance value proves nothing.
  bool is_read_back(PacketRef& reader) const {
    if (!is_write(observation_.method) || observation_.sent_leaves.empty()) return false;
    for (const std::uint64_t leaf : observation_.sent_leaves) {
      const Served* served = memory_.served(observation_, leaf);
      if (served == nullptr || !served->for_tenant(accessed_) ||
          served->first_seen <= observation_.time)
        return false;
      const Served::Witness* witness = memory_.witness(observation_, *served);
      if (witness == nullptr) return false;
      reader = witness->frame;
    }
    return true;
  }

  [[nodiscard]] Verdict begin(std::string location, std::string accessed) const {
    Verdict verdict;
    verdict.location = std::move(location);
    verdict.home = home_.name;
    verdict.is_presumed = home_.source == HomeSource::None;
    verdict.accessed = std::move(accessed);
    verdict.why.push_back(home_sentence());
    if (selector_ != nullptr) verdict.why.push_back(selector_sentence());
    return verdict;
  }

  std::optional<Verdict> attempt(std::string why) const {
    Verdict verdict = begin(selector_->location, selector_->tenant);
    verdict.confidence = Confidence::Attempt;
    verdict.why.push_back(std::move(why));
    return verdict;
  }

  [[nodiscard]] std::string home_sentence() const {
    switch (home_.source) {
      case HomeSource::Config:
        return "the credential's home tenant is " + home_.name + " (configuration)";
      case HomeSource::Claim:
        return "the credential's home tenant is " + home_.name +
               (home_.claim.empty() ? " (claim)" : " (claim " + home_.claim + ")");
      case HomeSource::Learned:
        return "the credential's home tenant is " + home_.name + " (nearly all of its requests)";
      case HomeSource::None:
        break;
    }
    return "the credential asks for tenant " + home_.name + " most often; its home is not known";
  }

  [[nodiscard]] std::string selector_sentence() const {
    const std::string& location = selector_->location;
    const std::size_t colon = location.find(':');
    std::string place = location.substr(0, colon);
    if (colon != std::string::npos) place += " " + location.substr(colon + 1);
    return "the request selects tenant " + selector_->tenant + " by " + place;
  }

  static std::string frame(PacketRef ref) {
    return ref.frame == 0 ? std::string() : " in frame " + std::to_string(ref.frame);
  }

  const Observation& observation_;
  const TenantMemory& memory_;
  Home home_;
  const TenantSelector* selector_ = nullptr;  // the first foreign one
  std::uint64_t accessed_ = 0;
  std::string foreign_owner_;  // that the client did not send
  std::size_t own_owners_ = 0;
  bool has_home_selector_ = false, has_unclear_ = false;
  bool echoes_accessed_ = false, echoes_home_ = false;
};

}  // namespace

Judgement judge(const Observation& observation, const TenantMemory& memory) {
  if (!observation.has_credential || observation.many_tenants) return {};
  if (observation.outcome == Outcome::Unknown || !is_judged(observation.method)) return {};
  if (TenantMemory::credential_of(observation) == 0 && observation.home.empty()) return {};
  return Ladder(observation, memory).run();
}

Severity severity_of(const Observation& observation, Confidence confidence) {
  const bool worst = is_write(observation.method) || observation.personal_data;
  return capped(worst ? Severity::Critical : Severity::High, confidence);
}

}  // namespace leaktap
