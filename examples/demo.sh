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

server_go=$(sed -n 's/^FROM golang:\([0-9.]*\).*/go\1/p' examples/host/build/Dockerfile)
local_go=$(go env GOVERSION)
left=0
if test "$local_go" != "$server_go"; then
  left=1
  echo
  echo "One of these is about Go itself: examples/host/build/Dockerfile builds the server with $server_go, and Go is"
  echo "$local_go here. No change of go.mod mends that; a plugin is built with the server's Go."
fi

echo
echo "What mending changes:  layerg-pin fix --diff examples/plugin"
echo
status=0
"$layerg_pin" fix --diff examples/plugin || status=$?
test "$status" = "$left" || { echo "demo: fix ended with $status, and should have ended with $left" >&2; exit 1; }
