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
not_traced=(deposit_machine feed_machine relayer_kills relayer_machine relayer_random_kills)
# py-evm changes the process that imports it: it raises the recursion limit tenfold
with_py_evm=(chain_layout layout_registry)
files_in_one_process=5
claims=$(mktemp -d "$TMPDIR/claims-XXXXXX")

among() { [[ " ${*:2} " == *" $1 "* ]]; }

# The tests that need no Ape, a line for each process: "covered" or "untraced", then what it runs. Small files share one,
# because a start costs more than most of them.
shared_processes() {
  local file name traced=() untraced=()
  echo untraced tests/integration/neuron_processes
  printf 'covered tests/integration/%s\n' neurons validator subtensor relayer_faults
  for file in tests/integration/test_*.py; do
    name=$(basename "$file" .py); name=${name#test_}
    if among "$name" "${with_ape[@]}"; then continue; fi
    if among "$name" "${with_py_evm[@]}"; then echo covered "$file"
    elif among "$name" "${not_traced[@]}"; then untraced+=("$file")
    else traced+=("$file"); fi
  done
  printf '%s\n' "${untraced[@]}" | xargs -n $files_in_one_process echo untraced
  printf '%s\n' "${traced[@]}" | xargs -n $files_in_one_process echo covered
}

# Each of them by the lane that comes to it first.
shared_tests() {
  local number=0 how targets
  while read -r how targets; do
    number=$((number + 1))
    if mkdir "$claims/$number" 2>/dev/null; then
      # unquoted: several files
      run "$targets" "$how" $targets </dev/null
    elif [ ! -d "$claims/$number" ]; then
      # no other lane has it: a full disk, say
      failures+=("$targets was not run")
    fi
  done < <(shared_processes)
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
  # a process each: Ape changes the process that imports it
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
