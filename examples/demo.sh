#!/usr/bin/env bash
# demo.sh LAYERG_PIN: check the example plugin against the example host, and show what was found and how it is mended.
set -euo pipefail
layerg_pin=$(realpath "$1")
cd "$(dirname "$0")/.."

echo "The host's modules are vendored, as its build does it:  cd examples/host && go mod vendor"
(cd examples/host && GOSUMDB=off go mod vendor)

echo
echo "The plugin is checked against it:  layerg-pin check examples/plugin"
echo
status=0
"$layerg_pin" check examples/plugin || status=$?
test "$status" = 1 || { echo "demo: the check should have found mismatches, but ended with $status" >&2; exit 1; }

echo
echo "What mending changes:  layerg-pin fix --diff examples/plugin"
echo
"$layerg_pin" fix --diff examples/plugin
