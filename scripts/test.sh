#!/usr/bin/env bash
# All linters and tests, with the line coverage of Python over most of them.
#
# Two lanes run beside each other, one for each core: one begins with circuits and what Ape touches (it may not run twice
# in one project folder), the other with the unit tests; the rest they share. The second lane's output appears when it
# has ended.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PWD/build/bin:$PWD/node_modules/.bin:$PATH"
export APE_DATA_FOLDER="$PWD/build/ape" SOLCX_BINARY_PATH="$PWD/build/solc"
# not the system's: see veristake/toolchain.py
export TMPDIR="$PWD/build/tmp"
mkdir -p "$TMPDIR"
step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
# A step that fails does not keep the lane from the others: one run says all that is wrong.
run() {
  step "$1"; "${@:2}" && return
  failures+=("$1"); printf '\n== failed: %s\n' "$1"
}
covered() { coverage run -m pytest "$@" -q --durations=5 --durations-min=5; }
# whole deployments and demos: tracing them costs a minute of the gate, and others reach most of their lines
untraced() { env -u COVERAGE_PROCESS_START python -m pytest "$@" -q --durations=5 --durations-min=5; }

with_ape=(ape_scripts cli_failures corridor demo_failures)
# processes and many courses through code that other tests reach: tracing them is dear and shows little
not_traced=" neuron_processes deposit_machine feed_machine relayer_kills relayer_machine relayer_random_kills "
claims=$(mktemp -d "$TMPDIR/claims-XXXXXX")

# Each of the tests that need no Ape, by the lane that comes to it first.
shared_tests() {
  local target name how
  for target in tests/integration/{neuron_processes,neurons,validator,subtensor,relayer_faults} tests/integration/test_*.py; do
    name=$(basename "$target" .py); name=${name#test_}
    [[ " ${with_ape[*]} " == *" $name "* ]] && continue
    if mkdir "$claims/$name" 2>/dev/null; then
      [[ $not_traced == *" $name "* ]] && how=untraced || how=covered
      run "integration: $name" "$how" "$target"
    elif [ ! -d "$claims/$name" ]; then
      # no other lane has it: a full disk, say
      failures+=("integration: $name was not run")
    fi
  done
}

build_circuits() {
  local circuit
  for circuit in tiny staking; do env -u COVERAGE_PROCESS_START veristake circuit build "$circuit" || return; done
}

ape_lane() {
  local failures=() name
  run "circuits" build_circuits
  touch "$claims/circuits-tried"
  run "linters" bash scripts/lint.sh
  run "Foundry tests" forge test
  run "branch coverage of contracts" python scripts/gas_snapshot.py --coverage
  # Ape's own pytest plugin is switched off for all other tests; these test Solidity, so Python's coverage is not traced
  run "contract tests on Anvil" \
    ape test tests/contracts --network ethereum:local:foundry -q -o addopts="-ra --strict-markers" --durations 5
  run "deployment tests" untraced tests/deployment
  # a process each: Ape and py-evm change the process that imports them (py-evm raises the recursion limit tenfold)
  for name in "${with_ape[@]}"; do run "integration: $name" covered "tests/integration/test_$name.py"; done
  run "end-to-end tests" untraced tests/e2e
  shared_tests
  end_of_lane "lane of Ape"
}

other_lane() {
  local failures=()
  run "unit tests" covered tests/unit
  run "features and points proved by halmos" bash scripts/symbolic.sh FeatureProof PointsProof
  until [ -e "$claims/circuits-tried" ]; do sleep 1; done
  shared_tests
  end_of_lane "other lane"
}

end_of_lane() {
  step "the $1 is done"
  ((${#failures[@]} == 0)) || { printf 'failed: %s\n' "${failures[@]}"; return 1; }
}

timeout 60 bash scripts/fetch_prometheus.sh || echo "Prometheus cannot be fetched: its test fails in CI and skips elsewhere"
rm -rf build/coverage
mkdir -p build/coverage
export COVERAGE_FILE="$PWD/build/coverage/data" COVERAGE_PROCESS_START="$PWD/pyproject.toml"
other_log=build/other-lane.log
# a shell of its own, so that 'set -e' holds inside it
(set -e; other_lane) >"$other_log" 2>&1 & other=$!
trap 'kill $other 2>/dev/null || true' EXIT
ape_failed=0
set +e; (set -e; ape_lane); ape_failed=$?; set -e
other_failed=0
wait "$other" || other_failed=$?
trap - EXIT
cat "$other_log"
if ((ape_failed || other_failed)); then
  step "failed: lane of Ape $ape_failed, the other lane $other_failed"; exit 1
fi
step "line coverage"; coverage combine --quiet && coverage report --fail-under=85
step "done"
