#!/usr/bin/env python3
"""Real clients against an OpenAI-compatible server: openai, anthropic, httpx, httpx-sse.

usage: clients.py BASE_URL [--model tinyllama] [--only PREFIX]... [--full] [--exact] [--times]

BASE_URL is without /v1, for example http://localhost:11435. Prints one canonical JSON line a scenario, in a fixed
order: what the client saw. Two runs can be compared with diff. Ids, creation times and server timings are masked
(`--exact` leaves them: a twin that repeats a recording must give the same lines even so). `--full` prints every event,
else a digest and counts. `--times` prints times to first event and gaps on stderr. Exit 1: nothing answers.
`--only overflow` (never run by default) wants a server that was started with LLAMA_SHARED_CTX=512.
"""
import argparse, asyncio, hashlib, json, re, sys, time
from contextlib import contextmanager
import anthropic, httpx, httpx2, httpx_sse, openai

ap = argparse.ArgumentParser()
ap.add_argument("base_url")
ap.add_argument("--model", default="tinyllama")
ap.add_argument("--api-key", default="none")
for flag in ("full", "exact", "times"):
    ap.add_argument("--" + flag, action="store_true")
ap.add_argument("--only", action="append", metavar="PREFIX")
A = ap.parse_args()
BASE, MODEL = A.base_url.rstrip("/"), A.model
# No connection is used twice: llama.cpp closes it after a stream without saying so, and a client that is quick to send
# its next request on it gets "Server disconnected without sending a response".
ONCE = dict(max_keepalive_connections=0)
SDK = dict(api_key=A.api_key, max_retries=0, timeout=120)
oai = openai.OpenAI(base_url=BASE + "/v1", http_client=openai.DefaultHttpxClient(limits=httpx2.Limits(**ONCE)), **SDK)
ant = anthropic.Anthropic(base_url=BASE, http_client=anthropic.DefaultHttpxClient(limits=httpx2.Limits(**ONCE)), **SDK)
http = httpx.Client(base_url=BASE, headers={"authorization": "Bearer " + A.api_key}, timeout=120, limits=httpx.Limits(**ONCE))

# ---------------------------------------------------------------- what is printed

VOLATILE = {"id", "item_id", "call_id", "created", "created_at", "completed_at", "timings", "system_fingerprint", "request_id"}
IN_BYTES = [
    (rb'"((?:item_|call_)?id)":"[^"]*"', rb'"\1":"*"'),
    (rb'"(created|created_at|completed_at)":\d+', rb'"\1":0'),
    (rb'"timings":\{[^{}]*\}', rb'"timings":{}'),
    (rb'"system_fingerprint":"[^"]*"', rb'"system_fingerprint":"*"'),
]


def mask(v):
    if A.exact:
        return v
    if isinstance(v, dict):
        return {k: "*" if k in VOLATILE and x is not None else mask(x) for k, x in v.items()}
    return [mask(x) for x in v] if isinstance(v, list) else v


def mask_bytes(b):
    for pattern, to in [] if A.exact else IN_BYTES:
        b = re.sub(pattern, to, b)
    return b


def plain(v):
    """an SDK object as the JSON that the server sent"""
    return mask(v.model_dump(mode="json", exclude_unset=True) if hasattr(v, "model_dump") else v)


def text_of(b):
    return b.decode("utf-8", "backslashreplace")


def sha(v):
    b = v if isinstance(v, bytes) else json.dumps(v, ensure_ascii=False, sort_keys=True).encode()
    return hashlib.sha256(b).hexdigest()[:16]


def events(evs):
    """a list of events, or its digest"""
    return {"n": len(evs), "sha": sha(evs), **({"all": evs} if A.full else {"first": evs[:2], "last": evs[-3:]})}


def same(values):
    """how many different ids the events of one stream have"""
    return len({v for v in values if v})


def failure(e):
    r = {"exception": type(e).__module__.split(".")[0] + "." + type(e).__name__}
    if getattr(e, "status_code", None) is not None:
        r["status"] = e.status_code
        r["body"] = mask(e.body) if isinstance(getattr(e, "body", None), (dict, list)) else str(getattr(e, "body", ""))
        r["content-type"] = e.response.headers.get("content-type")
    elif not isinstance(e, (openai.APIError, anthropic.APIError, httpx.TransportError)):
        r["message"] = str(e)[:200]
    return r


def left():
    """time for the server to notice, so that the next stream does not run beside the one that was left"""
    time.sleep(1)


