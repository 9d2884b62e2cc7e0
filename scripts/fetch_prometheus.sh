#!/usr/bin/env bash
# Prometheus from Debian into build/prometheus, for the test of dashboard and alert rules; needs no root.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v prometheus >/dev/null && exit 0
[ -x build/prometheus/usr/bin/prometheus ] && exit 0
command -v apt-get >/dev/null || { echo "no apt-get here: install prometheus yourself" >&2; exit 1; }
mkdir -p build/prometheus/download
cd build/prometheus/download
apt-get download prometheus
dpkg -x ./*.deb ..
