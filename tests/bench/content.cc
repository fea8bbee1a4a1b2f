#include "content.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace leaktap::bench {
namespace {

constexpr std::size_t kFragments = 3000;

// Prose of a shop and its front end. Some words begin like the names that
// detectors look for, as they do in real pages.
constexpr std::array<std::string_view, 64> kWords = {
    "order",    "invoice",   "customer", "delivery", "keyboard", "tokenize", "secretary", "author",
    "parcel",   "warehouse", "quantity", "discount", "shipping", "keynote",  "passport",  "session",
    "account",  "address",   "article",  "balance",  "category", "checkout", "comment",   "contact",
    "currency", "document",  "employee", "estimate", "feature",  "festival", "garden",    "history",
    "holiday",  "interest",  "journal",  "kitchen",  "language", "library",  "machine",   "manager",
    "message",  "mobile",    "monthly",  "network",  "notebook", "option",   "package",   "partner",
    "payment",  "picture",   "product",  "profile",  "program",  "project",  "receipt",   "region",
    "report",   "request",   "service",  "station",  "support",  "ticket",   "version",   "window"};

std::string words(Random& random, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ' ';
    out += random.pick(kWords);
  }
  return out;
}

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string json_fragment(Random& random) {
  std::string out = R"({"id":)" + number(random.between(1000, 999'999));
  out += R"(,"uuid":")" + uuid(random);
  out += R"(","name":")" + words(random, 2);
  out += R"(","quantity":)" + number(random.below(50));
  out += R"(,"price":)" + number(random.below(900)) + "." + number(random.between(10, 99));
  out += R"(,"active":)";
  out += random.one_in(2) ? "true" : "false";
  out += R"(,"updated":"2026-01-0)" + number(random.between(1, 4)) + "T0" +
         number(random.between(1, 9)) + ":" + number(random.between(10, 59)) + ":00Z";
  out += R"(","note":")" + words(random, random.between(2, 14)) + R"("})";
  return out;
}

std::string html_fragment(Random& random) {
  const std::string id = number(random.between(1000, 999'999));
  std::string out = "<section id=\"s" + id + "\" class=\"card " + words(random, 1) + "\">\n  <h2>";
  out += words(random, 3) + "</h2>\n  <p>" + words(random, random.between(20, 70)) + ".</p>\n";
  out += "  <a href=\"/articles/" + id + "?page=" + number(random.below(9)) + "\">";
  out += words(random, 2) + "</a>\n</section>\n";
  return out;
}

std::string javascript_fragment(Random& random) {
  const std::string name = "f" + number(random.between(1000, 999'999));
  std::string out = "function " + name + "(e,t){var n=e." + words(random, 1) + "||[];";
  out += "for(var r=0;r<n.length;r++){t." + words(random, 1) + "(n[r],\"" + words(random, 3);
  out += "\")}if(t.token&&e.key!==t.key){return{type:\"" + words(random, 1) + "\",size:";
  out += number(random.below(4096)) + "}}return e." + words(random, 1) + "(function(o){return o.";
  out += words(random, 1) + "+\"" + words(random, random.between(1, 8)) + "\"})}\n";
  return out;
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

struct Frame {
  std::string_view begin, separator, before_secret, after_secret, end;
};

Frame frame_of(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::Json:
      return {R"({"items":[)", ",", R"({"id":1,"source":"import","reference":")", R"("})",
              R"(],"page":1,"more":false})"};
    case DocumentKind::Html:
      return {"<!doctype html>\n<html><head><title>Shop</title></head><body>\n", "",
              "<p data-reference=\"", "\">import</p>\n", "</body></html>\n"};
    case DocumentKind::JavaScript:
      return {"\"use strict\";(function(){\n", "", "var reference=\"", "\";\n", "})();\n"};
  }
  return {};
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

std::uint64_t Random::log_between(std::uint64_t low, std::uint64_t high) {
  const double unit = static_cast<double>(next() >> 11U) / static_cast<double>(1ULL << 53U);
  const double ratio = static_cast<double>(high) / static_cast<double>(low);
  return static_cast<std::uint64_t>(static_cast<double>(low) * std::pow(ratio, unit));
}

std::string Random::text(std::size_t size, std::string_view alphabet) {
  std::string out(size, '\0');
  for (char& c : out) c = pick(alphabet);
  return out;
}

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = bits << 8U | static_cast<std::uint8_t>(c);
    for (held += 8; held >= 6; held -= 6) out += kAlphabet[bits >> (held - 6) & 63U];
  }
  if (held > 0) out += kAlphabet[bits << (6 - held) & 63U];
  return out;
}

std::string uuid(Random& random) {
  std::string out = random.text(36, kHex);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) out[dash] = '-';
  out[14] = '4';
  out[19] = "89ab"[random.below(4)];
  return out;
}

std::string make_jwt(Random& random, std::string_view subject, std::string_view tenant,
                     std::uint64_t now_seconds) {
  const std::uint64_t issued = now_seconds - random.between(60, 3600);
  const std::string header =
      R"({"alg":"ES256","typ":"JWT","kid":"k)" + number(random.below(3)) + "\"}";
  std::string payload = R"({"iss":"https://auth.shop.example","sub":")";
  payload += subject;
  payload += R"(","aud":"https://api.shop.example","tenant_id":")";
  payload += tenant;
  payload += R"(","iat":)" + number(issued) + R"(,"exp":)" + number(issued + 12 * 3600) + "}";
  std::string signature(64, '\0');
  for (char& c : signature) c = static_cast<char>(random.below(256));
  return base64url(header) + "." + base64url(payload) + "." + base64url(signature);
}

