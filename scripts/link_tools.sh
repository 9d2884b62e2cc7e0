#!/usr/bin/env bash
# Links the native Anvil and Forge into build/bin and the npm compiler into build/solc.
# npm's launcher packages are not used: they answer 0 whatever the tool answered, so that a failing check would pass.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/bin build/solc
for tool in anvil forge; do
  binary="node_modules/@foundry-rs/${tool}-linux-amd64/bin/${tool}"
  if [ -x "$binary" ]; then
    ln -sfn "../../$binary" "build/bin/$tool"
  elif [ ! -x "build/bin/$tool" ]; then
    printf 'error: npm has no %s for %s\nremedy: install Foundry and link it: ln -s "$(command -v %s)" build/bin/%s\n' \
      "$tool" "$(uname -sm)" "$tool" "$tool" >&2
    exit 1
  fi
done
# a native compiler that somebody put there is faster, and left alone
[ -e build/solc/solc-v0.8.37 ] || ln -sfn ../../scripts/solc.js build/solc/solc-v0.8.37
