#!/usr/bin/env python3
"""Makes a tiny GGUF (llama architecture) from a seed: nothing is downloaded, nothing is trained.

usage: make-model.py OUT.gguf [--size small|large] [--seed N]

The embedding is one-hot and the output matrix is the table of word pairs counted in TEXT, so the model babbles readable
words, ends by itself now and then, and emits multi-byte UTF-8 (emoji byte by byte, so a sign is spread over tokens).
Random layers stir the prompt and the history into the choice. `large` has the same words and more layers: they are
there to cost time. One attention head is made by hand: it looks for `<tools>` in the prompt and, where that is
present, makes `<tool_call>` likely; llama.cpp's grammar does the rest.
"""
import argparse, hashlib, os, re
import numpy as np
import gguf

TEXT = r"""
A stream is a row of events that come one after the other.
The proxy records the stream and the twin plays the same stream again.
The server sends an event, then it waits, then it sends the next event.
A client reads the events and closes the socket when it has seen enough.
If the client leaves in the middle of the stream, the server stops the work.
Every event has a time, a name and some data; the data is often JSON.
The record says: {"id": 7, "ok": true, "path": "C:\\tmp\\a.txt"} and nothing more.
"Why," asked the client, "is the first event so late?" The server said: 'I was thinking.'
Größe und Maße: die Straße über den Fluß ist schön, aber der Weg zur Tür ist naß.
Le café est près de la forêt, où l’été est déjà là; ça va très bien, merci à vous.
Señor, mañana el niño verá la montaña y la cigüeña.
Привет, мир! Сервер посылает событие, а клиент читает поток.
日本語の流れは長い。東京の朝は早い。猫は魚を食べる。
数据流很长，服务器发送事件，客户端读取。
안녕하세요 세계, 서버가 이벤트를 보냅니다.
Γειά σου κόσμε, η ροή είναι μεγάλη.
The twin is happy 🙂 and the proxy is glad 🎉 and the cat 🐈 sleeps.
A family 👨‍👩‍👧 reads the events 🌱 and the server 🔥 sends more 🙂 events.
Numbers: 1, 2, 3.14, 1e9, -0 and 18446744073709551616 are all in the data.
Tabs\tand\nnew lines\n\nare part of the stream, as are <tags> & "quotes".
- first: the header\n- second: the events\n- third: the end of the stream.
"""
CALL = '<tool_call>\n{"name": "x", "arguments": {"a": "Köln", "b": 3, "c": "東京", "d": true, "e": "the end of the stream."}}\n</tool_call>'

Q8, SLOW, F16 = (getattr(gguf.GGMLQuantizationType, n) for n in ("Q8_0", "IQ2_XXS", "F16"))
SIZES = {"small": (2, 768, Q8, 0.03), "large": (16, 1536, SLOW, 0.02)}  # layers, feed-forward width, type, stir
DIM, HEAD, CTX = 512, 64, 4096
T = gguf.TokenType

TEMPLATE = r"""{% if tools %}<|im_start|>system
You may call these tools, in XML tags:
<tools>
{% for t in tools %}{{ t | tojson }}
{% endfor %}</tools>
A call looks like this:
<tool_call>
{"name": <name>, "arguments": <object>}
</tool_call><|im_end|>
{% endif %}{% for m in messages %}{% if m.role == "tool" %}{{ "<|im_start|>user\n<tool_response>\n" + m.content + "\n</tool_response><|im_end|>\n" }}{% else %}{{ "<|im_start|>" + m.role + "\n" }}{% if m.content %}{{ m.content }}{% if m.tool_calls %}{{ "\n" }}{% endif %}{% endif %}{% for c in m.tool_calls or [] %}{{ '<tool_call>\n{"name": "' + c.function.name + '", "arguments": ' }}{{ c.function.arguments | tojson }}{{ "}\n</tool_call>" }}{% if not loop.last %}{{ "\n" }}{% endif %}{% endfor %}{{ "<|im_end|>\n" }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ "<|im_start|>assistant\n" }}{% endif %}"""


