#!/usr/bin/env bash
# Sets up a real OpenAI-compatible LLM server (llama.cpp), two tiny models that it makes itself, and real clients.
# usage: setup.sh [TARGET]      default: .interop      again: does nothing, or only what has changed
# needs: Linux x86-64, Python 3.11 or newer with venv, and a package index that pip knows
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-.interop}
mkdir -p "$target"
target=$(cd "$target" && pwd)
venv=$target/llama-venv models=$target/llama-models
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1

pins="xllamacpp==2026.10.11549
openai==3.54.0
anthropic==2.12.0
httpx==0.28.1
httpx-sse==0.4.3
gguf==0.19.0
numpy==2.4.6
annotated-types==0.8.0
anyio==4.16.0
certifi==2026.10.18
charset-normalizer==3.5.2
docstring_parser==0.18.0
h11==0.16.0
httpcore==1.0.9
httpcore2==2.16.2
httpx2==2.16.2
idna==3.20
jiter==0.19.0
opentelemetry-api==1.45.2
pydantic==2.14.3
pydantic_core==2.50.4
PyYAML==6.0.3
requests==2.34.2
sniffio==1.3.1
tqdm==4.70.1
truststore==0.10.5
typing-inspection==0.4.5
typing_extensions==4.16.0
urllib3==2.8.0"

if [ "$(cat "$venv/pins" 2>/dev/null)" != "$pins" ]; then
  echo "installing the server and the clients into $venv" >&2
  rm -rf "$venv"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "setup.sh: Python 3.11 or newer is needed")'
  python3 -m venv "$venv"
  printf '%s\n' "$pins" > "$target/llama-pins.txt"
  "$venv/bin/pip" install -q --no-input --no-compile --only-binary :all: -r "$target/llama-pins.txt"
  mv "$target/llama-pins.txt" "$venv/pins"
fi

mkdir -p "$models"
for size in small large; do
  gguf=$models/$size.gguf
  if ! { cat "$here/make-model.py"; echo "$size"; } | cmp -s - "$gguf.from"; then
    "$venv/bin/python" "$here/make-model.py" "$gguf.new" --size "$size" >&2
    mv "$gguf.new" "$gguf"
    { cat "$here/make-model.py"; echo "$size"; } > "$gguf.from"
  fi
done
echo "ready: $target" >&2
