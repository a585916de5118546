#!/usr/bin/env bash
# Starts llama.cpp's server on 127.0.0.1, waits until it answers, prints its process id and nothing else on stdout.
# usage: start.sh [PORT] [TARGET]      default: 11435 .interop      stop: kill PID
# environment: LLAMA_SIZE=large|small  large: some ms between tokens; small: under 1 ms       (large)
#              LLAMA_PING=SECONDS      a comment `:` in the stream after so much silence      (30; -1: never)
#              LLAMA_API_KEY=KEY       401 without `Authorization: Bearer KEY`                (none)
#              LLAMA_THREADS=N         more threads: smaller gaps                             (1)
#              LLAMA_MODEL=NAME        the model's name in answers                            (tinyllama)
#              LLAMA_SHARED_CTX=N      the four slots share N tokens: long streams side by side die of an error event
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
port=${1:-11435} target=${2:-.interop}
python=$target/llama-venv/bin/python model=$target/llama-models/${LLAMA_SIZE:-large}.gguf log=$target/llama-$port.log
for f in "$python" "$model"; do
  [ -e "$f" ] || { echo "start.sh: no $f: run setup.sh $target" >&2; exit 1; }
done
alive() {
  "$python" -c 'import sys, urllib.request as u; u.urlopen(f"http://127.0.0.1:{sys.argv[1]}/health", timeout=2)' "$port" 2>/dev/null
}
if alive; then echo "start.sh: something answers on port $port already" >&2; exit 1; fi
nohup "$python" "$here/serve.py" "$model" "$port" > "$log" 2>&1 < /dev/null &
pid=$!
for _ in $(seq 300); do
  if ! kill -0 "$pid" 2>/dev/null; then echo "start.sh: it ended; $log:" >&2; tail -5 "$log" >&2; exit 1; fi
  if alive; then echo "$pid"; exit 0; fi
  sleep 0.2
done
kill "$pid"
echo "start.sh: no answer within 60 s; see $log" >&2
exit 1
