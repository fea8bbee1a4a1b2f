// From an exchange to the compact record that correlation needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detectors/correlation/observation.h"
#include "detectors/correlation/tenants.h"
#include "detectors/inspection.h"
#include "detectors/needle_search.h"
#include "detectors/principal.h"

namespace leaktap {

class Observer {
 public:
  explicit Observer(const TenantOptions& options);  // must outlive it

  // Only exchanges that name a tenant, or whose credential is at home in one, can tell anything of
  // tenants: nullopt for the others. Needs an exchange with both halves.
  std::optional<Observation> observe(const Inspection& inspection,
                                     const PrincipalNames& principals);

 private:
  const CredentialSighting* find_home(const Inspection& inspection, Observation& observation) const;
  // Whether the answer could be another tenant's.
  bool read_answer(const HttpMessage& response, const HttpMessage& request,
                   Observation& observation);
  bool leave_unread(const HttpMessage& response, Observation& observation);
  void collect_sent(const HttpMessage& request, const Observation& observation);

  TenantReader tenants_;
  std::vector<EncodedForm> owner_names_;  // beginnings of members that name an owner
  NeedleSet owner_search_;
  bool may_leave_unread_ = true;
  std::vector<NeedleHit> hits_;
  // Kept between exchanges for their capacity.
  std::vector<std::pair<std::string_view, std::string_view>> fields_;
  std::vector<std::string> sent_values_;
  std::vector<std::string_view> sent_;
};

}  // namespace leaktap
