// The configuration, by yaml-cpp. The only file that knows it, and that catches its exceptions.
//
// One pass over the document, key by key. The first complaint ends it: a wrong key early in the
// file is often the reason for those behind it.
#include "ui-cli/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <set>
#include <span>

#include "detectors/text_codec.h"
#include "ui-cli/planned_detectors.h"
#include "ui-cli/shown_names.h"
#include "ui-cli/suggestion.h"
#include "ui-cli/text_file.h"

namespace leaktap {
namespace {

constexpr std::size_t kLargestConfig = std::size_t{16} << 20;
constexpr std::size_t kLargestKeyFile = std::size_t{1} << 20;

using Names = std::span<const std::string_view>;

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint fingerprint;
  if (text.size() != 2 * fingerprint.bytes.size()) return std::nullopt;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < fingerprint.bytes.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    fingerprint.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return fingerprint;
}

class ConfigReader {
 public:
  // Both must outlive the reader.
  ConfigReader(const std::string& path, const Fingerprinter& fingerprinter)
      : path_(path), fingerprinter_(fingerprinter) {}

  Result<Config> read(const YAML::Node& document) {
    read_document(document);
    if (error_) return tl::unexpected(*error_);
    return std::move(config_);
  }

 private:
  using Visit =
      std::function<void(std::string_view key, const YAML::Node& value, const std::string& where)>;

  void complain(const YAML::Node& at, const std::string& message) {
    if (!error_) error_ = Error{fmt::format("{}:{}: {}", path_, at.Mark().line + 1, message)};
  }
  void note_unused(const std::string& where) {
    config_.notes.push_back(fmt::format("{}: `{}` is not used by this version", path_, where));
  }

  // Calls `visit` for each key of a mapping, once. An empty mapping may be left out altogether.
  void each(const YAML::Node& node, const std::string& where, const Visit& visit) {
    if (node.IsNull()) return;
    if (!node.IsMap()) {
      complain(node, fmt::format("{} must be a mapping of keys to values",
                                 where.empty() ? "the document" : "`" + where + "`"));
      return;
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (error_) return;
      if (!entry.first.IsScalar()) {
        complain(entry.first, "a key must be plain text");
        return;
      }
      const std::string& key = entry.first.Scalar();
      if (!seen.insert(key).second) {
        complain(entry.first, fmt::format("{} stands twice{}", named(key), inside(where)));
        return;
      }
      at_key_ = &entry.first;
      visit(key, entry.second, where.empty() ? key : where + "." + key);
    }
  }

  // The same where only the keys in `known` are right.
  void each_of(const YAML::Node& node, const std::string& where, Names known, const Visit& visit) {
    each(node, where,
         [&](std::string_view key, const YAML::Node& value, const std::string& value_where) {
           if (std::find(known.begin(), known.end(), key) == known.end()) {
             complain_of_key(key, known, where);
           } else {
             visit(key, value, value_where);
           }
         });
  }

  void complain_of_key(std::string_view key, Names known, const std::string& where) {
    const auto best = nearest(key, known);
    if (best) {
      complain(*at_key_,
               fmt::format("unknown key `{}`{}; did you mean `{}`?", key, inside(where), *best));
    } else {
      complain(*at_key_, fmt::format("unknown key{}{}; known are {}", shown(key), inside(where),
                                     fmt::join(known, ", ")));
    }
  }
  static std::string shown(std::string_view key) {
    return can_show_key(key) ? fmt::format(" `{}`", key) : "";
  }
  static std::string named(std::string_view key) {
    return can_show_key(key) ? fmt::format("key `{}`", key) : "a key";
  }
  static std::string inside(const std::string& where) {
    return where.empty() ? "" : fmt::format(" in `{}`", where);
  }

