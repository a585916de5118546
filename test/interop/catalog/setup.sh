#!/usr/bin/env bash
# Builds the Go client of the catalog service and its descriptor set. Safe to run again: what is there is kept.
# usage: setup.sh [TARGET]      TARGET defaults to .interop; needs go 1.26 or newer and the installed npm packages
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:-.interop}/bin"
target=$(cd "${1:-.interop}" && pwd)
pins=$(cat "$here"/setup.sh "$here"/catalog.proto "$here"/go-client/{go.mod,main.go} | cksum)
[[ $(cat "$target/.catalog" 2>/dev/null) == "$pins" ]] && exit
echo "setup.sh: catalog client ..." >&2
(cd "$here/go-client" && GOFLAGS='' GOWORK=off CGO_ENABLED=0 nice go build -mod=readonly -buildvcs=false -trimpath -ldflags '-s -w' -o "$target/bin/catalog-go-client" .)
"$here/../../../node_modules/.bin/protoc" -I "$here" --include_imports --descriptor_set_out="$target/catalog.binpb" catalog.proto
printf '%s\n' "$pins" >"$target/.catalog"
