import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes } from "../base/bytes.ts";
import type { HeaderList, RequestHead } from "../base/http.ts";
import { createFormats } from "../formats/index.ts";
import type { Chunk } from "./exchange.ts";
import { createScrubber, scrubRequest } from "./scrub-create.ts";
import { DEFAULT_SCRUB_RULES, type ScrubRule } from "./scrub-rules.ts";

const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 1 << 20 });
const KEY = { kind: "secret", secret: "test" } as const;
const scrubberOf = (...rules: ScrubRule[]) => createScrubber({ ...DEFAULT_SCRUB_RULES, rules }, KEY, formats);
const plain = scrubberOf();
const withPatterns = scrubberOf(
  { name: "narrow", scope: "regex", match: "acct_[a-z0-9é]+", action: "tokenize" },
  { name: "wide", scope: "regex", match: "pin: (\\d{4})", action: "mask" },
  { name: "field", scope: "json", match: "user.**.email", action: "tokenize" },
);
const requestHead = (headers: HeaderList = []): RequestHead => ({
  protocol: "http",
  httpVersion: "1.1",
  method: "POST",
  path: "/p",
  query: "",
  headers,
});
const text = (chunks: readonly Chunk[]): string => Buffer.concat(chunks.map((c) => c.bytes)).toString();
const tokenOf = (value: string): string => plain.query(`key=${value}`, new Set()).slice(4);
const SECRET = "sk-proj-AbCdEf0123456789";

/** What becomes of a request's body that arrives cut at these places. */
function sendBody(contentType: string, body: Uint8Array, cuts: readonly number[], scrubber = plain) {
  const exchange = scrubber.exchange();
  exchange.open(requestHead([["content-type", contentType]]));
  const places = [...new Set([0, ...cuts.map((c) => c % (body.length + 1)).sort((a, b) => a - b), body.length])];
  const out: Chunk[] = [];
  places
    .slice(1)
    .forEach((to, i) => out.push(...exchange.push("client", { atUs: i, bytes: body.subarray(places[i], to) })));
  out.push(...exchange.end("client"));
  return { out, text: text(out), fired: [...exchange.fired], unscrubbed: exchange.unscrubbed() };
}

/** What becomes of a response's chunks. */
function answer(contentType: string, chunks: readonly string[], scrubber = plain) {
  const exchange = scrubber.exchange();
  exchange.open(requestHead());
  exchange.head({ status: 200, headers: [["content-type", contentType]] });
  const steps = chunks.map((c, i) => exchange.push("server", { atUs: i, bytes: Buffer.from(c) }));
  const last = exchange.end("server");
  return {
    steps,
    last,
    out: [...steps.flat(), ...last],
    text: text([...steps.flat(), ...last]),
    fired: [...exchange.fired],
  };
}
const delta = (content: string, index = 0): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", choices: [{ index, delta: { content } }] })}\n\n`;
const joined = (stream: string, index = 0): string =>
  stream
    .split("\n\n")
    .filter((e) => e.startsWith("data: {"))
    .map((e) => JSON.parse(e.slice(6)) as { choices: { index: number; delta: { content: string } }[] })
    .filter((e) => e.choices[0]!.index === index)
    .map((e) => e.choices[0]!.delta.content)
    .join("");

