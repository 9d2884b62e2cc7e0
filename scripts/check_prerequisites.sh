#!/usr/bin/env bash
# Names what is missing before anything is installed, with the remedy.
set -eu
python=$1
fail() { printf 'error: %s\nremedy: %s\n' "$1" "$2" >&2; exit 1; }

command -v "$python" >/dev/null ||
  fail "Python 3.11 or 3.12 is not installed" "apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' ||
  fail "$python is $("$python" -V 2>&1), veristake needs 3.11 or 3.12" \
    "apt-get install python3.11 python3.11-venv, or run make PYTHON=/path/to/python3.11"
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
  fail "$python has no venv module" "apt-get install python3-venv"
command -v node >/dev/null || fail "Node is not installed" "Install Node 20 or later (apt-get install nodejs npm)"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
  fail "node is $(node -v), veristake needs 20 or later" "Install Node 20 or later"
command -v npm >/dev/null || fail "npm is not installed" "apt-get install npm"
echo "== Prerequisites: $("$python" -V), node $(node -v), npm $(npm -v)"
