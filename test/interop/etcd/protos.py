#!/usr/bin/env python3
"""Derives proto files without custom options from etcd's real ones.

    protos.py FULL FLAT PLAIN

FULL   etcd's files in the folder layout of their import statements (read only)
FLAT   written: rpc.proto, kv.proto, auth.proto; same packages and names, `import "kv.proto"`
PLAIN  written: rpc.proto alone, kv and auth inlined into package etcdserverpb, no import at all

Dropped are only custom options, `option (x) = ...;` and `[(x) = ...]`, and the imports that define them: what is
sent, and the JSON form of it, stay the same. PLAIN exists because grpcurl without -import-path looks for imports in the
current folder and not beside the importing file.
"""
import pathlib
import re
import sys

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\w+|\s+|.', re.S)
SIBLINGS = {"etcd/api/mvccpb/kv.proto": "kv.proto", "etcd/api/authpb/auth.proto": "auth.proto"}


def is_code(token):
    return not token.isspace() and not token.startswith(("//", "/*"))


def statements(source):
    """Yields the token lists between `;`, `{` and `}` (the delimiter last); `{...}` after a `=` is part of a value."""
    part, depth = [], 0
    for token in TOKEN.findall(source):
        part.append(token)
        code = [t for t in part[:-1] if is_code(t)]
        if token == "{" and (depth or (code and code[-1] == "=")):
            depth += 1
        elif token == "}" and depth:
            depth -= 1
        elif token in ("{", "}", ";") and not depth:
            yield part
            part = []
    yield part


def without_field_options(part):
    """Removes `(x) = v` entries from a trailing `[...]`; keeps others, such as `deprecated = true`."""
    starts = [i for i, t in enumerate(part) if t == "["]
    if not starts:
        return part
    start = starts[0]
    end = len(part) - 1 - part[::-1].index("]")
    entries = [e.strip() for e in "".join(part[start + 1:end]).split(",")]
    kept = [e for e in entries if not e.startswith("(")]
    if len(kept) == len(entries):
        return part
    head = part[:start]
    while not kept and head and head[-1].isspace():
        head.pop()
    return head + (["[" + ", ".join(kept) + "]"] if kept else []) + part[end + 1:]


def strip(source, imports):
    """`imports` maps an import path to what replaces it; imports not named there are dropped."""
    out = []
    for part in statements(source):
        code = [t for t in part if is_code(t)]
        first = next((i for i, t in enumerate(part) if is_code(t)), len(part))
        if code[:2] == ["option", "("]:
            out += part[:first]
        elif code[:1] == ["import"]:
            path = code[-2].strip('"')
            out += part[:first] + ([f'import "{imports[path]}";'] if path in imports else [])
        else:
            out += without_field_options(part)
    text = re.sub(r"\{\s+\}", "{}", "".join(out))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text))


def body(source):
    """The messages of a stripped file, without syntax, package, import and file options."""
    lines = re.sub(r"^(syntax|package|import|option)\b[^;]*;\n", "", source, flags=re.M)
    return lines.strip() + "\n"


def main(full, flat, plain):
    api = full / "etcd/api"
    rpc, kv, auth = (p.read_text() for p in (api / "etcdserverpb/rpc.proto", api / "mvccpb/kv.proto", api / "authpb/auth.proto"))
    flat.mkdir(parents=True, exist_ok=True)
    plain.mkdir(parents=True, exist_ok=True)
    kv, auth = strip(kv, {}), strip(auth, {})
    (flat / "kv.proto").write_text(kv)
    (flat / "auth.proto").write_text(auth)
    (flat / "rpc.proto").write_text(strip(rpc, SIBLINGS))
    single = re.sub(r"\b(mvccpb|authpb)\.(?=[A-Z])", "", strip(rpc, {})).rstrip()
    (plain / "rpc.proto").write_text(f"{single}\n\n// From kv.proto, package mvccpb.\n\n{body(kv)}\n// From auth.proto, package authpb.\n\n{body(auth)}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: protos.py FULL FLAT PLAIN")
    main(*map(pathlib.Path, sys.argv[1:]))