std::string make_github_token(Random& random, std::string_view prefix) {
  const std::string body = random.text(30, kBase62);
  std::string checksum(6, '0');
  std::uint32_t rest = crc32(body);
  for (auto digit = checksum.rbegin(); digit != checksum.rend(); ++digit, rest /= 62) {
    *digit = kBase62[rest % 62];
  }
  return std::string(prefix) + body + checksum;
}

std::string make_provider_secret(Random& random) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  switch (random.below(4)) {
    case 0:
      return std::string("AK") + "IA" + random.text(16, kBase32);
    case 1:
      return std::string("xo") + "xb-" + random.text(12, kDigits.substr(1)) + "-" +
             random.text(13, kDigits.substr(1)) + "-" + random.text(24, kBase62);
    case 2:
      return make_github_token(random, std::string("gh") + "o_");
    default:
      return make_github_token(random, std::string("gh") + "p_");
  }
}

Documents::Documents(Random& random) {
  for (std::size_t i = 0; i < kFragments; ++i) {
    json_.push_back(json_fragment(random));
    html_.push_back(html_fragment(random));
    javascript_.push_back(javascript_fragment(random));
  }
}

void Documents::build(Random& random, DocumentKind kind, std::size_t size, std::string_view planted,
                      std::string& out) const {
  const Frame frame = frame_of(kind);
  const std::vector<std::string>& fragments = kind == DocumentKind::Json   ? json_
                                              : kind == DocumentKind::Html ? html_
                                                                           : javascript_;
  const std::size_t start = out.size();
  const std::size_t plant_at = planted.empty() ? size * 2 : random.below(size);
  bool is_planted = planted.empty();
  out += frame.begin;
  bool is_first = true;
  while (is_first || !is_planted || out.size() - start + frame.end.size() < size) {
    if (!is_first) out += frame.separator;
    is_first = false;
    // The secret comes at its place, or last if the place was past the last fragment.
    const std::size_t done = out.size() - start;
    if (!is_planted && (done >= plant_at || done + frame.end.size() >= size)) {
      out += frame.before_secret;
      out += planted;
      out += frame.after_secret;
      is_planted = true;
    } else {
      out += random.pick(fragments);
    }
  }
  out += frame.end;
}

}  // namespace leaktap::bench
