// The user's configuration (README.md, "Configuration").
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capture/result.h"
#include "detectors/detection_options.h"
#include "detectors/fingerprint.h"

namespace leaktap {

struct Config {
  TenantOptions tenants;
  std::map<std::string, std::string> service_names;  // host -> configured name
  std::vector<DetectorId> disabled;
  std::vector<std::string> notes;  // what it says that this version does not use, a sentence each
  std::string sha256;              // of the file
};

// An Error names file, line and key, and the nearest right key where one is near. It never quotes a
// value: that might be the secret that was put into the wrong place. `fingerprinter` takes the
// place of the values of `keys`, which are not kept.
Result<Config> read_config(const std::string& path, const Fingerprinter& fingerprinter);
// The same of a text; `path` is its name in messages, and its folder is where relative files are
// looked for.
Result<Config> parse_config(const std::string& text, const std::string& path,
                            const Fingerprinter& fingerprinter);

}  // namespace leaktap
