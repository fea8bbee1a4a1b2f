// What an answer says about tenants: whose data it holds, and which of its members could prove it.
//
// A value that the client sent proves nothing when it comes back (the echo guard); a value that
// changes with every answer, or that every answer has, cannot be found again in another tenant's.
#include <algorithm>
#include <array>
#include <optional>

#include "detectors/correlation/leaf_hash.h"
#include "detectors/correlation/member_names.h"
#include "detectors/correlation/tenant_names.h"
#include "detectors/correlation/tenants.h"
#include "detectors/json_walker.h"
#include "detectors/text_codec.h"

namespace leaktap {
namespace {

// The smallest hashes stand for all members, so two answers with the same data keep the same ones.
constexpr std::size_t kMostLeaves = 16;
constexpr std::size_t kMostOwners = 32;
constexpr std::size_t kLeastEcho = 4;  // shorter values stand in others by chance
constexpr std::size_t kMostSent = 256;

// Lists of the tenants that somebody belongs to: their rows are no data of those tenants.
constexpr std::string_view kMemberships[] = {
    "memberships", "organizations", "organisations", "orgs", "tenants", "accounts", "workspaces"};

template <typename Table>
bool holds(const Table& table, std::string_view name) {
  return std::find(std::begin(table), std::end(table), name) != std::end(table);
}

// What the client sent, ready to be compared with members of the answer.
class Sent {
 public:
  Sent(const std::vector<std::string_view>& values, const std::vector<TenantSelector>& selectors) {
    for (const TenantSelector& selector : selectors) add(selector.tenant);
    for (const std::string_view value : values) add(value);
    std::sort(whole_.begin(), whole_.end());
  }

  [[nodiscard]] bool empty() const { return whole_.empty(); }
  [[nodiscard]] bool has(std::string_view normalised) const {
    return std::binary_search(whole_.begin(), whole_.end(), normalised);
  }
  // Also "Welcome to globex": a sentence made of what was sent is an echo, too.
  [[nodiscard]] bool in(std::string_view normalised) const {
    if (has(normalised)) return true;
    return std::any_of(whole_.begin(), whole_.end(), [&](const std::string& value) {
      return value.size() >= kLeastEcho && value.size() < normalised.size() &&
             normalised.find(value) != std::string_view::npos;
    });
  }

 private:
  void add(std::string_view value) {
    if (whole_.size() >= kMostSent || value.empty() || value.size() > 4096) return;
    whole_.push_back(normalise_tenant(value));
  }
  std::vector<std::string> whole_;
};

class AnswerVisitor : public JsonVisitor {
 public:
  AnswerVisitor(const TenantOptions& options, MemberNames& names, const Sent& sent,
                Observation& observation)
      : options_(options),
        names_(names),
        sent_(sent),
        observation_(observation),
        home_(normalise_tenant(observation.home)) {}

  bool leaf(const JsonLeaf& leaf) override {
    begin_item(leaf);
    ++leaves_;
    traits_ = &names_.of(leaf.name);
    note_error(leaf);
    if (leaf.type == JsonType::Null) {
      ++nulls_;
      return true;
    }
    const bool is_value = leaf.type == JsonType::String || leaf.type == JsonType::Number;
    if (!is_value) {
      if (traits_->is_content) ++content_;
      return true;
    }
    value(leaf);
    return true;
  }

  void finish(std::string_view body) {
    end_item();
    auto& hashes = observation_.leaves;
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    // The smallest: a choice that does not change when other members come or go.
    if (hashes.size() > kMostLeaves) hashes.resize(kMostLeaves);
    const bool nothing = content_ == 0 && (leaves_ == 0 || nulls_ > 0 || has_empty_list(body));
    observation_.empty_document = nothing;
    observation_.body_empty = nothing;
    if (observation_.outcome == Outcome::Accepted && error_ && beside_error_ == 0) {
      observation_.outcome = Outcome::Refused;
    }
  }

 private:
  void value(const JsonLeaf& leaf) {
    const bool owner_like = !leaf.cut && is_owner(leaf);
    std::string normalised;
    bool sent = false;
    // Without anything to compare with, the value is taken as it is: most answers are read that
    // way.
    if (owner_like || !sent_.empty()) {
      normalised = normalise_tenant(leaf.value);
      if (normalised.empty()) return;
      sent = sent_.in(normalised);
    } else if (leaf.value.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return;
    }
    if (!sent && traits_->is_content) ++content_;
    if (traits_->is_personal) observation_.personal_data = true;
    if (leaf.cut) return;  // a beginning could be anybody's
    if (owner_like) owner(leaf, normalised);
    if (sent || traits_->is_volatile) return;
    // Short values are equal by chance.
    if (leaf.value.size() < 3) return;
    observation_.leaves.push_back(
        LeafHash(options_.leaf_key).add(leaf.path).add(leaf.value).value());
  }

