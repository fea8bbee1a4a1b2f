#include "ui-cli/coverage_json.h"

#include <algorithm>

namespace leaktap {
namespace {

Json not_assessed_json(const Coverage& coverage, const std::string& host,
                       const std::string& service) {
  Json list = Json::array();
  for (const NotAssessed& one : coverage.not_assessed) {
    if (one.service != host && one.service != service) continue;
    list.push_back({{"detector", one.detector}, {"reason", one.reason}});
  }
  return list;
}

Json all_not_assessed_json(const Coverage& coverage) {
  Json list = Json::array();
  for (const NotAssessed& one : coverage.not_assessed) {
    list.push_back({{"service", one.service}, {"detector", one.detector}, {"reason", one.reason}});
  }
  return list;
}

Json services_json(const Coverage& coverage,
                   const std::map<std::string, std::string>& service_names) {
  Json list = Json::array();
  for (const Coverage::Service& service : coverage.services) {
    const auto named = service_names.find(service.host);
    const std::string& name = named == service_names.end() ? service.host : named->second;
    list.push_back({
        {"host", service.host},
        {"exchanges", service.exchanges},
        // What cannot be read names no host.
        {"undecrypted", coverage.reassembly.tls_flows == 0 ? Json(0) : Json()},
        {"not_assessed", not_assessed_json(coverage, service.host, name)},
    });
  }
  return list;
}

Json fates_json(const CaptureStats& packets) {
  Json json = Json::object();
  for (std::size_t i = 0; i < packets.by_fate.size(); ++i) {
    json[std::string(name_of(static_cast<PacketFate>(i)))] = packets.by_fate[i];
  }
  return json;
}

Json time_or_null(const std::optional<Timestamp>& time) {
  return time ? Json(to_rfc3339(*time)) : Json();
}

}  // namespace

Json coverage_json(const Coverage& coverage,
                   const std::map<std::string, std::string>& service_names) {
  const ReassemblyStats& seen = coverage.reassembly;
  const bool any_udp = coverage.packets.of(PacketFate::Udp) != 0;
  return {
      {"packets", coverage.packets.packets},
      {"flows", seen.flows},
      {"one_sided_flows", seen.one_sided_flows},
      {"non_http_flows", seen.non_http_flows},
      // UDP is not looked into: without any there was no QUIC, otherwise nobody knows.
      {"quic_flows", any_udp ? Json() : Json(0)},
      {"tcp_gaps", seen.tcp_gaps},
      {"bytes_unseen", seen.bytes_unseen},
      {"snapped_packets", coverage.packets.snapped_packets},
      {"tls_sessions", seen.tls_flows},
      {"tls_decrypted", 0},
      {"tls_undecrypted", {{"no_key", seen.tls_flows}}},
      {"exchanges", seen.exchanges},
      {"unpaired", seen.unpaired},
      {"truncated_bodies", seen.truncated_bodies},
      {"unknown_codings", seen.unknown_codings},
      {"evicted_flows", seen.evicted_flows},
      {"dropped_packets", coverage.dropped_packets},
      {"services", services_json(coverage, service_names)},
      {"not_assessed", all_not_assessed_json(coverage)},
      {"packets_by_fate", fates_json(coverage.packets)},
      {"failed_codings", seen.failed_codings},
      {"malformed_messages", seen.malformed_messages},
      {"tunnels", seen.tunnels},
      {"findings_dropped", coverage.findings_dropped},
  };
}

Json capture_json(const CaptureInfo& capture) {
  return {
      {"path", capture.path},
      {"content_id", capture.content_id},
      {"sha256", nullptr},
      {"packets", capture.packets},
      {"bytes", capture.bytes},
      {"first", time_or_null(capture.first)},
      {"last", time_or_null(capture.last)},
      {"truncated", capture.truncated},
      {"error", capture.error ? Json(*capture.error) : Json()},
  };
}

}  // namespace leaktap
