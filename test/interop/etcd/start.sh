#!/usr/bin/env bash
# Starts one etcd on loopback with an empty data folder, waits until it serves, and prints its process id, nothing else.
#
#   start.sh [PORT] [RUN] [TARGET]
#
#   PORT     client port, default 12379; 0 picks a free one. gRPC and the JSON gateway share it. The peer port is always a free one.
#   RUN      folder of its own for what this etcd writes, default TARGET/etcd-run: etcd.log, endpoint (HOST:PORT), pid, data/
#   TARGET   folder that setup.sh filled, default .interop
#
# Stop it with: kill -9 PID. (With a plain kill it first waits up to 7 s for open watches.) Exit status 1 when it does not
# serve within 30 s; the end of its log is then on stderr.
set -euo pipefail

port=${1:-12379}
target=${3:-.interop}
run=${2:-$target/etcd-run}
etcd=$target/bin/etcd
[[ -x $etcd ]] || { echo "start.sh: $etcd is missing: run setup.sh $target first" >&2; exit 1; }

mkdir -p "$run"
if [[ $port == 0 ]]; then # etcd can bind port 0 itself, but its JSON gateway then dials port 0
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
fi
endpoint=127.0.0.1:$port
log=$run/etcd.log
if [[ -e $run/pid && $(ps -o stat= -o comm= -p "$(<"$run/pid")" 2>/dev/null) == [!Z]*etcd ]]; then
  echo "start.sh: process $(<"$run/pid") still uses $run: stop it, or give another RUN" >&2
  exit 1
fi
rm -rf "$run/data" "$run/endpoint"

# --unsafe-no-fsync: the data is thrown away, so nothing waits for the disk.
"$etcd" --name interop --data-dir "$run/data" --unsafe-no-fsync --log-outputs stderr \
  --listen-client-urls "http://$endpoint" --advertise-client-urls "http://$endpoint" \
  --listen-peer-urls http://127.0.0.1:0 --initial-advertise-peer-urls http://127.0.0.1:0 \
  --initial-cluster interop=http://127.0.0.1:0 </dev/null >"$log" 2>&1 &
pid=$!
echo "$pid" >"$run/pid"

# The log line proves that this process has the port, and not an older etcd.
for _ in $(seq 300); do
  if ! kill -0 "$pid" 2>/dev/null; then
    break
  fi
  if grep -q 'serving client traffic' "$log" && "$target/bin/etcdctl" --endpoints "$endpoint" endpoint health >/dev/null 2>&1; then
    echo "$endpoint" >"$run/endpoint"
    echo "$pid"
    exit 0
  fi
  sleep 0.1
done
kill "$pid" 2>/dev/null || true
echo "start.sh: etcd did not serve $endpoint; the end of $log:" >&2
tail -n 5 "$log" >&2
exit 1
