#!/usr/bin/env bash
# Proofs by halmos, for every argument: the contracts in tests/symbolic, built apart with the AST that halmos reads.
# Arguments choose some of them.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PWD/build/bin:$PATH"
export FOUNDRY_SRC=tests/symbolic FOUNDRY_TEST=tests/symbolic
export FOUNDRY_OUT=build/symbolic/out FOUNDRY_CACHE_PATH=build/symbolic/cache

# quotients of 256 bits are for integers, words and signs for bits
declare -A solvers=(
  [FeatureProof]="yices-smt2 --smt2-model-format --bvconst-in-decimal"
  [PointsProof]="python scripts/integer_solver.py"
  [FeatureOrderProof]="python scripts/integer_solver.py"
)
[ $# -gt 0 ] || set -- "${!solvers[@]}"
for contract; do
  python scripts/run_halmos.py --forge-build-out "$FOUNDRY_OUT" --match-contract "^$contract\$" \
    --solver-command "${SOLVER:-${solvers[$contract]}}" --solver-timeout-assertion "${SOLVER_TIMEOUT:-60s}" --no-status
done