  void each_item(
      const YAML::Node& node, const std::string& where,
      const std::function<void(const YAML::Node& item, const std::string& where)>& visit) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) return complain(node, fmt::format("`{}` must be a list", where));
    for (std::size_t i = 0; i < node.size() && !error_; ++i) {
      visit(node[i], fmt::format("{}[{}]", where, i));
    }
  }

  std::string text_of(const YAML::Node& node, const std::string& where) {
    if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
    complain(node, fmt::format("`{}` must be a text", where));
    return {};
  }

  std::vector<std::string> texts_of(const YAML::Node& node, const std::string& where) {
    std::vector<std::string> texts;
    each_item(node, where, [&](const YAML::Node& item, const std::string& item_where) {
      texts.push_back(text_of(item, item_where));
    });
    return texts;
  }
  std::vector<std::string> lower_texts_of(const YAML::Node& node, const std::string& where) {
    std::vector<std::string> texts = texts_of(node, where);
    for (std::string& text : texts) text = to_lower(text);
    return texts;
  }

  void read_document(const YAML::Node& document) {
    static constexpr std::string_view kKnown[] = {
        "tenants",       "principals",      "services",        "zones",
        "own_domains",   "trusted_proxies", "forward_allowed", "public_routes",
        "scope_implies", "scanners",        "detectors",       "ignore"};
    each_of(document, "", kKnown,
            [this](std::string_view key, const YAML::Node& value, const std::string& where) {
              if (key == "tenants") return read_tenants(value, where);
              if (key == "principals") return read_principals(value, where);
              if (key == "services") return read_services(value, where);
              if (key == "detectors") return read_detectors(value, where);
              note_unused(where);
            });
  }

  void read_tenants(const YAML::Node& node, const std::string& tenants_where) {
    static constexpr std::string_view kKnown[] = {"header",       "path",    "query",
                                                  "subdomain_of", "claim",   "owner_fields",
                                                  "keys",         "aliases", "tree"};
    TenantOptions& tenants = config_.tenants;
    each_of(node, tenants_where, kKnown,
            [&](std::string_view key, const YAML::Node& value, const std::string& where) {
              if (key == "header") tenants.headers = lower_texts_of(value, where);
              if (key == "path") read_paths(value, where);
              if (key == "query") tenants.query = texts_of(value, where);
              if (key == "subdomain_of") tenants.subdomain_of = lower_texts_of(value, where);
              if (key == "claim") tenants.claims = texts_of(value, where);
              if (key == "owner_fields") tenants.owner_fields = texts_of(value, where);
              if (key == "keys") read_keys(value, where);
              if (key == "aliases") read_aliases(value, where);
              if (key == "tree") read_tree(value, where);
            });
  }

  void read_paths(const YAML::Node& node, const std::string& paths_where) {
    each_item(node, paths_where, [this](const YAML::Node& item, const std::string& where) {
      std::string path = text_of(item, where);
      if (!path.starts_with('/') || path.find("{tenant}") == std::string::npos) {
        complain(item, fmt::format("`{}` must be a path with {{tenant}} in it, "
                                   "such as /orgs/{{tenant}}/**",
                                   where));
      }
      config_.tenants.paths.push_back(std::move(path));
    });
  }

  void read_aliases(const YAML::Node& node, const std::string& aliases_where) {
    each(node, aliases_where,
         [&](std::string_view key, const YAML::Node& value, const std::string&) {
           config_.tenants.aliases[std::string(key)] = text_of(value, aliases_where);
         });
  }

  void read_tree(const YAML::Node& node, const std::string& tree_where) {
    each(node, tree_where, [&](std::string_view key, const YAML::Node& value, const std::string&) {
      config_.tenants.tree[std::string(key)] = texts_of(value, tree_where);
    });
  }

  void read_keys(const YAML::Node& node, const std::string& keys_where) {
    static constexpr std::string_view kKnown[] = {"env", "file", "fingerprint", "tenant"};
    each_item(node, keys_where, [this](const YAML::Node& item, const std::string& item_where) {
      std::optional<Fingerprint> credential;
      std::string tenant;
      each_of(item, item_where, kKnown,
              [&](std::string_view key, const YAML::Node& value, const std::string& where) {
                if (key == "tenant") {
                  tenant = text_of(value, where);
                } else {
                  read_credential(key, value, where, item_where, credential);
                }
              });
      if (tenant.empty()) complain(item, fmt::format("`{}` needs `tenant`", item_where));
      if (!credential) complain_of_no_credential(item, item_where);
      if (!error_) config_.tenants.keys[*credential] = tenant;
    });
  }

  void read_principals(const YAML::Node& node, const std::string& principals_where) {
    static constexpr std::string_view kKnown[] = {"multi_tenant"};
    each_of(node, principals_where, kKnown,
            [this](std::string_view, const YAML::Node& value, const std::string& where) {
              each_item(value, where,
                        [this](const YAML::Node& item, const std::string& item_where) {
                          read_multi_tenant(item, item_where);
                        });
            });
  }

  void read_multi_tenant(const YAML::Node& item, const std::string& item_where) {
    static constexpr std::string_view kKnown[] = {"env", "file", "fingerprint"};
    static constexpr std::string_view kRole = "role:";
    if (item.IsScalar()) {
      const std::string text = item.Scalar();
      if (!text.starts_with(kRole) || text.size() == kRole.size()) {
        return complain(
            item,
            fmt::format("`{}` must be role:NAME, or one of env, file, fingerprint", item_where));
      }
      config_.tenants.multi_tenant_roles.insert(text.substr(kRole.size()));
      return;
    }
    std::optional<Fingerprint> credential;
    each_of(item, item_where, kKnown,
            [&](std::string_view key, const YAML::Node& value, const std::string& where) {
              read_credential(key, value, where, item_where, credential);
            });
    if (!credential) complain_of_no_credential(item, item_where);
    if (!error_) config_.tenants.multi_tenant_keys.insert(*credential);
  }

  void complain_of_no_credential(const YAML::Node& item, const std::string& where) {
    complain(item, fmt::format("`{}` needs one of env, file, fingerprint", where));
  }

  // Reads `env`, `file` or `fingerprint`, of which there is one an item.
  void read_credential(std::string_view key, const YAML::Node& value, const std::string& where,
                       const std::string& item_where, std::optional<Fingerprint>& credential) {
    if (credential) {
      return complain(value,
                      fmt::format("`{}` must have only one of env, file, fingerprint", item_where));
    }
    const std::string text = text_of(value, where);
    if (error_) return;
    if (key == "env") credential = credential_in_environment(value, text, where);
    if (key == "file") credential = credential_in_file(value, text, where);
    if (key == "fingerprint") {
      credential = parse_fingerprint(to_lower(text));
      if (!credential) complain(value, fmt::format("`{}` must be 32 hex digits", where));
    }
  }

  std::optional<Fingerprint> credential_in_environment(const YAML::Node& at,
                                                       const std::string& name,
                                                       const std::string& where) {
    const bool is_name = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    const char* const value = is_name ? std::getenv(name.c_str()) : nullptr;
    if (value != nullptr && *value != '\0') return fingerprinter_.of(value);
    complain(at, can_show_variable(name)
                     ? fmt::format("`{}`: the variable {} is not set", where, name)
                     : fmt::format("`{}` must be the name of a variable that is set", where));
    return std::nullopt;
  }
  std::optional<Fingerprint> credential_in_file(const YAML::Node& at, const std::string& name,
                                                const std::string& where) {
    const std::string folder = path_.substr(0, path_.rfind('/') + 1);
    const bool relative = !name.starts_with('/');
    Result<std::string> text = read_text_file(relative ? folder + name : name, kLargestKeyFile);
    if (!text) {
      // Without the name: it might be the credential itself.
      const std::size_t colon = text.error().message.rfind(": ");
      complain(at, fmt::format("`{}`: the file cannot be read{}", where,
                               text.error().message.substr(colon)));
      return std::nullopt;
    }
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    if (text->empty()) {
      complain(at, fmt::format("`{}`: the file is empty", where));
      return std::nullopt;
    }
    return fingerprinter_.of(*text);
  }

  void read_services(const YAML::Node& node, const std::string& services_where) {
    static constexpr std::string_view kKnown[] = {"name",   "host", "audience",
                                                  "issuer", "jwks", "openapi"};
    each_item(node, services_where, [this](const YAML::Node& item, const std::string& item_where) {
      std::string name;
      std::string host;
      each_of(item, item_where, kKnown,
              [&](std::string_view key, const YAML::Node& value, const std::string& where) {
                if (key == "name") {
                  name = text_of(value, where);
                } else if (key == "host") {
                  host = host_in(value, where);
                } else {
                  note_unused(where);
                }
              });
      if (name.empty()) complain(item, fmt::format("`{}` needs `name`", item_where));
      if (host.empty()) complain(item, fmt::format("`{}` needs `host`", item_where));
      if (!error_ && !config_.service_names.emplace(host, name).second) {
        complain(item, fmt::format("`{}.host` is the host of another service, too", item_where));
      }
    });
  }

  std::string host_in(const YAML::Node& value, const std::string& where) {
    std::string host = to_lower(text_of(value, where));
    // One colon is a port; more are an IPv6 address.
    if (host.find('/') != std::string::npos || std::count(host.begin(), host.end(), ':') == 1) {
      complain(value, fmt::format("`{}` must be a host name without scheme, port and path", where));
    }
    return host;
  }

  void read_detectors(const YAML::Node& node, const std::string& detectors_where) {
    std::vector<std::string_view> known;
    for (const DetectorInfo& info : catalogue()) known.push_back(info.name);
    known.insert(known.end(), std::begin(kPlannedDetectors), std::end(kPlannedDetectors));
    each(node, detectors_where,
         [&](std::string_view key, const YAML::Node& value, const std::string& where) {
           if (const auto id = detector_named(key)) return read_detector(*id, value, where);
           if (std::find(known.begin(), known.end(), key) != known.end()) return note_unused(where);
           const auto best = nearest(key, known);
           complain(*at_key_, fmt::format("unknown detector{}{}", shown(key),
                                          best ? fmt::format("; did you mean `{}`?", *best) : ""));
         });
  }

  void read_detector(DetectorId id, const YAML::Node& node, const std::string& detector_where) {
    static constexpr std::string_view kKnown[] = {"enabled", "severity", "ignore", "days"};
    each_of(node, detector_where, kKnown,
            [&](std::string_view key, const YAML::Node& value, const std::string& where) {
              if (key != "enabled") return note_unused(where);
              const std::string text = value.IsScalar() ? to_lower(value.Scalar()) : "";
              if (text == "false" || text == "no" || text == "off") {
                config_.disabled.push_back(id);
              } else if (text != "true" && text != "yes" && text != "on") {
                complain(value, fmt::format("`{}` must be true or false", where));
              }
            });
  }

  const std::string& path_;
  const Fingerprinter& fingerprinter_;
  const YAML::Node* at_key_ = nullptr;  // the key that each() is at
  Config config_;
  std::optional<Error> error_;
};

// What yaml-cpp says of a mistake, without what it quotes from the file.
std::string without_quotes(const std::string& message) {
  return message.substr(0, message.find(": "));
}

}  // namespace

Result<Config> parse_config(const std::string& text, const std::string& path,
                            const Fingerprinter& fingerprinter) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) return fail(fmt::format("{}: holds more than one document", path));
    Config empty;
    Result<Config> config = documents.empty()
                                ? Result<Config>(empty)
                                : ConfigReader(path, fingerprinter).read(documents.front());
    if (config) config->sha256 = sha256_of(text);
    return config;
  } catch (const YAML::Exception& error) {
    return fail(fmt::format("{}:{}: no valid YAML: {}", path, error.mark.line + 1,
                            without_quotes(error.msg)));
  }
}

Result<Config> read_config(const std::string& path, const Fingerprinter& fingerprinter) {
  const Result<std::string> text = read_text_file(path, kLargestConfig);
  if (!text) return tl::unexpected(text.error());
  return parse_config(*text, path, fingerprinter);
}

}  // namespace leaktap
