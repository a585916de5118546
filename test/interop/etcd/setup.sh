#!/usr/bin/env bash
# Sets up a real etcd and real gRPC clients in one folder. Safe to run again: what is there is kept.
#
#   setup.sh [TARGET]                     TARGET defaults to .interop
#
#   TARGET/bin/{etcd,etcdctl,grpcurl,etcd-go-client}
#   TARGET/venv/bin/python                     with grpcio and the stubs that drive.py imports
#   TARGET/protos/etcd-full/                   etcd's own files, in the folder layout of their import statements
#   TARGET/protos/etcd-flat/                   rpc, kv, auth side by side, without custom options
#   TARGET/protos/etcd-plain/rpc.proto         one file without imports, for grpcurl without -import-path
#   TARGET/protos/etcd.binpb                   FileDescriptorSet of etcd-full, by protoc
#
# Needs go 1.26 or newer and python3 (3.10 or newer, with venv). Go versions are pinned in tools/go.mod and
# go-client/go.mod, which agree so that both share what is compiled; Python versions are pinned here.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python_packages=(grpcio==1.85.1 grpcio-tools==1.85.1 protobuf==7.36.2 googleapis-common-protos==1.76.0 typing_extensions==4.16.0)

mkdir -p "${1:-.interop}"
target=$(cd "${1:-.interop}" && pwd)

log() { printf 'setup.sh: %s\n' "$*" >&2; }
for tool in go python3; do
  command -v "$tool" >/dev/null || { log "$tool is missing"; exit 1; }
done

# once FOLDER STEP: runs the function STEP, which fills TARGET/FOLDER, unless it did so before with the same pins.
pins=$(cat "$here"/setup.sh "$here"/protos.py "$here"/{tools,go-client}/go.mod "$here"/go-client/main.go | cksum)
once() {
  local stamp=$target/$1/.$2
  [[ -e $stamp && $(<"$stamp") == "$pins" ]] && return
  log "${2//_/ } ..."
  "$2"
  printf '%s\n' "$pins" >"$stamp"
}

# GOGC: the compiler's garbage collector runs less often, a quarter less CPU time for a cold build.
go_in() { (cd "$here/$1" && shift && GOGC=400 GOFLAGS='' GOWORK=off CGO_ENABLED=0 nice go "$@"); }

go_binaries() {
  local flags=(-mod=readonly -buildvcs=false -trimpath) grpcurl
  grpcurl=$(go_in tools list -m -f '{{.Version}}' github.com/fullstorydev/grpcurl)
  mkdir -p "$target/bin"
  go_in tools build "${flags[@]}" -ldflags "-s -w -X main.version=$grpcurl" -o "$target/bin/" \
    go.etcd.io/etcd/server/v3 go.etcd.io/etcd/etcdctl/v3 github.com/fullstorydev/grpcurl/cmd/grpcurl
  mv "$target/bin/server" "$target/bin/etcd"
  go_in go-client build "${flags[@]}" -ldflags '-s -w' -o "$target/bin/etcd-go-client" .
}

python_venv() {
  rm -rf "$target/venv"
  python3 -m venv "$target/venv"
  "$target/venv/bin/pip" install -q --disable-pip-version-check --no-input "${python_packages[@]}"
}

module_file() { # module_file MODULE PATH COPY: copies a file out of the Go module cache
  copy "$(go_in tools list -m -f '{{.Dir}}' "$1")/$2" "$3"
}
copy() {
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2"
  chmod 644 "$2"
}

proto_files() {
  local api=go.etcd.io/etcd/api/v3 gogo=github.com/gogo/protobuf gateway=github.com/grpc-ecosystem/grpc-gateway/v2
  local full=$target/protos/etcd-full name
  rm -rf "$target/protos"
  go_in tools mod download "$api" "$gogo" "$gateway"
  for name in etcdserverpb/rpc mvccpb/kv authpb/auth versionpb/version; do
    module_file "$api" "$name.proto" "$full/etcd/api/$name.proto"
  done
  module_file "$gogo" gogoproto/gogo.proto "$full/gogoproto/gogo.proto"
  for name in annotations openapiv2; do
    module_file "$gateway" "protoc-gen-openapiv2/options/$name.proto" "$full/protoc-gen-openapiv2/options/$name.proto"
  done
  for name in annotations http; do # the Go module cache has no copy of these; the Python package does
    copy "$(site_packages)/google/api/$name.proto" "$full/google/api/$name.proto"
  done
  python3 "$here/protos.py" "$full" "$target/protos/etcd-flat" "$target/protos/etcd-plain"
  protoc --include_imports --descriptor_set_out="$target/protos/etcd.binpb" etcd/api/etcdserverpb/rpc.proto
}

python_stubs() { # of all but google/api, which the Python package brings
  protoc --python_out="$(site_packages)" --grpc_python_out="$(site_packages)" \
    etcd/api/{etcdserverpb/rpc,mvccpb/kv,authpb/auth,versionpb/version}.proto gogoproto/gogo.proto \
    protoc-gen-openapiv2/options/{annotations,openapiv2}.proto
}

site_packages() { "$target/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
protoc() { "$target/venv/bin/python" -m grpc_tools.protoc -I "$target/protos/etcd-full" "$@"; }

once bin go_binaries
once venv python_venv
once protos proto_files
once venv python_stubs
log "done: $target"
