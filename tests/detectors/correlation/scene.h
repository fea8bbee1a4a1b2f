// A stage for tests of tenant isolation: requests and answers go in as text, incidents come out as
// text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detectors/correlation/tenants.h"

namespace leaktap {

struct Caller {
  std::string key;     // of the credential; empty: anonymous
  std::string tenant;  // claim tenant_id; empty: an opaque key
  std::vector<std::string> roles;
  std::vector<std::pair<std::string, std::string>> claims;
};

struct Ask {
  Caller who;
  std::string target;
  std::string answer;
  int status = 200;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::string host = "api.test";
  std::string type = "application/json";
  bool complete = true;
};

Fingerprint fingerprint_of(std::string_view key);
// What a worker would make of the exchange; `number` gives time, frame and finding key.
Observation observe(const Ask& ask, const TenantOptions& options, int number);

class Scene : public FindingSink {
 public:
  explicit Scene(TenantOptions options = {}, std::size_t max_bytes = 16 << 20)
      : options_(std::move(options)), correlator_(options_, max_bytes) {}

  void add(const Finding& finding) override;
  Scene& play(const std::vector<Ask>& asks);
  Scene& finish();

  // One line an incident, sorted: "GET /tenant/{id} path:tenant acme>globex proof high x2".
  [[nodiscard]] std::string incidents() const;
  // The reasons of the last finding, one a line.
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const TenantCorrelator& correlator() const { return correlator_; }

 private:
  struct Kept {
    std::string place;
    Confidence confidence;
    Severity severity;
  };
  TenantOptions options_;
  TenantCorrelator correlator_;
  std::map<std::uint64_t, Kept> findings_;  // by key, the highest confidence of each
  std::string why_;
  int number_ = 0;
};

// {"id":"…","name":"…",…}: a record that no other tenant has, nine members.
std::string record_of(std::string_view tenant, int number, std::string_view more = "");

}  // namespace leaktap