def split(line):
    """words with the space before them, CJK signs one by one; emoji, tabs and line ends as bytes"""
    out = []
    for w in re.findall(r"</?tool_call>|[\u3000-\u9fff]| ?[^\W\u3000-\u9fff]+| ?[^\w\s]|\s", line):
        if ord(w[-1]) > 0xFFFF or w[-1] in "\u200d\n\t":
            out += ["\u2581"] * (len(w) - 1) + list(w[-1].encode())
        else:
            out.append(w.replace(" ", "\u2581"))
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--size", choices=SIZES, default="small")
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    layers, ff, qtype, stir = SIZES[a.size]
    rng = np.random.default_rng(a.seed)

    # vocabulary: SPM with byte fallback
    lines = [split(" " + l.replace("\\n", "\n").replace("\\t", "\t")) for l in TEXT.strip().split("\n")]
    call = split(CALL)
    toks = {"<unk>": T.UNKNOWN, "<s>": T.CONTROL, "</s>": T.CONTROL}
    toks.update({f"<0x{b:02X}>": T.BYTE for b in range(256)})
    toks.update({"<|im_start|>": T.CONTROL, "<|im_end|>": T.CONTROL})
    toks.update({t: T.USER_DEFINED for t in ("<tools>", "<tool_call>", "</tool_call>")})
    for w in [w for l in lines + [call] for w in l if isinstance(w, str)]:
        toks.setdefault(w, T.NORMAL)
    V, SPARE = len(toks), DIM - 1
    assert V < SPARE, V
    ids = {t: i for i, t in enumerate(toks)}
    num = lambda w: 3 + w if isinstance(w, int) else ids[w]
    END, NL, TOOLS, TC = ids["<|im_end|>"], num(10), ids["<tools>"], ids["<tool_call>"]

    # word pairs -> logits
    pair = np.zeros((V, V))  # [previous, next]
    seqs = [[num(w) for w in l] for l in lines]
    for s in seqs:
        pair[NL, s[0]] += 1                           # the prompt ends with a new line
        for p, n in zip(s, s[1:]):
            pair[p, n] += 1
        pair[s[-1], END] += 0.5                       # the end of a line may end the answer ...
        for other in seqs:
            pair[s[-1], other[0]] += 1.5 / len(seqs)  # ... or another line follows
    c = [num(w) for w in call] + [END]
    for p, n in zip(c, c[1:]):
        pair[p, n] += 0.3
    starts = {NL} | {s[-1] for s in seqs}
    for p in starts:
        pair[p, TC] = 1e-4 * pair[p].sum()            # only with the help of the head below
    prob = pair / np.maximum(pair.sum(1, keepdims=True), 1e-9)
    logit = np.where(pair > 0, 14 + np.log(np.where(pair > 0, prob, 1)), 0)
    logit[TC, TC] = -10

    gain = np.sqrt(DIM)                               # what RMS norm makes of a one-hot vector
    embd, out = np.zeros((V, DIM)), np.zeros((V, DIM))
    embd[np.arange(V), np.arange(V)] = 1
    out[:, :V] = logit.T / gain
    out[TC, SPARE] = 20 / gain

    w = gguf.GGUFWriter(a.out, "llama")
    w.add_name("tinyllama-" + a.size)
    w.add_context_length(CTX)
    w.add_embedding_length(DIM)
    w.add_block_count(layers)
    w.add_feed_forward_length(ff)
    w.add_head_count(DIM // HEAD)
    w.add_head_count_kv(DIM // HEAD)
    w.add_rope_dimension_count(HEAD)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_vocab_size(V)
    w.add_tokenizer_model("llama")
    w.add_token_list([t.encode() for t in toks])
    w.add_token_scores([-float(i) for i in range(V)])
    w.add_token_types([int(t) for t in toks.values()])
    w.add_bos_token_id(1)
    w.add_eos_token_id(END)
    w.add_unk_token_id(0)
    w.add_add_bos_token(True)
    w.add_add_space_prefix(False)
    w.add_chat_template(TEMPLATE)

    def put(name, x, qt=F16):
        x = np.ascontiguousarray(x, np.float32)
        if x.ndim == 1:
            w.add_tensor(name, x)
        else:
            w.add_tensor(name, gguf.quants.quantize(x, qt), raw_dtype=qt)

    def rand(rows, cols, scale):
        return rng.standard_normal((rows, cols), np.float32) * np.float32(scale / np.sqrt(cols))

    def noise(name, rows, cols, scale):
        if qtype != SLOW:
            return put(name, rand(rows, cols, scale), qtype)
        # any bit pattern is a valid IQ2_XXS block; the first two bytes are its scale
        raw = rng.integers(0, 256, (rows, cols // 256 * 66), np.uint8)
        raw.reshape(-1, 66)[:, :2] = np.frombuffer(np.float16(scale / np.sqrt(cols) / 35).tobytes(), np.uint8)
        w.add_tensor(name, raw, raw_dtype=qtype)

    put("token_embd.weight", embd)
    put("output.weight", out)
    put("output_norm.weight", np.ones(DIM))
    stir /= np.sqrt(layers)
    for i in range(layers):
        b = f"blk.{i}."
        put(b + "attn_norm.weight", np.ones(DIM))
        put(b + "ffn_norm.weight", np.ones(DIM))
        scales = {"q": 1.5, "k": 1.5, "v": 1, "output": stir}
        if i > 0:
            for n, x in scales.items():
                noise(b + f"attn_{n}.weight", DIM, DIM, x)
        else:                                         # head 0: is there a <tools> before? then write to SPARE
            q, k, v, o = (rand(DIM, DIM, x) for x in scales.values())
            q[:HEAD] = k[:HEAD] = v[:HEAD] = 0
            o[:, :HEAD] = 0
            q[HEAD - 2] = 0.7                         # the slowest pair of the rotary embedding
            k[HEAD - 2, TOOLS] = 0.7
            v[0, TOOLS] = 1 / gain
            o[SPARE, 0] = 0.5
            for n, x in zip(scales, (q, k, v, o)):
                put(b + f"attn_{n}.weight", x)
        noise(b + "ffn_gate.weight", ff, DIM, 1)
        noise(b + "ffn_up.weight", ff, DIM, 1)
        noise(b + "ffn_down.weight", DIM, ff, stir)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    data = open(a.out, "rb").read()
    print(os.path.basename(a.out), len(data), "bytes,", V, "tokens, sha256", hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    main()
