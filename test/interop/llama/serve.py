#!/usr/bin/env python3
"""Runs llama.cpp's own HTTP server (it is inside the xllamacpp wheel) on 127.0.0.1 until it is killed.

usage: serve.py MODEL.gguf PORT        environment: see start.sh
"""
import os, signal, sys
import xllamacpp as x

env = os.environ.get
p = x.CommonParams()
p.model.path, p.port = sys.argv[1], int(sys.argv[2])
p.model_alias = {env("LLAMA_MODEL") or "tinyllama"}
p.hostnames = ["127.0.0.1"]
p.n_parallel, p.n_ctx = 4, 8192                   # four streams at once, 2048 tokens each
p.cpuparams.n_threads = int(env("LLAMA_THREADS") or 1)
p.sse_ping_interval = int(env("LLAMA_PING") or 30)
p.api_keys = [k for k in [env("LLAMA_API_KEY")] if k]
if env("LLAMA_SHARED_CTX"):
    p.n_ctx, p.kv_unified = int(env("LLAMA_SHARED_CTX")), True
p.embedding, p.pooling_type = True, x.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
p.cache_prompt, p.cache_ram_mib = False, 0        # the same request gives the same text, whatever came before
for sig in (signal.SIGINT, signal.SIGTERM):
    signal.signal(sig, signal.SIG_DFL)            # either ends it at once; open streams are cut
s = x.Server(p)
print("listening at", s.listening_address, flush=True)
signal.pause()
