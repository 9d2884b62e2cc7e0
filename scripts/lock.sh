#!/usr/bin/env bash
# Pins every dependency of pyproject.toml with its hashes into requirements.lock.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/pip install --quiet pip-tools==7.6.2
.venv/bin/pip-compile --quiet --extra dev --generate-hashes --allow-unsafe --strip-extras \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header \
  --output-file requirements.lock pyproject.toml
# the project's own extras refer to the project, which is installed by itself, and comments would hold this machine's paths
sed -i -e "/^veristake @ /,/^[^ ]/{/^veristake @ /d;/^    #/d}" -e "s/ (.*pyproject.toml)//" \
  -e "/^# WARNING: pip install will require/d" -e "/^# Consider using a hashable URL/d" requirements.lock
