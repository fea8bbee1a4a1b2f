#!/usr/bin/env bash
# Includes point against the traffic: a folder may include itself and those before it. Third-party libraries
# stand in the files that wrap them.
set -u
cd "$1" || exit 2
failed=0
order=(capture reassembly detectors storage sensor ui-cli)
for i in "${!order[@]}"; do
  for later in "${order[@]:$((i + 1))}"; do
    if grep -rnE "#include \"$later/" "${order[$i]}" --include='*.cc' --include='*.h'; then
      echo "^ ${order[$i]}/ must not include $later/"
      failed=1
    fi
  done
done
# Within reassembly: tcp before http.
if grep -rnE '#include "reassembly/http/' reassembly/tcp; then
  echo "^ reassembly/tcp must not include reassembly/http"
  failed=1
fi

# library header | files that may include it
allowed() {
  local header=$1 files=$2
  if grep -rlE "#include [<\"]$header" "${order[@]}" --include='*.cc' --include='*.h' | grep -vE "^($files)$"; then
    echo "^ only ($files) may include $header"
    failed=1
  fi
}
allowed 'pcap' 'capture/live_source.cc|capture/packet_filter.cc'
allowed 'zlib' 'reassembly/http/content_decoder.cc'
allowed 'hs' 'detectors/rule_matcher.cc'
allowed 'sqlite3' 'storage/sqlite.cc'
allowed 'CLI/' 'ui-cli/arguments.cc|ui-cli/options.cc'
allowed 'yaml-cpp' 'ui-cli/config.cc|ui-cli/yaml_[a-z]*.cc'
exit $failed
