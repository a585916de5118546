import { describe, expect, it } from "vitest";
import { createFormats } from "../formats/index.ts";
import type { Route } from "../model/model.ts";
import { formatModel } from "../model/symbols.ts";
import { formatTake } from "../model/take-lines.ts";
import type { Session } from "../recording/exchange.ts";
import { expectExact } from "../../test/support/exact.ts";
import { dataEvents, JSON_BODY, sessionOf, SESSION_MS, type WrittenExchange } from "../../test/support/sessions.ts";
import { synthesize, type Synthesis } from "./synthesize.ts";

const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 10 * 1024 * 1024 });

function learn(written: readonly WrittenExchange[], fields: Readonly<Record<string, string>> = {}): Synthesis {
  return synthesize("t", [sessionOf("s", written)], formats, { fields });
}

const onlyRoute = ({ model }: Synthesis): Route => model.routes[0]!;

const id = (n: number): string => `chatcmpl-B9MBs8CjcvOU2jLn${String(n).padStart(4, "x")}`;
const created = SESSION_MS / 1000;
const chunk = (n: number, delta: object, finish: string | null = null): object => ({
  id: id(n),
  object: "chat.completion.chunk",
  created: created + n,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const chat = (n: number, words: readonly string[], finish = "stop"): WrittenExchange => ({
  body: { model: "m", stream: true, messages: [{ role: "user", content: `question ${n}` }] },
  chunks: dataEvents(
    chunk(n, { role: "assistant", content: "" }),
    ...words.map((content) => chunk(n, { content })),
    chunk(n, {}, finish),
    "[DONE]",
  ),
});

describe("a chat stream", () => {
  const written = [chat(0, ["Hel", "lo"]), chat(1, ["1", "2", "3"], "length"), chat(2, ["x"])];
  const synthesis = learn(written);
  const route = onlyRoute(synthesis);

  it("has few shapes with names that say what they are", () => {
    expect([...route.shapes.keys()]).toEqual(["role", "content", "finish_reason", "done"]);
    expect(route.shapes.get("done")!.parts).toEqual(["data: [DONE]\n\n"]);
  });

  it("has holes for what varies and for what is known to vary", () => {
    const classes = Object.fromEntries([...route.holes].map(([name, rule]) => [name, rule.class]));
    expect(classes).toEqual({
      id: "generated",
      created: "timestamp",
      model: "echoed",
      content: "text",
      finish_reason: "text",
    });
    expect(route.holes.get("id")).toMatchObject({ scope: "stream", prefix: ["chatcmpl-"] });
  });

  it("has rows of shapes, and takes with what the rules do not say", () => {
    const variant = route.variants[0]!;
    expect(variant).toMatchObject({
      name: "200-stream",
      guard: [],
      stream: { prefix: ["role"], middle: ["content"], endings: [["finish_reason", "done"]] },
      termination: [{ shape: "clean", by: "server" }],
      headers: [[["Content-Type", "text/event-stream"]]],
    });
    const [take] = synthesis.takes.get(variant)!;
    expect(take!.shapes).toEqual(["role", "content", "content", "finish_reason", "done"]);
    expect([...take!.holes.keys()]).toEqual(["id", "created", "content", "finish_reason"]);
    expect(take!.holes.get("id")).toEqual([JSON.stringify(id(0))]);
    expect(take!.holes.get("content")).toEqual(['"Hel"', '"lo"']);
  });

  it("is exact, alone too", () => {
    expectExact(synthesis, [sessionOf("s", written)]);
    for (const one of written) expectExact(learn([one]), [sessionOf("s", [one])]);
  });

  it("one recording alone: times, ids and echoes are holes, shapes are marked", () => {
    const alone = onlyRoute(learn([chat(0, ["Hel", "lo"])]));
    expect([...alone.holes.keys()]).toEqual(["id", "created", "model", "content"]);
    expect([...alone.shapes.values()].map((shape) => shape.seen)).toEqual([1, 1, 1, 1]);
    expect([...route.shapes.values()].map((shape) => shape.seen)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("shapes", () => {
  it("a server that calls itself one name, whatever was asked for, echoes nothing", () => {
    const asked = chat(1, ["x"]);
    const synthesis = learn([chat(0, ["a", "b"]), { ...asked, body: { model: "other", stream: true } }]);
    expect([...onlyRoute(synthesis).holes.keys()]).not.toContain("model");
  });

  it("discriminators are constants, however many recordings there are", () => {
    const feed = (n: number): WrittenExchange => ({
      chunks: dataEvents(
        ...["insert", "update", "delete"].map((op, i) => ({ op, key: `k${n}${i}`, doc: { n: n * i } })),
      ),
    });
    const route = onlyRoute(learn([feed(1), feed(2), feed(3)]));
    expect([...route.shapes.keys()]).toEqual(["insert", "update", "delete"]);
    expect(route.shapes.get("update")!.source).toContain('"op": "update"');
  });

  it("a subtree of any structure becomes one opaque hole, and what is around it stays readable", () => {
    const docs = Array.from({ length: 40 }, (_, n) => ({
      op: "set",
      doc: { [`key${n}`]: n, nested: { [`k${n}`]: [n] } },
      seq: n,
    }));
    const synthesis = learn([{ chunks: dataEvents(...docs.slice(0, 20)) }, { chunks: dataEvents(...docs.slice(20)) }]);
    const route = onlyRoute(synthesis);
    expect(route.shapes.size).toBe(1);
    expect(synthesis.report.routes[0]!.opaqueHoles).toEqual(["data.doc"]);
    expect([...route.shapes.values()][0]!.source).toContain('"op": "set"');
    expectExact(synthesis, [
      sessionOf("s", [{ chunks: dataEvents(...docs.slice(0, 20)) }, { chunks: dataEvents(...docs.slice(20)) }]),
    ]);
  });

  it("arrays of scalars of many lengths are one hole; embeddings are one from the first", () => {
    const bytes = (...list: number[]): object => ({ token: "a", bytes: list });
    const route = onlyRoute(learn([{ chunks: dataEvents(bytes(1), bytes(1, 2), bytes(1, 2, 3), bytes(4)) }]));
    expect([...route.shapes.values()]).toHaveLength(1);
    const vector = Array.from({ length: 64 }, (_, i) => i / 7);
    const embedding = learn([{ headers: JSON_BODY, chunks: [JSON.stringify({ data: [{ embedding: vector }] })] }]);
    expect(embedding.report.routes[0]!.opaqueHoles).toEqual(["data[0].embedding"]);
  });

  it("a huge list is one opaque hole, the innermost that is huge; what is around it keeps its shape", () => {
    const models = (n: number): object[] =>
      Array.from({ length: 1500 }, (_, i) => ({ id: `vendor/model-${i}`, price: i / 8, tags: ["a", "b"], seen: n }));
    const answer = (n: number): WrittenExchange => ({
      method: "GET",
      path: "/models",
      requestHeaders: [],
      headers: JSON_BODY,
      chunks: [
        JSON.stringify({ object: "list", page: { number: n, of: 9, data: models(n) }, text: "t".repeat(70_000) }),
      ],
    });
    const synthesis = learn([answer(1), answer(2)]);
    const route = onlyRoute(synthesis);
    expect(route.shapes.size).toBe(1);
    const [shape] = route.shapes.values();
    expect(shape!.source.length).toBeLessThan(400);
    expect(JSON.parse(shape!.source)).toMatchObject({
      json: { object: "list", page: { of: 9, data: { $hole: "data", kind: "json" } }, text: { $hole: "text" } },
    });
    expectExact(synthesis, [sessionOf("s", [answer(1), answer(2)])]);
    // A list that is the whole body, and a root of many small fields, which has no smaller place.
    const list = learn([{ ...answer(1), chunks: [JSON.stringify(models(1))] }]);
    expect([...onlyRoute(list).shapes.values()].map((s) => s.source)).toEqual([
      expect.stringContaining('"kind": "json"'),
    ]);
    const flat = Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`k${i}`, i]));
    const wide = learn([{ ...answer(1), chunks: [JSON.stringify(flat)] }]);
    expect([...onlyRoute(wide).holes.keys()]).toEqual([]);
  });

  it("few patterns of null stay apart, many become nullable holes", () => {
    const row = (...v: (number | null)[]): object => ({ a: v[0], b: v[1], c: v[2] });
    const few = onlyRoute(learn([{ chunks: dataEvents(row(1, null, 1), row(null, 1, 1), row(2, null, 3)) }]));
    expect(few.shapes.size).toBe(2);
    const many = [
      row(1, 1, 1),
      row(null, 1, 1),
      row(1, null, 1),
      row(1, 1, null),
      row(null, null, 1),
      row(null, 5, null),
    ];
    const route = onlyRoute(learn([{ chunks: dataEvents(...many) }]));
    expect(route.shapes.size).toBe(1);
    expect([...route.holes.values()].every((rule) => rule.nullable === true)).toBe(true);
  });

  it("plain text is one shape with a hole, and a shape of text never takes JSON", () => {
    const synthesis = learn([
      { chunks: dataEvents("hello there", "general", "{broken", "[DONE]") },
      { chunks: dataEvents("you are", "bold", "[DONE]") },
    ]);
    const route = onlyRoute(synthesis);
    expect([...route.shapes.keys()]).toEqual(["text", "done"]);
    expect(route.holes.get("data")?.class ?? route.holes.get("text")?.class).toBe("text");
  });

  it("long strings are holes even where they never vary", () => {
    const long = "word ".repeat(50);
    const route = onlyRoute(learn([{ chunks: dataEvents({ text: long }) }, { chunks: dataEvents({ text: long }) }]));
    expect(route.holes.get("text")).toEqual({ class: "text", scope: "event" });
  });

  it("what is said again in one piece is a hole in a shape that was seen once", () => {
    const words = ["The whole ", "story of ", "a stream"];
    const events = [...words.map((delta) => ({ type: "delta", delta })), { type: "done", text: words.join("") }];
    const route = onlyRoute(learn([{ chunks: dataEvents(...events) }]));
    expect([...route.holes.keys()]).toEqual(["delta", "text"]);
  });
});

describe("holes", () => {
  it("places that agree in every event are one hole, those that differ once are not", () => {
    const put = (revision: number, made: number): object => ({
      header: { revision: String(revision) },
      kv: { modRevision: String(revision), createRevision: String(made) },
    });
    const route = onlyRoute(
      learn([{ chunks: dataEvents(put(1, 1), put(2, 2), put(3, 3)) }, { chunks: dataEvents(put(8, 8), put(9, 2)) }]),
    );
    expect([...route.holes.keys()]).toEqual(["revision", "createRevision"]);
  });

  it("an id and the id that refers to it are one hole, across shapes", () => {
    const item = (n: string): readonly string[] =>
      dataEvents(
        { type: "added", item: { id: n } },
        { type: "delta", item_id: n, delta: `text of ${n}` },
        { type: "done", item: { id: n } },
      );
    const route = onlyRoute(
      learn([{ chunks: item("msg_a9GC6Ib0VISSi6uC") }, { chunks: item("msg_x1Y2z3A4b5C6d7E8") }]),
    );
    expect([...route.holes].filter(([, rule]) => rule.class === "generated")).toHaveLength(1);
  });

  it("ids of headers, dates and request ids", () => {
    const answer = (n: number): WrittenExchange => ({
      headers: [
        ["X-Request-Id", `req_B9MBs8CjcvOU2jL${n}`],
        ["Date", new Date(SESSION_MS + n * 1000).toUTCString()],
        ["Server", "x"],
        ["Content-Type", "application/json"],
        ["Content-Length", "11"],
      ],
      chunks: ['{"ok":true}'],
    });
    const synthesis = learn([answer(1), answer(2)]);
    const route = onlyRoute(synthesis);
    expect(route.variants[0]!.headers).toEqual([
      [
        ["X-Request-Id", { hole: "x-request-id" }],
        ["Date", { hole: "date" }],
        ["Server", "x"],
        ["Content-Type", "application/json"],
        ["Content-Length", ""],
      ],
    ]);
    expect(route.holes.get("date")).toEqual({ class: "timestamp", scope: "event", unit: "http" });
    expectExact(synthesis, [sessionOf("s", [answer(1), answer(2)])]);
    expect(onlyRoute(learn([answer(1)])).variants[0]!.headers[0]![0]).toEqual([
      "X-Request-Id",
      { hole: "x-request-id" },
    ]);
  });

  it("what follows its rule is not in the take: echoes, counters with a start; of others the start alone", () => {
    const feed = (from: number): WrittenExchange => ({
      body: { topic: `topic${from}` },
      chunks: dataEvents(
        ...[0, 1, 2].map((n) => ({ n, seq: from + n, topic: `topic${from}`, text: `${n} of ${from}` })),
      ),
    });
    const synthesis = learn([feed(10), feed(70)]);
    const [take] = [...synthesis.takes.values()][0]!;
    expect([...take!.holes]).toEqual([
      ["seq", ["10"]],
      ["text", ['"0 of 10"', '"1 of 10"', '"2 of 10"']],
    ]);
    expectExact(synthesis, [sessionOf("s", [feed(10), feed(70)])]);
  });

  it("heads with other names are other templates, the commonest first", () => {
    const answer = (...names: string[]): WrittenExchange => ({
      headers: [...JSON_BODY, ...names.map((n) => [n, "1"] as const)],
      chunks: ["{}"],
    });
    const synthesis = learn([answer("a"), answer("a", "b"), answer("a", "b")]);
    const variant = onlyRoute(synthesis).variants[0]!;
    expect(variant.headers.map((h) => h.length)).toEqual([3, 2]);
    expect(synthesis.takes.get(variant)!.map((take) => take.head)).toEqual([1, 0, 0]);
  });

  it("a class set by hand, with a note where the recordings say otherwise", () => {
    const events = { chunks: dataEvents({ a: "x", b: { k: 1 } }, { a: "y", b: { k: 2 } }) };
    const forced = learn([events], { "data.a": "enum", "events[].data.b": "json" });
    expect(onlyRoute(forced).holes.get("a")).toMatchObject({ class: "enum" });
    expect(onlyRoute(forced).holes.get("b")).toMatchObject({ class: "json" });
    const wrong = learn([events], { "data.a": "timestamp" });
    expect(wrong.report.notes).toEqual([
      "POST /v1/x: [diff.fields] says that data.a is timestamp, but its recorded values are not; it was learned as text.",
    ]);
  });
});

describe("variants and routes", () => {
  it("status, streaming and the request decide", () => {
    const plain = (n: number): WrittenExchange => ({
      body: { model: "m", n },
      headers: JSON_BODY,
      chunks: [JSON.stringify({ id: id(n), text: `t ${n}` })],
    });
    const missing: WrittenExchange = {
      body: { model: "badmodel", stream: true },
      status: 404,
      headers: JSON_BODY,
      chunks: ['{"error":{"type":"not_found"}}'],
    };
    const synthesis = learn([chat(0, ["a"]), chat(1, ["b"]), plain(2), plain(3), missing]);
    const guards = synthesis.report.routes[0]!.variants.map(({ variant, guard }) => [variant, guard]);
    expect(guards).toEqual([
      ["200-stream", "body.stream = true"],
      ["200", "always"],
      ["404", 'body.model = "badmodel", body.stream present'],
    ]);
    expectExact(synthesis, [sessionOf("s", [chat(0, ["a"]), chat(1, ["b"]), plain(2), plain(3), missing])]);
  });

  it("says what nothing separates, and what has no answer", () => {
    const limited: WrittenExchange = { ...chat(1, []), status: 429, headers: JSON_BODY, chunks: ['{"error":"later"}'] };
    const { report } = learn([chat(1, ["a"]), limited, { body: {} }]);
    expect(report.notes).toEqual([
      "1 exchange without an answer was left out: s/2.",
      "POST /v1/x: nothing in the request separates 429 from 200-stream. Equal requests get their answers in recorded order, others those of 200-stream.",
    ]);
  });

  it("says which recordings could not be read in full", () => {
    const badLines = [8, 9].map((line) => ({ line, reason: "not JSON, torn perhaps" }));
    const damaged = { ...sessionOf("s", [chat(1, ["a"])]), badLines };
    expect(synthesize("t", [damaged], formats, { fields: {} }).report.notes).toEqual([
      "Line 8 of s cannot be read (not JSON, torn perhaps), and 1 more line: what was open there is learned as cut short.",
    ]);
  });

  it("parameters of the path are echoed", () => {
    const user = (n: number): WrittenExchange => ({
      method: "GET",
      path: `/users/${n}`,
      headers: JSON_BODY,
      chunks: [JSON.stringify({ id: n, name: `user no ${n}` })],
    });
    const synthesis = learn([user(1), user(2), user(31)]);
    expect(onlyRoute(synthesis).route).toBe("GET /users/:id");
    expect(onlyRoute(synthesis).holes.get("id")).toMatchObject({ class: "echoed", from: "path.id" });
    expectExact(synthesis, [sessionOf("s", [user(1), user(2), user(31)])]);
  });

  it("empty bodies, cut streams, filler and broken last events", () => {
    const written: WrittenExchange[] = [
      { method: "DELETE", path: "/x", status: 204, headers: [], chunks: [] },
      { ...chat(0, ["a", "b"]), close: { shape: "truncated", by: "client" } },
      { chunks: [": ping\n\n", ...dataEvents({ a: 1 }), 'data: {"a":'], close: { shape: "truncated", by: "server" } },
    ];
    const synthesis = learn(written);
    expectExact(synthesis, [sessionOf("s", written)]);
    const none = synthesis.model.routes.find((r) => r.method === "DELETE")!;
    expect(none.variants[0]).toMatchObject({ name: "204", body: [] });
  });

  it("nothing recorded gives an empty model", () => {
    expect(learn([]).model.routes).toEqual([]);
  });
});

it("sessions in any order give the same model and takes", () => {
  const sessions = [0, 1, 2].map((n) =>
    sessionOf(`s${n}`, [chat(n, ["a", `b ${n}`]), chat(n + 5, ["c"])], SESSION_MS + n * 60_000),
  );
  const textOf = (list: readonly Session[]): string => {
    const { model, takes } = synthesize("t", list, formats, { fields: {} });
    const lines = model.routes.flatMap((r) =>
      r.variants.flatMap((v) => takes.get(v)!.map((take) => formatTake(r, v, take))),
    );
    return [formatModel(model), ...lines].join("\n");
  };
  const expected = textOf(sessions);
  for (const order of [
    [2, 1, 0],
    [1, 0, 2],
    [2, 0, 1],
  ])
    expect(textOf(order.map((n) => sessions[n]!))).toBe(expected);
});
