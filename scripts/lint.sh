#!/usr/bin/env bash
# Everything that reads the code without running it; all of it must be clean.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PWD/build/bin:$PWD/node_modules/.bin:$PATH"
step() { printf '== %s\n' "$1"; }

step "ruff"; ruff check . && ruff format --check --quiet .
step "mypy --strict"; mypy
step "forge fmt"
git ls-files -z "*.sol" | xargs -0 forge fmt --check
# solhint asks the network for its newest version unless told not to
step "solhint"; solhint --disc --max-warnings 0 'contracts/**/*.sol'
step "forge build"; forge build --quiet
step "ABIs in statements/abi"; python scripts/export_abis.py --check
step "consumer-kit"; python scripts/export_kit.py --check
step "gas and contract sizes"; python scripts/gas_snapshot.py
# slither cleans its output folder before it compiles, so it has one of its own
step "slither"
FOUNDRY_OUT=build/slither/out FOUNDRY_CACHE_PATH=build/slither/cache \
  slither . --config-file slither.config.json --foundry-out-directory build/slither/out \
  --fail-low >build/slither.log 2>&1 || { tail -60 build/slither.log; exit 1; }
step "linters are clean"