  // "tenant_id", or the id of an object named so: {"tenant":{"id":…}}.
  [[nodiscard]] bool is_owner(const JsonLeaf& leaf) const {
    if (!traits_->is_owner) {
      if (traits_->snake != "id" && traits_->snake != "slug") return false;
      const std::string_view parent = parent_of(leaf);
      if (parent != "tenant" && parent != "organization" && parent != "organisation" &&
          parent != "org") {
        return false;
      }
    }
    return std::none_of(std::begin(kMemberships), std::end(kMemberships),
                        [&](std::string_view list) {
                          const std::size_t at = leaf.path.find(list);
                          return at != std::string_view::npos &&
                                 leaf.path.substr(at + list.size()).starts_with(".[]");
                        });
  }

  static std::string_view parent_of(const JsonLeaf& leaf) {
    if (leaf.path.size() <= leaf.name.size() + 1) return {};
    const std::string_view outer = leaf.path.substr(0, leaf.path.size() - leaf.name.size() - 1);
    return outer.substr(outer.rfind('.') + 1);  // npos + 1 is 0
  }

  void owner(const JsonLeaf& leaf, const std::string& normalised) {
    if (is_no_tenant(normalised)) return;
    (normalised == home_ ? item_home_ : item_foreign_) = true;
    auto& owners = sent_.has(normalised) ? observation_.echoed_owners : observation_.owners;
    if (holds(owners, leaf.value) || owners.size() == kMostOwners) return;
    owners.emplace_back(leaf.value);
    if (&owners == &observation_.owners) {
      observation_.owner_names.push_back(traits_->is_owner ? traits_->snake
                                                           : std::string(parent_of(leaf)));
    }
  }

  // A row that has the home tenant as well only refers to the other one.
  void begin_item(const JsonLeaf& leaf) {
    if (leaf.in_array && item_ == leaf.item) return;
    if (!leaf.in_array && !item_) return;
    end_item();
    if (leaf.in_array) item_ = leaf.item;
  }
  void end_item() {
    if (item_ && item_foreign_ && !item_home_ && !home_.empty()) observation_.owner_in_list = true;
    item_foreign_ = item_home_ = false;
    item_.reset();
  }

  void note_error(const JsonLeaf& leaf) {
    const bool falsy =
        leaf.type == JsonType::Null || leaf.type == JsonType::False || leaf.value.empty();
    const std::string_view root = leaf.path.substr(0, leaf.path.find('.'));
    if (root == "errors" || root == "error") {
      if (!falsy) error_ = true;
    } else if (leaf.path == "success" || leaf.path == "ok") {
      if (leaf.type == JsonType::False) error_ = true;
    } else if (leaf.path == "status" && (leaf.value == "error" || leaf.value == "fail")) {
      error_ = true;
    } else if (root != "extensions" && leaf.type != JsonType::Null &&
               !(traits_->is_error && leaf.path == leaf.name)) {
      ++beside_error_;
    }
  }

  static bool has_empty_list(std::string_view body) {
    for (std::size_t at = body.find('['); at != std::string_view::npos;
         at = body.find('[', at + 1)) {
      const std::size_t next = body.find_first_not_of(" \t\r\n", at + 1);
      if (next != std::string_view::npos && body[next] == ']') return true;
    }
    return false;
  }

  const TenantOptions& options_;
  MemberNames& names_;
  const Sent& sent_;
  Observation& observation_;
  std::string home_;
  const MemberTraits* traits_ = nullptr;  // of the leaf being read
  std::size_t leaves_ = 0, nulls_ = 0, content_ = 0, beside_error_ = 0;
  bool error_ = false;
  std::optional<std::uint32_t> item_;
  bool item_home_ = false, item_foreign_ = false;
};

class RequestVisitor : public JsonVisitor {
 public:
  RequestVisitor(const TenantOptions& options, MemberNames& names, Observation& observation)
      : options_(options), names_(names), observation_(observation) {}
  bool leaf(const JsonLeaf& leaf) override {
    if (leaf.type != JsonType::String && leaf.type != JsonType::Number) return true;
    if (leaf.cut || leaf.value.size() < 3 || names_.of(leaf.name).is_volatile) return true;
    observation_.sent_leaves.push_back(
        LeafHash(options_.leaf_key).add(leaf.path).add(leaf.value).value());
    return observation_.sent_leaves.size() < kMostLeaves;
  }

 private:
  const TenantOptions& options_;
  MemberNames& names_;
  Observation& observation_;
};

bool is_json(std::string_view body, std::string_view content_type) {
  if (content_type.find("json") != std::string_view::npos ||
      content_type.starts_with("text/event-stream")) {
    return true;
  }
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (body[first] == '{' || body[first] == '[') &&
         !content_type.starts_with("text/html");
}

}  // namespace

void TenantReader::read_answer(std::string_view body, std::string_view content_type,
                               const std::vector<std::string_view>& sent,
                               Observation& observation) const {
  observation.body_empty = body.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (observation.body_empty || !is_json(body, content_type)) return;
  const Sent guard(sent, observation.selectors);
  AnswerVisitor visitor(options_, *names_, guard, observation);
  (void)walk_json(body, {}, visitor);
  visitor.finish(body);
}

void TenantReader::read_request(std::string_view body, std::string_view content_type,
                                Observation& observation) const {
  if (!is_json(body, content_type)) return;
  RequestVisitor visitor(options_, *names_, observation);
  (void)walk_json(body, {}, visitor);
  auto& hashes = observation.sent_leaves;
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

}  // namespace leaktap
