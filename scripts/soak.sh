#!/usr/bin/env bash
# Long versions of tests whose short versions run in the gate; takes about two hours.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PWD/build/bin:$PATH"
export APE_DATA_FOLDER="$PWD/build/ape" SOLCX_BINARY_PATH="$PWD/build/solc"
# not the system's: see veristake/toolchain.py
export TMPDIR="$PWD/build/tmp"
mkdir -p "$TMPDIR"

echo "== Foundry: 10,000 runs a fuzz test, 256 x 256 an invariant"
FOUNDRY_FUZZ_RUNS=10000 FOUNDRY_INVARIANT_RUNS=256 FOUNDRY_INVARIANT_DEPTH=256 forge test
echo "== Proofs by halmos"
bash scripts/symbolic.sh
echo "== Properties: 2,000 examples each"
python -m pytest tests/unit -q --hypothesis-profile=soak
echo "== Long integration tests: deployments and chain readers killed, operators, ceremonies, every change of a proof"
for tests in tests/soak/test_*.py; do python -m pytest "$tests" -q; done
echo "== The demo with ten other markets; every attack must be rejected each time"
for seed in $(seq 1 10); do
  veristake demo --seed "$seed" --epochs 36 --json >"build/soak-$seed.json" 2>"build/soak-$seed.log" ||
    { tail -20 "build/soak-$seed.log"; exit 1; }
  echo "   seed $seed: $(grep -c '"rejected": true' "build/soak-$seed.json") attacks rejected"
done