class Clock:
    def __init__(self, name):
        self.name, self.t = name, [time.perf_counter()]

    def tick(self):
        self.t.append(time.perf_counter())

    def done(self):
        if A.times and len(self.t) > 2:
            t = self.t
            gaps = sorted((b - a) * 1e3 for a, b in zip(t[1:], t[2:]))
            at = lambda p: gaps[int(p * (len(gaps) - 1))]
            print(f"{self.name}: first {(t[1] - t[0]) * 1e3:.1f} ms, {len(t) - 1} reads, gaps p50 {at(.5):.2f} p90 {at(.9):.2f}"
                  f" p99 {at(.99):.2f} max {at(1):.2f} ms", file=sys.stderr, flush=True)


SCENARIOS = []


def scenario(name, *args):
    def add(f):
        SCENARIOS.append((name, lambda: f(*args, *([Clock(name)] if "clock" in f.__code__.co_varnames else []))))
        return f
    return add


def user(text):
    return [{"role": "user", "content": text}]


# ---------------------------------------------------------------- openai

CHATS = {  # name: request, without model and stream
    "hello": dict(messages=user("hello"), temperature=0, max_tokens=80, seed=1),
    "length": dict(messages=user("hello"), temperature=0, max_tokens=3, seed=1),
    "usage": dict(messages=user("tell me about the server"), temperature=1.1, seed=3, max_tokens=150,
                  stream_options={"include_usage": True}),
    "unicode": dict(messages=user("Größe? 日本語 🙂 Привет"), temperature=0.9, seed=12, max_tokens=90),
    "system": dict(messages=[{"role": "system", "content": "You are a proxy."}] + user("and the cat?"),
                   temperature=1.3, seed=5, max_tokens=120),
    "long": dict(messages=user("never stop"), temperature=1.0, seed=7, max_tokens=300, extra_body={"ignore_eos": True},
                 stream_options={"include_usage": True}),
    "stopword": dict(messages=user("hello"), temperature=1.0, seed=9, max_tokens=100, stop=["."]),
}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "the weather", "parameters": {
    "type": "object", "required": ["city", "days"], "properties": {
        "city": {"type": "string", "enum": ["Köln", "Zürich", "東京"]}, "days": {"type": "integer", "enum": [1, 2, 3]}}}}}]
CHATS["tools"] = dict(messages=user("weather?"), temperature=0, seed=2, max_tokens=150, tools=TOOLS, tool_choice="required")
CHATS["json"] = dict(messages=user("json"), temperature=1.0, seed=4, max_tokens=80, response_format={
    "type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object", "required": ["city", "ok"], "properties": {
        "city": {"enum": ["Köln", "東京"]}, "ok": {"type": "boolean"}}}}})


def collect(chunks):
    """what an application makes of the chunks of one chat"""
    text, finish, calls, usage = {}, {}, {}, None
    for c in chunks:
        usage = c.usage.model_dump(mode="json", exclude_unset=True) if c.usage else usage
        for ch in c.choices:
            text[ch.index] = text.get(ch.index, "") + (ch.delta.content or "")
            if ch.finish_reason:
                finish[ch.index] = ch.finish_reason
            for t in ch.delta.tool_calls or []:
                name, args = calls.get(t.index, ("", ""))
                calls[t.index] = (name + (t.function.name or ""), args + (t.function.arguments or ""))
    return {"text": text, "finish": finish, "calls": calls, "usage": usage, "ids": same(c.id for c in chunks),
            "events": events([plain(c) for c in chunks])}


for name, request in CHATS.items():
    @scenario("openai.chat.json." + name, request)
    def _(request):
        r = oai.chat.completions.create(model=MODEL, **{k: v for k, v in request.items() if k != "stream_options"})
        return plain(r)

    @scenario("openai.chat.stream." + name, request)
    def _(request, clock):
        chunks = []
        for c in oai.chat.completions.create(model=MODEL, stream=True, **request):
            clock.tick()
            chunks.append(c)
        clock.done()
        return collect(chunks)


def beside(r):
    """streams side by side share a batch: the last bits of the arithmetic, the text and the order differ from run to run"""
    return r if A.exact else {"ids": r["ids"], "finish": dict(sorted(r["finish"].items())), "any text": all(r["text"].values())}


