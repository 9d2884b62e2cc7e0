#!/usr/bin/env bash
# Links the native Anvil and Forge into build/bin and the npm compiler into build/solc.
# npm's own launchers are not used: they answer 0 whatever the tool answered, so that a failing check would pass.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/bin build/solc
for tool in anvil forge; do
  binary=$(find node_modules/@foundry-rs -path "*/${tool}-*/bin/${tool}" -type f | head -n 1)
  [ -n "$binary" ] || { echo "error: npm brought no $tool for this machine: $(uname -sm)" >&2; exit 1; }
  ln -sfn "../../$binary" "build/bin/$tool"
done
# a native compiler that somebody put there is faster, and left alone
[ -e build/solc/solc-v0.8.37 ] || ln -sfn ../../scripts/solc.js build/solc/solc-v0.8.37