describe("bodies", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 6 }),
    fc.constantFrom(
      SECRET,
      "ghp_0123456789012345678901",
      "AKIAABCDEFGHIJKLMNOP",
      "4111111111111111",
      "4111 1111 1111 1111",
      "3782-822463-10005",
      "s",
      "sk-",
      "41",
      "acct_x9é",
      "pin: 1234",
      " ",
      "\n",
      '"',
      "\\",
      "é",
      "😀",
      ".",
      "wraith_tok_abc",
    ),
  );
  const words = fc.array(piece, { maxLength: 8 }).map((p) => p.join(""));
  const key = fc.constantFrom("a", "password", "api_key", "user", "email", "token", "user\u00e9", "secret");
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      words,
      fc.double({ noNaN: true }),
      fc.constantFrom(true, null, 4111111111111111),
      tie("object"),
      fc.array(tie("value"), { maxLength: 3 }),
    ),
    object: fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((e) => Object.fromEntries(e)),
  })).value;
  const body = fc.oneof(
    fc
      .tuple(json, fc.constantFrom(0, 2))
      .map(([v, n]) => ({ type: "application/json", text: JSON.stringify(v, null, n) })),
    fc
      .array(json, { maxLength: 3 })
      .map((l) => ({ type: "application/x-ndjson", text: l.map((v) => JSON.stringify(v)).join("\n") })),
    fc
      .tuple(fc.constantFrom("application/json", "text/plain", "", "application/x-www-form-urlencoded"), words)
      .map(([type, t]) => ({ type, text: t })),
    words.map((t) => ({ type: "text/plain", text: `{${t}` })),
    fc.tuple(fc.array(fc.tuple(key, words), { maxLength: 4 }), fc.constantFrom("+", "%20")).map(([p, space]) => ({
      type: "application/x-www-form-urlencoded",
      text: new URLSearchParams(p).toString().replaceAll("+", space),
    })),
    fc.array(fc.tuple(key, words), { maxLength: 4 }).map((p) => ({
      type: "multipart/form-data; boundary=b",
      text: `${p.map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join("")}--b--\r\n`,
    })),
  );

  test.each([
    ["built-in rules", plain],
    ["rules of one's own", withPatterns],
  ] as const)("%s: the cuts do not matter", (_, scrubber) => {
    fc.assert(
      fc.property(body, fc.array(fc.nat(), { maxLength: 12 }), ({ type, text }, cuts) => {
        const bytes = Buffer.from(text);
        const whole = sendBody(type, bytes, [], scrubber);
        const cut = sendBody(type, bytes, cuts, scrubber);
        expect(cut.text).toBe(whole.text);
        expect(new Set(cut.fired)).toEqual(new Set(whole.fired));
        expect(sendBody(type, bytes, Array.from(bytes.keys()), scrubber).text).toBe(whole.text);
        expect(Buffer.from(scrubRequest(scrubber, requestHead([["content-type", type]]), bytes).body).toString()).toBe(
          whole.text,
        );
        expect(cut.unscrubbed).toBe(false);
        if (scrubber === plain)
          expect(whole.text).not.toMatch(
            /(?<![A-Za-z0-9])(?:sk-proj-AbCdEf0123456789|ghp_01234567890123456789|AKIAABCDEFGHIJKLMNOP(?![A-Za-z0-9]))/,
          );
        if (type === "application/json" && isJson(text)) expect(isJson(whole.text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("what was scrubbed stays when it is scrubbed again", () => {
    const once = sendBody(
      "application/json",
      Buffer.from(`{"password":"p","a":"x ${SECRET} 4111 1111 1111 1111.","n":[{"b":"${SECRET}"}]}`),
      [],
    ).text;
    expect(once.match(/wraith_tok_\w{22}/g)).toHaveLength(4);
    expect(sendBody("application/json", Buffer.from(once), [])).toMatchObject({ text: once, fired: [] });
  });

  test("bytes that are no UTF-8 stay as they are, marked, and never make it throw", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        fc.constantFrom("application/json", "text/plain", ""),
        (bytes, cuts, type) => {
          const { out, unscrubbed } = sendBody(type, bytes, cuts);
          const isBroken = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().includes("\ufffd");
          expect([...concatBytes(out.map((c) => c.bytes))]).toEqual([...bytes]);
          expect(unscrubbed).toBe(isBroken);
        },
      ),
    );
    const broken = sendBody(
      "application/json",
      Buffer.concat([Buffer.from(`{"a":"${SECRET}`), Buffer.of(0xff), Buffer.from(`${SECRET}"}`)]),
      [3, 9, 30],
    );
    expect(broken.text.slice(0, -(SECRET.length + 3))).toBe(`{"a":"${tokenOf(SECRET)}`);
    expect(broken.unscrubbed).toBe(true);
    expect(sendBody("image/png", Buffer.of(1, 255), []).unscrubbed).toBe(false);
  });

  test("a secret above 4 KiB is known by its beginning, and nothing of it is kept", () => {
    for (const wrap of [
      (s: string) => `{"a":"x ${s} y"}`,
      (s: string) => `{"password":"${s}"}`,
      (s: string) => `x ${s} y`,
    ]) {
      const long = `sk-${"a".repeat(20_000)}`;
      const whole = sendBody("application/json", Buffer.from(wrap(long)), []);
      const cut = sendBody(
        "application/json",
        Buffer.from(wrap(long)),
        Array.from({ length: 30 }, (_, i) => i * 997),
      );
      expect(cut.text).toBe(whole.text);
      expect(cut.text).toBe(wrap(tokenOf(long.slice(0, 4096))));
    }
  });

  test("a name or number of more than 4 KiB is no JSON, however it arrives", () => {
    for (const length of [4094, 4095, 4096, 4097, 4098, 9000])
      for (const text of [
        `{"${"a".repeat(length)}":{"password":"p"},"secret":"s"}`,
        `{"n":${"1".repeat(length)},"secret":"s","x":"${SECRET}"}`,
      ]) {
        const whole = sendBody("application/json", Buffer.from(text), []);
        for (const cuts of [[4000], [4099, 4100, 4101], Array.from({ length: 100 }, (_, i) => i * 97)])
          expect(sendBody("application/json", Buffer.from(text), cuts).text).toBe(whole.text);
        expect(whole.text).not.toContain(SECRET);
      }
  });

  test("a key of each well-known form is found, alone, in a sentence and within JSON; what only looks like its beginning stays", () => {
    const prefixes =
      "sk- sk_live_ sk_test_ rk_live_ rk_test_ whsec_ ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- AIza hf_ gsk_ xai- npm_";
    const keys = prefixes.split(" ").map((prefix) => prefix + "Ab1".repeat(12));
    for (const key of [...keys, `AKIA${"Z9".repeat(8)}`, `ASIA${"Z9".repeat(8)}`]) {
      for (const wrap of [(k: string) => k, (k: string) => `it is ${k}, he said`, (k: string) => `{"a":["${k}"]}`])
        expect(sendBody("text/plain", Buffer.from(wrap(key)), []).text).toBe(wrap(tokenOf(key)));
      expect(sendBody("text/plain", Buffer.from(`x${key} ${key.slice(0, 5)}`), []).fired).toEqual([]);
    }
  });

  test("card numbers are found behind other digits, in groups and alone", () => {
    const card = "4111 1111 1111 1111";
    for (const wrap of [(c: string) => c, (c: string) => `1 23 ${c}`, (c: string) => `on 2026-11-22 ${c} and 7`])
      for (const c of [card, card.replaceAll(" ", ""), card.replaceAll(" ", "-")])
        expect(sendBody("text/plain", Buffer.from(wrap(c)), []).text).toBe(wrap(tokenOf(card.replaceAll(" ", ""))));
  });

  test("what no secret can go on with is written at once, and a chunk keeps its time", () => {
    const exchange = plain.exchange();
    exchange.open(requestHead([["content-type", "text/plain"]]));
    const push = (atUs: number, t: string) =>
      exchange.push("client", { atUs, bytes: Buffer.from(t) }).map((c) => [c.atUs, Buffer.from(c.bytes).toString()]);
    expect(push(1, "hello wor")).toEqual([[1, "hello wor"]]);
    expect(push(2, "ld sk")).toEqual([]);
    expect(push(3, "-proj-AbCdEf01")).toEqual([]);
    expect(push(4, "23456789 yes")).toEqual([
      [2, `ld ${tokenOf(SECRET)}`],
      [3, ""],
      [4, " yes"],
    ]);
  });
});

function isJson(t: string): boolean {
  try {
    JSON.parse(t);
    return true;
  } catch {
    return false;
  }
}

describe("streams", () => {
  test("a secret that is cut at any place into events never leaves, and each event does, in order and with its own time", () => {
    for (const secret of [SECRET, "4111111111111111", "4242 4242 4242 4242"])
      for (let size = 1; size <= secret.length; size++) {
        const parts = ["Hi", " "];
        for (let i = 0; i < secret.length; i += size) parts.push(secret.slice(i, i + size));
        parts.push(" ok", ".");
        const chunks = parts.map((p) => delta(p));
        const { out, text: stored, fired } = answer("text/event-stream", chunks);
        expect(out.map((c) => c.atUs)).toEqual(chunks.map((_, i) => i));
        expect(joined(stored)).toBe(`Hi ${tokenOf(secret.replaceAll(" ", ""))} ok.`);
        expect(fired).toHaveLength(1);
      }
  });

  test("chunks may be cut anywhere in an event", () => {
    const stream = [delta("say sk-pr"), delta("oj-AbCdEf01"), delta("23456789!"), "data: [DONE]\n\n"].join("");
    const whole = answer("text/event-stream", [stream]).text;
    expect(joined(whole)).toBe(`say ${tokenOf(SECRET)}!`);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const { out, text: stored } = answer(
          "text/event-stream",
          places.slice(1).map((to, i) => stream.slice(places[i], to)),
        );
        expect(stored).toBe(whole);
        expect(out.map((c) => c.atUs)).toEqual(out.map((_, i) => i));
      }),
    );
  });

  test("a secret that begins after an escape", () => {
    const { text: stored } = answer("text/event-stream", [delta("key:\nsk"), delta("-proj-AbCdEf0123456789 ok")]);
    expect(joined(stored)).toBe(`key:\n${tokenOf(SECRET)} ok`);
  });

  test("what is still coded is stored as it is and marked, whatever it looks like", () => {
    const exchange = plain.exchange();
    exchange.open(requestHead());
    exchange.head({
      status: 200,
      headers: [
        ["content-type", "text/event-stream"],
        ["content-encoding", "odd"],
      ],
    });
    const bytes = Buffer.from(delta(SECRET));
    expect(exchange.push("server", { atUs: 1, bytes })).toEqual([{ atUs: 1, bytes }]);
    expect(exchange.unscrubbed()).toBe(true);
  });

  test("choices that alternate are two texts", () => {
    const { text: stored } = answer("text/event-stream", [
      delta("sk-proj-", 0),
      delta("I am", 1),
      delta("AbCdEf012345", 0),
      delta(" sk", 1),
      delta("6789 ", 0),
      delta("y", 1),
    ]);
    expect(joined(stored, 0)).toBe(`${tokenOf(SECRET)} `);
    expect(joined(stored, 1)).toBe("I am sky");
  });

  test("only a beginning is held back, and 64 events at most", () => {
    const { steps } = answer("text/event-stream", [
      delta("Hello"),
      delta(" there"),
      delta(" sk"),
      delta("ill"),
      delta("."),
      "data: [DONE]\n\n",
    ]);
    expect(steps.map((s) => s.length)).toEqual([1, 1, 0, 2, 1, 1]);
    const pings = Array.from({ length: 70 }, () => 'data: {"type":"ping"}\n\n');
    const held = answer("text/event-stream", [delta("sk-proj-A"), ...pings]);
    expect(held.steps.findIndex((s) => s.length > 0)).toBe(64);
    expect(held.steps[64]!).toHaveLength(65);
  });

  test("a secret that outlasts the bound is replaced, and its rest left out", () => {
    const parts = Array.from({ length: 200 }, (_, i) => String(i % 10));
    const { text: stored } = answer("text/event-stream", [delta("sk-"), ...parts.map((p) => delta(p)), delta(" end")]);
    expect(joined(stored)).toMatch(/^wraith_tok_\w{22} end$/);
  });

  test("plain text payloads, comments, names and cut-off events are looked at", () => {
    const { text: stored } = answer("text/event-stream", [
      `: ${SECRET}\n\n`,
      "data: sk-proj-AbCd\n\n",
      "data: Ef0123456789\n\n",
      `event: x\nid: ${SECRET}\ndata: {"password":"p","n":1.0}\n\n`,
      'data: {"password":"hunter2',
    ]);
    const token = tokenOf(SECRET);
    expect(stored).toBe(
      `: ${token}\n\ndata: ${token}\n\ndata: \n\nevent: x\nid: ${token}\ndata: {"password":"${tokenOf("p")}","n":1.0}\n\ndata: {"password":"${tokenOf("hunter2")}`,
    );
  });

  test("an id that is the same in every event is no text that goes on", () => {
    const chunks = Array.from({ length: 4 }, (_, i) => `data: {"id":"order-41111111","n":${i}}\n\n`);
    const { text: stored, steps } = answer("text/event-stream", chunks);
    expect(stored).toBe(chunks.join(""));
    expect(steps.map((s) => s.length)).toEqual([0, 2, 1, 1]);
  });
});
