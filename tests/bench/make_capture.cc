// make_capture writes the captures that speed is measured on, and the truth
// about what was planted in them:
//
//   make_capture --profile small|bulk --bytes 1G --seed 1 --out FILE --truth FILE
//
// The same arguments always give the same file. A capture of another size has
// the same proportions. `small` has many short exchanges, so the work for each
// exchange decides; `bulk` has long answers, so the work for each byte decides.
//
// Connections are simulated one packet at a time, the one with the earliest
// next packet first; this interleaves them as a tap in front of busy servers
// would see it. Every token is fake and made at run time.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "content.h"
#include "pcap_writer.h"

namespace leaktap::bench {
namespace {

constexpr std::uint64_t kStart = 1'767'603'600;  // 2026-01-05 09:00:00 UTC
constexpr std::size_t kSegment = 1460;
constexpr std::size_t kUsers = 500;

struct Profile {
  std::string_view name;
  std::uint64_t connections_per_gigabyte;
  std::uint64_t concurrent_per_gigabyte, max_concurrent;
  std::uint64_t min_body, max_body;
  // Out of 100,000 exchanges.
  std::uint64_t keys_in_uri, secrets_in_answer;
  bool only_json;
};

constexpr Profile kProfiles[] = {
    {"small", 30'000, 4'000, 4'000, 512, 4096, 3'000, 500, true},
    {"bulk", 270, 30, 30, 50'000, 1'000'000, 0, 10'000, false},
};

struct Options {
  Profile profile = kProfiles[0];
  std::uint64_t bytes = 1'000'000'000, seed = 1;
  std::string out, truth;
};

// What was planted. Echoes are of the request's own X-API-Key header.
struct Truth {
  std::uint64_t connections = 0, exchanges = 0, uris_with_key = 0, echoed_keys = 0,
                provider_secrets = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> uri_secrets;  // (parameter, value)
};

struct User {
  std::uint32_t address = 0;
  std::uint16_t next_port = 0;
  std::string jwt, api_key, session;
};

struct Server {
  std::string_view host;
  std::uint32_t address;
};

constexpr Server kServers[] = {
    {"api.shop.example", 0xcb00710aU},  // 203.0.113.10
    {"orders.shop.example", 0xcb00710bU},
    {"search.shop.example", 0xcb00710cU},
    {"static.shop.example", 0xcb007114U},
    {"partner.logistics.example", 0xc6336407U},  // 198.51.100.7
};

constexpr std::array<std::string_view, 4> kUserAgents = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "python-requests/2.32.3", "okhttp/4.12.0"};

// `#` is filled in with an id.
constexpr std::array<std::string_view, 8> kRoutes = {
    "/v1/orders",          "/v1/orders/#",         "/v1/customers/#", "/v1/customers/#/invoices",
    "/v1/items/#/reviews", "/v2/search/documents", "/v1/reports",     "/v1/warehouses/#/stock"};

constexpr std::array<std::string_view, 6> kQueries = {"",
                                                      "?page=2&limit=50",
                                                      "?sort=-created&fields=id,name",
                                                      "?q=garden+chair&lang=en",
                                                      "?expand=items",
                                                      "?since=2026-01-01&until=2026-01-04"};

enum class Phase {
  Syn,
  SynAck,
  HandshakeAck,
  Request,
  RequestAck,
  Response,
  ResponseAck,
  FinOfClient,
  FinOfServer,
  LastAck,
  Closed
};

struct Side {
  Endpoint endpoint;
  std::uint32_t sequence = 0;
  std::uint16_t ip_id = 0;
};

struct Connection {
  Side client, server;
  const User* user = nullptr;
  std::string_view host, user_agent;
  bool sends_jwt = true, sends_key = true;
  std::uint64_t round_trip = 0;  // microseconds, to the client and back
  std::uint64_t exchanges_left = 0;
  std::uint64_t due = 0;  // when its next packet passes the tap
  Phase phase = Phase::Syn;
  std::string request, response;
  std::size_t sent = 0;         // of the message under way
  unsigned unacknowledged = 0;  // segments of the answer
};

class Generator {
 public:
  Generator(const Options& options, PcapWriter& out)
      : profile_(options.profile),
        bytes_(options.bytes),
        random_(options.seed),
        documents_(random_),
        out_(out) {
    for (std::size_t i = 0; i < kUsers; ++i) users_.push_back(make_user(i));
  }

  Truth run();

 private:
  using Due = std::pair<std::uint64_t, std::size_t>;  // when, which slot