@scenario("openai.chat.parallel")
def _():
    async def one(client, name):
        s = await client.chat.completions.create(model=MODEL, stream=True, temperature=0, seed=1, max_tokens=40,
                                                 messages=user("parallel " + name))
        return name, collect([c async for c in s])

    async def all_():
        async with openai.AsyncOpenAI(base_url=BASE + "/v1", **SDK) as client:
            return await asyncio.gather(*(one(client, n) for n in ("one", "zwei", "三")))

    return {n: beside(r) for n, r in asyncio.run(all_())}


@scenario("openai.chat.n2")
def _():
    return beside(collect(list(oai.chat.completions.create(model=MODEL, stream=True, temperature=1.0, seed=11, max_tokens=12, n=2,
                                                           messages=user("two answers")))))


@scenario("openai.completions.stream")
def _():
    chunks = list(oai.completions.create(model=MODEL, prompt="The server", temperature=0.8, seed=2, max_tokens=30, stream=True))
    return {"text": "".join(c.choices[0].text for c in chunks if c.choices),
            "finish": [c.choices[0].finish_reason for c in chunks if c.choices][-1], "ids": same(c.id for c in chunks),
            "events": events([plain(c) for c in chunks])}


@scenario("openai.responses.stream")
def _():
    evs = list(oai.responses.create(model=MODEL, input="a response", temperature=0, max_output_tokens=25, stream=True,
                                    extra_body={"seed": 6}))
    return {"types": list(dict.fromkeys(e.type for e in evs)), "text": "".join(e.delta for e in evs if e.type.endswith("text.delta")),
            "status": evs[-1].response.status, "events": events([plain(e) for e in evs])}


@scenario("openai.embeddings")
def _():
    r = oai.embeddings.create(model=MODEL, input=["one", "zwei 二"], encoding_format="float")
    return {"n": len(r.data), "dim": len(r.data[0].embedding), "first": [round(x, 4) for x in r.data[1].embedding[:4]], "usage": plain(r.usage)}


@scenario("openai.models")
def _():
    return [m.id for m in oai.models.list().data]


BAD = {
    "empty-messages": dict(messages=[], max_tokens=10, temperature=0),
    "bad-role": dict(messages=[{"role": "nobody"}]),
    "bad-type": dict(messages=user("x"), max_tokens="two"),
    "bad-type-stream": dict(messages=user("x"), max_tokens="two", stream=True),
    "too-long": dict(messages=user("word " * 900), stream=True, temperature=0, max_tokens=5),
    "bad-schema": dict(messages=user("x"), temperature=0, max_tokens=5, response_format={"type": "nothing"}),
    "unknown-model": dict(model="badmodel", messages=user("hello"), temperature=0, max_tokens=3, seed=1),
    "unknown-model-stream": dict(model="badmodel", messages=user("hello"), temperature=0, max_tokens=3, seed=1, stream=True),
}
for name, request in BAD.items():
    @scenario("openai.bad." + name, request)
    def _(request):
        r = oai.chat.completions.create(**{"model": MODEL, **request})
        return collect(list(r)) if request.get("stream") else plain(r)


@scenario("openai.leave")
def _():
    s = oai.chat.completions.create(model=MODEL, stream=True, temperature=1, seed=21, max_tokens=1500, messages=user("leave"),
                                    extra_body={"ignore_eos": True})
    seen = [c for _, c in zip(range(6), s)]
    s.close()
    left()
    return {"text": "".join(c.choices[0].delta.content or "" for c in seen), "n": len(seen)}


# ---------------------------------------------------------------- anthropic (POST /v1/messages)

COLD = {"temperature": 0}  # the SDK has no such parameter any more

@scenario("anthropic.messages.stream")
def _():
    evs = list(ant.messages.create(model=MODEL, max_tokens=40, messages=user("hello claude"), extra_body=COLD, stream=True))
    return {"types": list(dict.fromkeys(e.type for e in evs)),
            "text": "".join(e.delta.text for e in evs if e.type == "content_block_delta"),
            "stop": [e.delta.stop_reason for e in evs if e.type == "message_delta"], "events": events([plain(e) for e in evs])}


@scenario("anthropic.messages.json")
def _():
    return plain(ant.messages.create(model=MODEL, max_tokens=10, messages=user("hello claude"), extra_body=COLD))


@scenario("anthropic.bad")
def _():
    return plain(ant.messages.create(model=MODEL, max_tokens="ten", messages=user("x")))


# ---------------------------------------------------------------- httpx: the bytes


def body(name, **more):
    r = {**CHATS[name], **more}
    return {"model": MODEL, **r.pop("extra_body", {}), **r}


