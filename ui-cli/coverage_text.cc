#include "ui-cli/coverage_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "ui-cli/wording.h"

namespace leaktap {
namespace {

using Parts = std::vector<std::string>;

void add(Parts& parts, std::uint64_t number, std::string_view one, std::string_view many) {
  if (number != 0) parts.push_back(counted(number, one, many));
}

std::string span_text(Timestamp first, Timestamp last) {
  const std::string from = second_of(first);
  const std::string to = second_of(last);
  return from == to ? from + " UTC" : fmt::format("{} to {} UTC", from, to);
}

std::string seen_line(const RunOutcome& outcome) {
  const Coverage& coverage = outcome.coverage;
  std::optional<Timestamp> first;
  std::optional<Timestamp> last;
  std::uint64_t bytes = 0;
  for (const CaptureInfo& capture : outcome.captures) {
    bytes += capture.bytes;
    if (capture.first && (!first || *capture.first < *first)) first = capture.first;
    if (capture.last && (!last || *capture.last > *last)) last = capture.last;
  }
  std::string line = fmt::format(
      "{} on {} in {} ({}, {})", counted(coverage.reassembly.exchanges, "HTTP exchange"),
      counted(coverage.services.size(), "host"), counted(coverage.reassembly.flows, "connection"),
      counted(coverage.packets.packets, "packet"), byte_count(bytes));
  if (first && last) line += ", " + span_text(*first, *last);
  return line;
}

Parts unread_traffic(const Coverage& coverage) {
  const ReassemblyStats& seen = coverage.reassembly;
  Parts parts;
  add(parts, seen.tls_flows, "TLS connection without keys", "TLS connections without keys");
  add(parts, seen.one_sided_flows, "connection captured in one direction only",
      "connections captured in one direction only");
  if (seen.tcp_gaps != 0) {
    parts.push_back(
        fmt::format("{} ({})", counted(seen.tcp_gaps, "gap"), byte_count(seen.bytes_unseen)));
  }
  add(parts, coverage.packets.snapped_packets, "packet cut short by the snap length",
      "packets cut short by the snap length");
  add(parts, coverage.dropped_packets, "packet dropped before it was captured",
      "packets dropped before they were captured");
  add(parts, seen.evicted_flows, "connection given up for want of memory",
      "connections given up for want of memory");
  add(parts, coverage.packets.of(PacketFate::Fragment), "IP fragment", "IP fragments");
  add(parts, coverage.packets.of(PacketFate::UnknownLinkType), "packet of an unknown link type",
      "packets of an unknown link type");
  add(parts, coverage.packets.of(PacketFate::Malformed) + coverage.packets.of(PacketFate::TooShort),
      "malformed packet", "malformed packets");
  return parts;
}

Parts unread_content(const Coverage& coverage) {
  const ReassemblyStats& seen = coverage.reassembly;
  Parts parts;
  add(parts, seen.unpaired, "exchange with one half only", "exchanges with one half only");
  add(parts, seen.truncated_bodies, "truncated body", "truncated bodies");
  add(parts, seen.unknown_codings + seen.failed_codings, "body that could not be decoded",
      "bodies that could not be decoded");
  add(parts, seen.malformed_messages, "malformed message", "malformed messages");
  add(parts, seen.tunnels, "tunnel", "tunnels");
  add(parts, coverage.findings_dropped, "finding beyond the limits", "findings beyond the limits");
  return parts;
}

// What is no HTTP over TCP, and so was not for us; it explains why there are so few exchanges.
Parts other_traffic(const Coverage& coverage) {
  Parts parts;
  add(parts, coverage.reassembly.non_http_flows, "connection without HTTP",
      "connections without HTTP");
  add(parts, coverage.packets.of(PacketFate::Udp), "UDP packet", "UDP packets");
  add(parts,
      coverage.packets.of(PacketFate::OtherProtocol) + coverage.packets.of(PacketFate::NotIp),
      "packet of another protocol", "packets of other protocols");
  return parts;
}

Parts truncated_captures(const std::vector<CaptureInfo>& captures) {
  Parts parts;
  add(parts,
      static_cast<std::uint64_t>(std::count_if(captures.begin(), captures.end(),
                                               [](const CaptureInfo& c) { return c.truncated; })),
      "capture that ends inside a packet", "captures that end inside a packet");
  return parts;
}

std::string not_assessed_line(const Coverage& coverage) {
  constexpr std::size_t kShown = 2;
  std::string line;
  for (std::size_t i = 0; i < std::min(kShown, coverage.not_assessed.size()); ++i) {
    const NotAssessed& one = coverage.not_assessed[i];
    line +=
        fmt::format("{}{} on {}: {}", i == 0 ? "" : "; ", one.detector, one.service, one.reason);
  }
  if (coverage.not_assessed.size() > kShown) {
    line += fmt::format("; and {} more (--format json)", coverage.not_assessed.size() - kShown);
  }
  return line;
}

}  // namespace

bool anything_unread(const Coverage& coverage) {
  return !unread_traffic(coverage).empty() || !unread_content(coverage).empty();
}

std::string coverage_text(const RunOutcome& outcome, const Terminal& terminal) {
  std::string text;
  const auto line = [&](std::string_view label, const std::string& content) {
    if (content.empty()) return;
    text += inked(fmt::format("{:<14}", label), Ink::Bold, terminal);
    text += printable(content, terminal.charset) + "\n";
  };
  Parts unread = unread_traffic(outcome.coverage);
  for (Parts more : {unread_content(outcome.coverage), truncated_captures(outcome.captures)}) {
    unread.insert(unread.end(), more.begin(), more.end());
  }
  line("Read", seen_line(outcome));
  line("Not read", fmt::format("{}", fmt::join(unread, ", ")));
  line("Other traffic", fmt::format("{}", fmt::join(other_traffic(outcome.coverage), ", ")));
  line("Not assessed", not_assessed_line(outcome.coverage));
  return text;
}

}  // namespace leaktap