  User make_user(std::size_t index);
  Connection open(std::uint64_t when);
  void start_exchange(Connection& connection);
  std::string make_target(Connection& connection, bool& jwt_in_uri, bool& key_in_uri);
  void make_request(Connection& connection, bool& has_key_header);
  void make_response(Connection& connection, bool has_key_header);

  // Sends the connection's next packet and decides when the one after it is due.
  void step(Connection& connection);
  void send(const Connection& connection, Side& from, const Side& to, std::uint8_t flags,
            std::string_view payload = {});
  // The next segment of `message`; true if it was the last.
  bool send_segment(Connection& connection, Side& from, const Side& to, std::string_view message);

  Profile profile_;
  std::uint64_t bytes_;
  Random random_;
  Documents documents_;
  PcapWriter& out_;
  std::vector<User> users_;
  Truth truth_;
};

User Generator::make_user(std::size_t index) {
  User user;
  user.address = 0x0a140000U + static_cast<std::uint32_t>(index / 200 * 256 + index % 200 + 10);
  user.next_port = static_cast<std::uint16_t>(random_.between(32'768, 40'000));
  user.jwt = make_jwt(random_, "user-" + std::to_string(1000 + index),
                      "tenant-" + std::to_string(index % 20), kStart);
  user.api_key = random_.text(32, kBase62);
  user.session = random_.text(32, kHex);
  return user;
}

Connection Generator::open(std::uint64_t when) {
  User& user = users_[random_.below(users_.size())];
  const Server& server = kServers[random_.below(std::size(kServers))];
  Connection connection;
  connection.client = {{user.address, user.next_port},
                       static_cast<std::uint32_t>(random_.next()),
                       static_cast<std::uint16_t>(random_.next())};
  user.next_port =
      user.next_port == 60'999 ? 32'768 : static_cast<std::uint16_t>(user.next_port + 1);
  connection.server = {{server.address, 80},
                       static_cast<std::uint32_t>(random_.next()),
                       static_cast<std::uint16_t>(random_.next())};
  connection.user = &user;
  connection.host = server.host;
  connection.user_agent = random_.pick(kUserAgents);
  // Half send both, the others one of the two.
  const std::uint64_t carriers = random_.below(4);
  connection.sends_jwt = carriers != 0;
  connection.sends_key = carriers != 1;
  connection.round_trip = random_.log_between(300, 30'000);
  // 11.2 on average.
  connection.exchanges_left = 1 + random_.below(21) + (random_.one_in(5) ? 1 : 0);
  connection.due = when;
  ++truth_.connections;
  return connection;
}

// Now and then the credential moves from its header into the query, as RFC 6750
// (section 2.3) allows and warns of.
std::string Generator::make_target(Connection& connection, bool& jwt_in_uri, bool& key_in_uri) {
  std::string target;
  for (const char c : random_.pick(kRoutes)) {
    if (c == '#') {
      target += std::to_string(random_.between(1, 99'999));
    } else {
      target += c;
    }
  }
  target += random_.pick(kQueries);
  if (!random_.per_100k(profile_.keys_in_uri)) return target;

  (connection.sends_jwt && (!connection.sends_key || random_.one_in(2)) ? jwt_in_uri : key_in_uri) =
      true;
  const std::string name = jwt_in_uri ? "access_token" : "api_key";
  const std::string& value = jwt_in_uri ? connection.user->jwt : connection.user->api_key;
  target += (target.find('?') == std::string::npos ? '?' : '&') + name + "=" + value;
  ++truth_.uris_with_key;
  ++truth_.uri_secrets[{name, value}];
  return target;
}

void Generator::make_request(Connection& connection, bool& has_key_header) {
  bool jwt_in_uri = false, key_in_uri = false;
  const std::string target = make_target(connection, jwt_in_uri, key_in_uri);
  has_key_header = connection.sends_key && !key_in_uri;

  std::string& out = connection.request;
  out = "GET " + target + " HTTP/1.1\r\nHost: ";
  out += connection.host;
  out += "\r\nUser-Agent: ";
  out += connection.user_agent;
  out += "\r\nAccept: application/json, text/plain, */*\r\nAccept-Language: en-GB,en;q=0.7\r\n";
  if (connection.sends_jwt && !jwt_in_uri)
    out += "Authorization: Bearer " + connection.user->jwt + "\r\n";
  if (has_key_header) out += "X-API-Key: " + connection.user->api_key + "\r\n";
  if (random_.one_in(2)) {
    out += "Cookie: session=" + connection.user->session + "; theme=dark; lang=en\r\n";
  }
  out += "X-Request-ID: " + uuid(random_) + "\r\nConnection: keep-alive\r\n\r\n";
}

void Generator::make_response(Connection& connection, bool has_key_header) {
  std::string planted;
  if (random_.per_100k(profile_.secrets_in_answer)) {
    // Three quarters of the requests can be echoed; this makes half of all secrets echoes.
    if (has_key_header && random_.below(3) < 2) {
      planted = connection.user->api_key;
      ++truth_.echoed_keys;
    } else {
      planted = make_provider_secret(random_);
      ++truth_.provider_secrets;
    }
  }
  const auto kind =
      profile_.only_json ? DocumentKind::Json : static_cast<DocumentKind>(random_.below(3));
  static constexpr std::string_view kTypes[] = {"application/json", "text/html; charset=utf-8",
                                                "text/javascript"};
  std::string body;
  documents_.build(random_, kind, random_.log_between(profile_.min_body, profile_.max_body),
                   planted, body);
  const std::uint64_t seconds = connection.due / 1'000'000 % 3600;
  std::array<char, 16> clock{};
  std::snprintf(clock.data(), clock.size(), "09:%02u:%02u", static_cast<unsigned>(seconds / 60),
                static_cast<unsigned>(seconds % 60));

  std::string& out = connection.response;
  out = "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 05 Jan 2026 ";
  out += clock.data();
  out += " GMT\r\nContent-Type: ";
  out += kTypes[static_cast<std::size_t>(kind)];
  out += "\r\nContent-Length: " + std::to_string(body.size());
  out += "\r\nCache-Control: private, no-store\r\nETag: \"" + random_.text(16, kHex);
  out += "\"\r\nConnection: keep-alive\r\n\r\n";
  out += body;
}

void Generator::start_exchange(Connection& connection) {
  bool has_key_header = false;
  make_request(connection, has_key_header);
  make_response(connection, has_key_header);
  --connection.exchanges_left;
  ++truth_.exchanges;
}

void Generator::send(const Connection& connection, Side& from, const Side& to, std::uint8_t flags,
                     std::string_view payload) {
  const bool is_first = flags == kSyn;
  out_.write({.microseconds = connection.due,
              .from = from.endpoint,
              .to = to.endpoint,
              .sequence = from.sequence,
              .acknowledgement = is_first ? 0 : to.sequence,
              .flags = flags,
              .ip_id = from.ip_id++,
              .payload = payload});
  from.sequence += static_cast<std::uint32_t>(payload.size());
  if ((flags & (kSyn | kFin)) != 0) ++from.sequence;
}

bool Generator::send_segment(Connection& connection, Side& from, const Side& to,
                             std::string_view message) {
  const std::string_view piece = message.substr(connection.sent, kSegment);
  connection.sent += piece.size();
  const bool is_last = connection.sent == message.size();
  send(connection, from, to, is_last ? kPsh | kAck : kAck, piece);
  if (is_last) connection.sent = 0;
  return is_last;
}

void Generator::step(Connection& c) {
  const auto then = [&c](Phase phase, std::uint64_t after) {
    c.phase = phase;
    c.due += after;
  };
  // The tap is near the servers: their answers pass it at once, the client's after a round trip.
  const std::uint64_t server_turn = random_.between(20, 80);
  const std::uint64_t client_turn = c.round_trip + random_.below(50);

  switch (c.phase) {
    case Phase::Syn:
      send(c, c.client, c.server, kSyn);
      return then(Phase::SynAck, server_turn);
    case Phase::SynAck:
      send(c, c.server, c.client, kSyn | kAck);
      return then(Phase::HandshakeAck, client_turn);
    case Phase::HandshakeAck:
      send(c, c.client, c.server, kAck);
      return then(Phase::Request, random_.between(20, 200));
    case Phase::Request:
      if (c.sent == 0) start_exchange(c);
      if (!send_segment(c, c.client, c.server, c.request)) return then(Phase::Request, 12);
      // A slow answer comes after an ACK of its own, a quick one carries it.
      if (random_.below(5) < 3) return then(Phase::RequestAck, server_turn);
      return then(Phase::Response, random_.between(200, 5'000));
    case Phase::RequestAck:
      send(c, c.server, c.client, kAck);
      return then(Phase::Response, random_.between(2'000, 60'000));
    case Phase::Response: {
      const bool is_last = send_segment(c, c.server, c.client, c.response);
      ++c.unacknowledged;
      if (is_last || c.unacknowledged == 2) {
        return then(Phase::ResponseAck, is_last ? client_turn : random_.between(12, 40));
      }
      return then(Phase::Response, 12);
    }
    case Phase::ResponseAck:
      send(c, c.client, c.server, kAck);
      c.unacknowledged = 0;
      if (c.sent > 0) return then(Phase::Response, 12);
      if (c.exchanges_left > 0) return then(Phase::Request, random_.log_between(500, 400'000));
      return then(Phase::FinOfClient, random_.log_between(500, 2'000'000));
    case Phase::FinOfClient:
      send(c, c.client, c.server, kFin | kAck);
      return then(Phase::FinOfServer, server_turn);
    case Phase::FinOfServer:
      send(c, c.server, c.client, kFin | kAck);
      return then(Phase::LastAck, client_turn);
    case Phase::LastAck:
      send(c, c.client, c.server, kAck);
      return then(Phase::Closed, 0);
    case Phase::Closed:
      return;
  }
}

Truth Generator::run() {
  const auto scaled = [this](std::uint64_t per_gigabyte) {
    return std::max<std::uint64_t>(1, bytes_ * per_gigabyte / 1'000'000'000);
  };
  const std::uint64_t connections = scaled(profile_.connections_per_gigabyte);
  const std::uint64_t concurrent =
      std::min({connections, scaled(profile_.concurrent_per_gigabyte), profile_.max_concurrent});

  std::vector<Connection> slots;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue;
  for (std::size_t slot = 0; slot < concurrent; ++slot) {
    slots.push_back(open(kStart * 1'000'000 + random_.below(2'000'000)));
    queue.emplace(slots.back().due, slot);
  }
  while (!queue.empty()) {
    const std::size_t slot = queue.top().second;
    Connection& connection = slots[slot];
    queue.pop();
    step(connection);
    if (connection.phase == Phase::Closed) {
      if (truth_.connections == connections) continue;
      connection = open(connection.due + random_.between(100, 20'000));
    }
    queue.emplace(connection.due, slot);
  }
  return std::move(truth_);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty()) return value;
  if (unit == "K") return value * 1'000;
  if (unit == "M") return value * 1'000'000;
  if (unit == "G") return value * 1'000'000'000;
  return std::nullopt;
}

std::optional<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i], value = argv[i + 1];
    if (name == "--out") {
      options.out = value;
    } else if (name == "--truth") {
      options.truth = value;
    } else if (name == "--profile") {
      const auto* profile = std::find_if(std::begin(kProfiles), std::end(kProfiles),
                                         [&](const Profile& p) { return p.name == value; });
      if (profile == std::end(kProfiles)) return std::nullopt;
      options.profile = *profile;
    } else if (const auto size = parse_size(value); size && name == "--bytes") {
      options.bytes = *size;
    } else if (size && name == "--seed") {
      options.seed = *size;
    } else {
      return std::nullopt;
    }
  }
  if (argc % 2 == 0 || options.out.empty() || options.truth.empty()) return std::nullopt;
  return options;
}

bool write_truth(const Options& options, const PcapWriter& capture, const Truth& truth) {
  std::ofstream out(options.truth);
  out << "{\"profile\": \"" << options.profile.name << "\", \"seed\": " << options.seed
      << ",\n \"bytes\": " << capture.bytes() << ", \"packets\": " << capture.packets()
      << ",\n \"connections\": " << truth.connections << ", \"exchanges\": " << truth.exchanges
      << ",\n \"uris_with_key\": " << truth.uris_with_key
      << ", \"echoed_keys\": " << truth.echoed_keys
      << ", \"provider_secrets\": " << truth.provider_secrets << ",\n \"uri_secrets\": [";
  const char* separator = "\n  ";
  for (const auto& [secret, count] : truth.uri_secrets) {
    out << separator << "{\"parameter\": \"" << secret.first << "\", \"value\": \"" << secret.second
        << "\", \"count\": " << count << "}";
    separator = ",\n  ";
  }
  out << "]}\n";
  return out.flush().good();
}

int run(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (!options) {
    std::fprintf(stderr,
                 "usage: make_capture --profile small|bulk --bytes SIZE[K|M|G] --seed N --out FILE "
                 "--truth FILE\n");
    return 2;
  }
  PcapWriter capture(options->out);
  if (!capture.ok()) {
    std::fprintf(stderr, "make_capture: cannot write %s\n", options->out.c_str());
    return 3;
  }
  const Truth truth = Generator(*options, capture).run();
  if (!capture.close() || !write_truth(*options, capture, truth)) {
    std::fprintf(stderr, "make_capture: cannot write %s or %s\n", options->out.c_str(),
                 options->truth.c_str());
    return 3;
  }
  return 0;
}

}  // namespace
}  // namespace leaktap::bench

int main(int argc, char** argv) { return leaktap::bench::run(argc, argv); }
