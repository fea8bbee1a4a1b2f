#include "detectors/inspector.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "detectors/text_codec.h"
#include "reassembly/reassembler.h"
#include "tests/reassembly/tcp/conversation.h"

using namespace leaktap;
using namespace leaktap::test;

namespace {

// Built here, so that no whole token stands in the tree.
std::string url64(std::string text) {
  text = base64_encode(text);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}
std::string jwt(const std::string& claims) {
  return url64(R"({"alg":"HS256","typ":"JWT"})") + "." + url64(claims) + "." +
         url64(std::string("0123456789abcdefghijklmnopqrstuv"));
}
const std::string kToken = jwt(R"({"sub":"u1","iss":"https://a.test","exp":4102444800})");
const std::string kKey = std::string("k9Zx") + "Qw7LmN2pRt5VbY8c";

class Findings : public FindingSink {
 public:
  std::vector<std::string> lines;
  void add(const Finding& finding) override {
    std::string line(info_of(finding.detector).name);
    for (const std::string_view part : {finding.host, finding.method, finding.route,
                                        finding.location, name_of(finding.credential.kind),
                                        name_of(finding.confidence), name_of(finding.severity)}) {
      line += " " + std::string(part);
    }
    lines.push_back(line);
    evidence.push_back(finding.evidence->evidence());
  }
  std::vector<Evidence> evidence;
};

// What the detectors say of a conversation, sorted; without credential-over-cleartext unless asked
// for.
std::vector<std::string> findings_of(const Conversation& talk, bool cleartext = false,
                                     std::vector<Evidence>* evidence = nullptr) {
  Findings findings;
  DetectionOptions options;
  options.enabled[static_cast<std::size_t>(DetectorId::CredentialOverCleartext)] = cleartext;
  static const auto rules = RuleDatabase::compile().value();
  InspectorOutputs outputs;
  outputs.findings = &findings;
  Inspector inspector(options, FingerprintKey{}, rules, outputs, "");
  Reassembler reassembler({}, inspector);
  for (const SegmentView& segment : talk.segments) reassembler.add(segment);
  reassembler.finish();
  if (evidence != nullptr) *evidence = findings.evidence;
  std::sort(findings.lines.begin(), findings.lines.end());
  return findings.lines;
}

std::string request(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: Api.Test:8080\r\n" + fields + "\r\n";
}
std::string response(int status, const std::string& fields, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::vector<std::string> findings_of(const std::string& client, const std::string& server) {
  Conversation talk;
  talk.handshake().client(client).server(server);
  return findings_of(talk);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("A credential in a request target is reported with its place") {
  auto [name, target, expected] = GENERATE(table<std::string, std::string, Lines>({
      {"a JWT in the query",
       "/v1/items/7?access_token=" + kToken,
       {"credential-in-url api.test GET /v1/items/{id} query:access_token jwt proof high"}},
      {"an opaque token by its name",
       "/a?api_key=" + kKey,
       {"credential-in-url api.test GET /a query:api_key api-key strong high"}},
      {"percent-encoded",
       "/a?t=1&token=" + kToken.substr(0, 3) + "%" + hex_encode(kToken.substr(3, 1)) +
           kToken.substr(4),
       {"credential-in-url api.test GET /a query:token jwt proof high"}},
      {"a JWT in a path segment",
       "/share/" + kToken,
       {"credential-in-url api.test GET /share/{id} path jwt proof high"}},
      {"a matrix parameter",
       "/a;token=" + kToken + "/b",
       {"credential-in-url api.test GET /a/b matrix:token jwt proof high"}},
      {"a sort key", "/a?key=name&page=2", {}},
      {"a CSRF token", "/a?csrf_token=" + kKey, {}},
      {"a cursor", "/a?next_page_token=" + kKey, {}},
      {"an OAuth callback", "/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj", {}},
      {"a request object", "/authorize?request=" + kToken, {}},
      {"a placeholder", "/a?api_key=YOUR_API_KEY", {}},
  }));
  INFO(name);
  CHECK(findings_of(request(target), response(200, "", "{}")) == expected);
}

TEST_CASE("A value that is a credential elsewhere in the exchange is one under any name") {
  CHECK(findings_of(request("/a?q=" + kKey, "X-API-Key: " + kKey + "\r\n"),
                    response(200, "", "{}")) ==
        Lines{"credential-in-url api.test GET /a query:q api-key proof high"});
}

TEST_CASE("A Referer that carries a credential is worse when it goes to another site") {
  const std::string own = "Referer: https://www.api.test/home?token=" + kToken + "\r\n";
  const std::string other = "Referer: https://shop.example/home?token=" + kToken + "\r\n";
  CHECK(
      findings_of(request("/a.css", own), response(200, "", "")) ==
      Lines{
          "credential-in-referer api.test GET /a.css header:referer:query:token jwt proof medium"});
  CHECK(
      findings_of(request("/a.css", other), response(200, "", "")) ==
      Lines{"credential-in-referer api.test GET /a.css header:referer:query:token jwt proof high"});
}

TEST_CASE("A redirect that carries a credential is reported, a code is not") {
  CHECK(
      findings_of(
          request("/login"),
          response(302, "Location: https://app.test/cb?access_token=" + kToken + "\r\n", "")) ==
      Lines{
          "credential-in-redirect api.test GET /login response-header:location:query:access_token "
          "jwt proof high"});
  CHECK(findings_of(
            request("/login"),
            response(302, "Location: https://app.test/#/cb?access_token=" + kToken + "\r\n", "")) ==
        Lines{"credential-in-redirect api.test GET /login "
              "response-header:location:fragment:access_token jwt proof high"});
  CHECK(
      findings_of(request("/login"),
                  response(302, "Location: https://app.test/cb?code=" + kKey + "&state=1\r\n", ""))
          .empty());
}

TEST_CASE("A key that comes back is found in every encoding, with the status as context") {
  const std::string key = "a/b+c=&\"" + kKey;
  const std::string head = "X-API-Key: " + key + "\r\n";
  const std::string body_line = "credential-reflected api.test GET /a response-body api-key proof ";
  for (const std::string& echoed : {key, percent_encode(key), json_escape(key), html_escape(key),
                                    base64_encode("id:" + key), hex_encode(key)}) {
    INFO(echoed);
    CHECK(findings_of(request("/a", head), response(200, "", "{\"e\":\"" + echoed + "\"}")) ==
          Lines{body_line + "medium"});
    CHECK(findings_of(request("/a", head), response(401, "", "{\"e\":\"" + echoed + "\"}")) ==
          Lines{body_line + "high"});
  }
  CHECK(findings_of(request("/a", head), response(200, "X-Debug: " + key + "\r\n", "")) ==
        Lines{"credential-reflected api.test GET /a response-header:x-debug api-key proof medium"});
  CHECK(findings_of(request("/a", head), response(200, "", "{\"key\":\"a/b…\"}")).empty());
}

TEST_CASE("An echo at any place of a large body is found") {
  const std::string head = "X-API-Key: " + kKey + "\r\n";
  for (const std::size_t before : {0U, 65530U, 65536U, 131070U, 2000000U}) {
    INFO(before);
    Conversation talk;
    talk.handshake().client(request("/a", head));
    const std::string answer = response(200, "", std::string(before, '.') + kKey + "..");
    for (std::size_t at = 0; at < answer.size(); at += 1460) talk.server(answer.substr(at, 1460));
    CHECK(findings_of(talk).size() == 1);
  }
}

TEST_CASE("Token endpoints, renewed cookies and subprotocols answer with what they were sent") {
  const std::string form = "grant_type=refresh_token&refresh_token=" + kKey;
  CHECK(findings_of("POST /token HTTP/1.1\r\nHost: a.test\r\nContent-Type: "
                    "application/x-www-form-urlencoded\r\nContent-Length: " +
                        std::to_string(form.size()) + "\r\n\r\n" + form,
                    response(200, "", "{\"refresh_token\":\"" + kKey + "\"}"))
            .empty());
  CHECK(findings_of(request("/a", "Cookie: sessionid=" + kKey + "\r\n"),
                    response(200, "Set-Cookie: sessionid=" + kKey + "; HttpOnly\r\n", "{}"))
            .empty());
}

TEST_CASE("Every kind of credential in clear is named once an exchange") {
  Conversation talk;
  talk.handshake()
      .client(request("/a", "Authorization: Basic " + base64_encode("joe:correct horse") +
                                "\r\nX-API-Key: " + kKey + "\r\nCookie: sessionid=" + kToken +
                                "\r\n"))
      .server(response(200, "", "{}"));
  CHECK(findings_of(talk, true) ==
        Lines{"credential-over-cleartext api.test * * * api-key proof high",
              "credential-over-cleartext api.test * * * basic proof high",
              "credential-over-cleartext api.test * * * jwt proof high"});
}

TEST_CASE("Evidence names the frames and hides the value") {
  Conversation talk;
  talk.handshake().client(request("/a?x=visible&token=" + kToken)).server(response(200, "", "{}"));
  std::vector<Evidence> evidence;
  findings_of(talk, false, &evidence);
  REQUIRE(evidence.size() == 1);
  CHECK(evidence[0].request_frames == std::vector<PacketRef>{{0, 4}});
  CHECK(evidence[0].response_frames == std::vector<PacketRef>{{0, 5}});
  CHECK(evidence[0].request ==
        "GET /a?x=‹…›&token=‹jwt eyJ…(" + std::to_string(kToken.size()) + ")›");
  CHECK(evidence[0].complete);
  CHECK(evidence[0].status == 200);
}
