#include "detectors/correlation/member_names.h"

#include <algorithm>
#include <iterator>

#include "detectors/correlation/tenant_names.h"

namespace leaktap {
namespace {

// Names in snake case, whole.
constexpr std::string_view kOwnerNames[] = {
    "account_id",      "customer_id", "org",    "org_id",    "organisation_id", "organization",
    "organization_id", "owner_id",    "tenant", "tenant_id", "tenant_slug",     "workspace_id",
};
constexpr std::string_view kVolatileNames[] = {
    "code",        "correlation_id",
    "count",       "csrf",
    "csrf_token",  "cursor",
    "date",        "duration",
    "elapsed",     "error",
    "etag",        "expires",
    "expires_in",  "generated",
    "has_more",    "has_next",
    "limit",       "message",
    "next",        "next_page",
    "nonce",       "now",
    "offset",      "ok",
    "page",        "page_size",
    "per_page",    "prev",
    "previous",    "request_id",
    "seconds",     "server",
    "size",        "status",
    "success",     "time",
    "timestamp",   "took",
    "total",       "total_count",
    "total_pages", "trace",
    "trace_id",    "ts",
    "type",        "uptime",
    "version",
};
constexpr std::string_view kVolatileBeginnings[] = {"created",  "csrf",  "expires", "last_",
                                                    "modified", "next_", "page_",   "trace",
                                                    "updated",  "xsrf"};
constexpr std::string_view kVolatileEnds[] = {"_at", "_count", "_cursor",   "_date",
                                              "_ms", "_time",  "_timestamp"};
// Members beside an error that say nothing else.
constexpr std::string_view kErrorNames[] = {
    "code",       "description", "detail",    "details",    "error_code", "error_description",
    "message",    "msg",         "reason",    "request_id", "status",     "status_code",
    "statuscode", "success",     "timestamp", "title",      "trace_id",   "type",
    "ok",
};
constexpr std::string_view kPersonalNames[] = {
    "address",       "birth_date",   "birthdate",      "birthday",
    "date_of_birth", "dob",          "e_mail",         "email",
    "email_address", "family_name",  "first_name",     "full_name",
    "given_name",    "iban",         "last_name",      "mail",
    "mobile",        "mobile_phone", "passport",       "passport_number",
    "phone",         "phone_number", "postal_address", "social_security_number",
    "ssn",           "street",       "surname",        "tax_id",
    "telephone",
};
template <typename Table>
bool holds(const Table& table, std::string_view name) {
  return std::find(std::begin(table), std::end(table), name) != std::end(table);
}

bool is_volatile(std::string_view name) {
  if (holds(kVolatileNames, name)) return true;
  for (const std::string_view begin : kVolatileBeginnings) {
    if (name.starts_with(begin)) return true;
  }
  for (const std::string_view end : kVolatileEnds) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

// Changes too much to be compared, but says something: an answer that has it is not empty.
bool is_content(std::string_view name) {
  return name == "message" || name == "code" || name == "type" || !is_volatile(name);
}

bool is_personal(std::string_view name) {
  return holds(kPersonalNames, name) || name.ends_with("_email") || name.ends_with("_phone");
}

}  // namespace

MemberTraits traits_of(std::string_view name, const std::vector<std::string>& owner_fields) {
  MemberTraits traits;
  traits.snake = snake_case(name);
  traits.is_volatile = is_volatile(traits.snake);
  traits.is_content = is_content(traits.snake);
  traits.is_personal = is_personal(traits.snake);
  traits.is_owner = holds(kOwnerNames, traits.snake) || holds(owner_fields, name);
  traits.is_error = holds(kErrorNames, traits.snake);
  return traits;
}

const MemberTraits& MemberNames::of(std::string_view name) {
  const auto known = known_.find(name);
  if (known != known_.end()) return known->second;
  if (known_.size() >= kMost) known_.clear();
  return known_.emplace(std::string(name), traits_of(name, owner_fields_)).first->second;
}

}  // namespace leaktap
