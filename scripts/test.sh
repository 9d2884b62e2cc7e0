#!/usr/bin/env bash
# All linters and tests, with the line coverage of Python over all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PWD/build/bin:$PWD/node_modules/.bin:$PATH"
export APE_DATA_FOLDER="$PWD/build/ape" SOLCX_BINARY_PATH="$PWD/build/solc"
# not the system's: see veristake/toolchain.py
export TMPDIR="$PWD/build/tmp"
mkdir -p "$TMPDIR"
export COVERAGE_FILE="$PWD/build/coverage/data" COVERAGE_PROCESS_START="$PWD/pyproject.toml"
step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

step "circuits"; veristake circuit build tiny; veristake circuit build staking
step "linters"; bash scripts/lint.sh
step "Foundry tests"; forge test
rm -rf build/coverage && mkdir -p build/coverage
step "unit tests"; coverage run -m pytest tests/unit -q
# Ape's own pytest plugin is switched off for all other tests; these test Solidity, so Python's coverage is not traced
step "contract tests on Anvil"
ape test tests/contracts --network ethereum:local:foundry -q -o addopts="-ra --strict-markers" \
  --ignore tests/contracts/test_deploy.py --ignore tests/contracts/test_compile.py
step "deployment tests"; coverage run -m pytest tests/contracts/test_deploy.py tests/contracts/test_compile.py -q
# a process each: Ape and py-evm change the process that imports them (py-evm raises the recursion limit tenfold)
step "integration tests"
for tests in tests/integration/neurons tests/integration/test_*.py; do coverage run -m pytest "$tests" -q; done
step "end-to-end test"; coverage run -m pytest tests/e2e -q
step "line coverage"; coverage combine --quiet && coverage report --fail-under=85
step "done"
