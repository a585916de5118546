#!/usr/bin/env bash
# Builds h2spec, a conformance suite for HTTP/2 servers. Safe to run again: what is there is kept.
# usage: setup.sh [TARGET]      TARGET defaults to .interop; needs go
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:-.interop}/bin"
target=$(cd "${1:-.interop}" && pwd)
pins=$(cat "$here"/{setup.sh,go.mod,main.go} | cksum)
[[ $(cat "$target/.h2spec" 2>/dev/null) == "$pins" ]] && exit
echo "setup.sh: h2spec ..." >&2
(cd "$here" && GOFLAGS='' GOWORK=off CGO_ENABLED=0 nice go build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' -o "$target/bin/h2spec" .)
printf '%s\n' "$pins" >"$target/.h2spec"
