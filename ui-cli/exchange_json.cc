#include "ui-cli/exchange_json.h"

#include <fmt/format.h>

#include <optional>

#include "ui-cli/wording.h"

namespace leaktap {
namespace {

constexpr std::size_t kMostFrames = 4096;

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

// A user name and password in front of a host is no part of its name.
std::string_view without_userinfo(std::string_view authority) {
  return authority.substr(authority.rfind('@') + 1);
}

// The message that stands for the exchange: the request, or a response without one.
const HttpMessage& first_of(const HttpExchange& exchange) {
  return exchange.has_request ? exchange.request : exchange.response;
}

std::vector<PacketRef> frames_of(const HttpMessage& message) {
  return message.frames_of(message.range, kMostFrames);
}

std::optional<std::uint32_t> capture_of(const HttpExchange& exchange) {
  for (const PacketRef& ref : frames_of(first_of(exchange))) {
    if (ref.frame != 0) return ref.capture;
  }
  return std::nullopt;
}

// Frames are numbers within one file: those in another one would mislead.
Json frames_json(const HttpMessage& message, std::optional<std::uint32_t> capture) {
  Json numbers = Json::array();
  for (const PacketRef& ref : frames_of(message)) {
    if (ref.frame != 0 && ref.capture == capture) numbers.push_back(ref.frame);
  }
  return numbers;
}

Json headers_json(const Inspection& inspection, Part part, Shown shown) {
  const HttpMessage& message = inspection.exchange->message(part);
  Json list = Json::array();
  for (const HttpMessage::Field& field : message.fields) {
    const std::string value = shown == Shown::Revealed
                                  ? std::string(message.text(field.value))
                                  : inspection.redacted_field(part, field, shown == Shown::Values);
    list.push_back({{"name", message.text(field.name)}, {"value", value}});
  }
  return list;
}

std::string target_of(const Inspection& inspection, Shown shown) {
  if (shown == Shown::Revealed) return std::string(inspection.exchange->request.target_text());
  return inspection.redacted_target(shown == Shown::Values);
}

std::string host_of(const Inspection& inspection) {
  const std::string_view authority = without_userinfo(inspection.exchange->authority());
  return authority.empty() ? inspection.host : std::string(authority);
}

}  // namespace

Json exchange_json(const Inspection& inspection, const std::vector<CaptureInfo>& captures,
                   Shown shown) {
  const HttpExchange& exchange = *inspection.exchange;
  const bool asked = exchange.has_request;
  const bool answered = exchange.has_response;
  const std::string community_id = inspection.evidence().community_id;
  const std::string endpoints =
      fmt::format("{}-{}", endpoint_text(exchange.client), endpoint_text(exchange.server));
  const auto content_type =
      answered ? exchange.response.field("content-type") : std::optional<std::string_view>();
  const std::optional<std::uint32_t> capture = capture_of(exchange);
  const bool known = capture && *capture < captures.size();
  return {
      {"ts", to_rfc3339(first_of(exchange).first_seen)},
      {"flow", community_id.empty() ? endpoints : community_id},
      {"src", to_string(exchange.client.ip)},
      {"sport", exchange.client.port},
      {"dst", to_string(exchange.server.ip)},
      {"dport", exchange.server.port},
      {"community_id", text_or_null(community_id)},
      {"tls", exchange.tls},
      {"http_version", exchange.http_version},
      {"method", asked ? Json(exchange.request.method_text()) : Json()},
      {"scheme", exchange.tls ? "https" : "http"},
      {"host", host_of(inspection)},
      {"uri", asked ? Json(target_of(inspection, shown)) : Json()},
      {"request_headers", asked ? headers_json(inspection, Part::Request, shown) : Json()},
      {"request_body_bytes", asked ? Json(exchange.request.body_bytes) : Json()},
      {"status", answered ? Json(exchange.response.status) : Json()},
      {"response_headers", answered ? headers_json(inspection, Part::Response, shown) : Json()},
      {"response_body_bytes", answered ? Json(exchange.response.body_bytes) : Json()},
      {"content_type", content_type ? Json(*content_type) : Json()},
      {"capture", known ? Json(captures[*capture].path) : Json()},
      {"request_frames", asked ? frames_json(exchange.request, capture) : Json::array()},
      {"response_frames", answered ? frames_json(exchange.response, capture) : Json::array()},
      {"gap", exchange.gap},
      {"unpaired", !(asked && answered)},
  };
}

}  // namespace leaktap