def head(r):
    names = ("content-type", "server", "cache-control", "x-accel-buffering", "content-length", "retry-after")
    return {"status": r.status_code, **{n: r.headers[n] for n in names if n in r.headers and (A.exact or n != "content-length")}}


for name in ("hello", "usage", "unicode"):
    @scenario("httpx.raw." + name, name)
    def _(name, clock):
        with http.stream("POST", "/v1/chat/completions", json=body(name, stream=True)) as r:
            raw = b""
            for chunk in r.iter_raw():
                clock.tick()
                raw += chunk
            clock.done()
        raw = mask_bytes(raw)
        parts = raw.split(b"\n\n")
        return {**head(r), "bytes": len(raw), "sha": sha(raw), "blocks": len(parts) - 1, "rest": text_of(parts[-1]), "cr": raw.count(b"\r"),
                "comments": sum(p.startswith(b":") for p in parts), "first": text_of(parts[0]), "last": [text_of(p) for p in parts[-3:-1]]}


@scenario("httpx.leave")
def _():
    with http.stream("POST", "/v1/chat/completions", json=body("long", stream=True, max_tokens=1500)) as r:
        raw = b""
        for chunk in r.iter_raw():
            raw += chunk
            if raw.count(b"\n\n") >= 6:
                break
    left()
    return {**head(r), "first": text_of(mask_bytes(raw).split(b"\n\n")[0])}


@scenario("httpx.leave-before-the-first-event")
def _():
    with http.stream("POST", "/v1/chat/completions", json=body("long", stream=True, max_tokens=1500)) as r:
        pass
    left()
    return head(r)


@scenario("httpx.after-leaving")
def _():
    r = http.get("/v1/models")
    return {**head(r), "models": [m["id"] for m in r.json()["data"]]}


PLAIN = {
    "not-json": ("POST", "/v1/chat/completions", b"{bad json"),
    "empty": ("POST", "/v1/chat/completions", b""),
    "no-such-path": ("GET", "/v1/nothing", None),
    "wrong-method": ("DELETE", "/v1/chat/completions", None),
}
for name, (method, path, content) in PLAIN.items():
    @scenario("httpx.bad." + name, method, path, content)
    def _(method, path, content):
        r = http.request(method, path, content=content, headers={"content-type": "application/json"} if content is not None else {})
        return {**head(r), "body": text_of(mask_bytes(r.content))}


# ---------------------------------------------------------------- httpx-sse: the events

for name, path, request in (
    ("chat", "/v1/chat/completions", body("unicode", stream=True)),
    ("tools", "/v1/chat/completions", body("tools", stream=True)),
    ("messages", "/v1/messages", {"model": MODEL, "max_tokens": 30, "stream": True, "temperature": 0, "messages": user("named events")}),
    ("responses", "/v1/responses", {"model": MODEL, "max_output_tokens": 12, "stream": True, "temperature": 0, "input": "named events"}),
    ("not-a-stream", "/v1/chat/completions", body("length")),
):
    @scenario("httpx-sse." + name, path, request)
    def _(path, request):
        with httpx_sse.connect_sse(http, "POST", path, json=request) as source:
            evs = [{"event": e.event, "data": text_of(mask_bytes(e.data.encode())), "id": e.id, "retry": e.retry} for e in source.iter_sse()]
        return {"names": list(dict.fromkeys(e["event"] for e in evs)), "events": events(evs)}


# ---------------------------------------------------------------- an error in the middle of a stream


@scenario("overflow.openai")
def _():
    async def one(client, text):
        n = 0
        try:
            async for _ in await client.chat.completions.create(model=MODEL, stream=True, messages=user(text), max_tokens=450, seed=1,
                                                                extra_body={"ignore_eos": True}):
                n += 1
        except openai.APIError as e:
            return {**failure(e), "message": e.message, "error": e.body, "some events before": n > 5}

    async def all_():
        async with openai.AsyncOpenAI(base_url=BASE + "/v1", **SDK) as client:
            return await asyncio.gather(*(one(client, t) for t in ("a", "b", "c")))

    return asyncio.run(all_())


def main():
    try:
        http.get("/v1/models")
    except httpx.TransportError as e:
        sys.exit(f"clients.py: {BASE} does not answer: {e!r}")
    for name, f in SCENARIOS:
        if not any(name.startswith(p) for p in A.only) if A.only else name.startswith("overflow"):
            continue
        try:
            r = {"saw": f()}
        except Exception as e:
            r = failure(e)
        print(json.dumps({"scenario": name, **r}, ensure_ascii=False, sort_keys=True), flush=True)


main()
