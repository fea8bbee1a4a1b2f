#include "ui-cli/sensor_setup.h"

#include <fmt/format.h>

#include <utility>

#include "capture/packet_filter.h"
#include "detectors/text_codec.h"
#include "ui-cli/config.h"
#include "ui-cli/fingerprint_key.h"

namespace leaktap {
namespace {

void apply(Config config, SensorSetup& setup) {
  DetectionOptions& detection = setup.options.detection;
  detection.tenants = std::move(config.tenants);
  detection.service_names = std::move(config.service_names);
  for (const DetectorId id : config.disabled)
    detection.enabled[static_cast<std::size_t>(id)] = false;
  setup.config_sha256 = std::move(config.sha256);
  for (std::string& note : config.notes) setup.notes.push_back(std::move(note));
}

}  // namespace

Status check_filter(const std::optional<std::string>& filter) {
  if (!filter) return {};
  const Result<PacketFilter> compiled = PacketFilter::compile(*filter);
  if (compiled) return {};
  return fail(fmt::format("--filter: {}", compiled.error().message));
}

Result<SensorSetup> set_up_sensor(const SensorArguments& arguments) {
  SensorSetup setup;
  Result<LoadedKey> key = load_fingerprint_key(arguments.fingerprint_key);
  if (!key) return tl::unexpected(key.error());
  if (!key->warning.empty()) setup.notes.push_back(std::move(key->warning));
  setup.options.fingerprint_key = key->key;
  if (arguments.config) {
    Result<Config> config = read_config(*arguments.config, Fingerprinter(key->key));
    if (!config) return tl::unexpected(config.error());
    apply(std::move(*config), setup);
  }
  const Status filter = check_filter(arguments.filter);
  if (!filter) return tl::unexpected(filter.error());

  SensorOptions& options = setup.options;
  options.threads = arguments.threads;
  options.memory = arguments.memory;
  options.filter = arguments.filter;
  if (arguments.host) options.host = to_lower(*arguments.host);
  options.detection.show_principals = arguments.show_principals;
  for (const DetectorId id : arguments.disabled) {
    options.detection.enabled[static_cast<std::size_t>(id)] = false;
  }
  return setup;
}

}  // namespace leaktap
