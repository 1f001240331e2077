#!/usr/bin/env bash
# demo.sh LAYERG_PIN: check the example plugin against the example host, and show the findings and the fix.
set -euo pipefail
layerg_pin=$(realpath "$1")
cd "$(dirname "$0")/.."

echo "Vendor the host's modules, as its build does:  cd examples/host && go mod vendor"
(cd examples/host && GOSUMDB=off go mod vendor)

echo
echo "Check the plugin against it:  layerg-pin check examples/plugin"
echo
status=0
"$layerg_pin" check examples/plugin || status=$?
test "$status" = 1 || { echo "demo: the check should have found mismatches, but exited with $status" >&2; exit 1; }

server_go=$(sed -n 's/^FROM golang:\([0-9.]*\).*/go\1/p' examples/host/build/Dockerfile)
local_go=$(go env GOVERSION)
left=0
if test "$local_go" != "$server_go"; then
  left=1
  echo
  echo "One of these findings is about Go itself: examples/host/build/Dockerfile builds the server with $server_go, and Go is"
  echo "$local_go here. No change of go.mod fixes that: build the plugin with the server's Go."
fi

echo
echo "Show what the fix changes:  layerg-pin fix --diff examples/plugin"
echo
status=0
"$layerg_pin" fix --diff examples/plugin || status=$?
test "$status" = "$left" || { echo "demo: fix exited with $status instead of $left" >&2; exit 1; }
