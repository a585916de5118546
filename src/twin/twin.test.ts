import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, formats, headOf, SYMBOLS } from "../../test/support/chat-model.ts";
import type { Formats } from "../formats/format.ts";
import { loadModel } from "../model/loaded-model.ts";
import type { Take, Variant } from "../model/model.ts";
import { createRequestView, requestFeatures } from "../model/request-view.ts";
import { parseModel } from "../model/symbols.ts";
import type { ResponsePlan } from "./plan.ts";
import { createTwin, type IncomingRequest, type Twin } from "./twin.ts";

const model = parseModel(SYMBOLS, "symbols.json", formats);
const [stream, error] = model.routes[0]!.variants as [Variant, Variant];
const user = model.routes[1]!.variants[0]!;

type Ask = Partial<Omit<IncomingRequest, "body">> & { readonly body?: string };

function requestOf(ask: Ask): IncomingRequest {
  return { head: headOf("POST", "/v1/chat"), session: "", ...ask, body: bytesOf(ask.body ?? "") };
}

function takeOf(id: string, ask: Ask, take: Partial<Take> = {}): Take {
  const { head, body } = requestOf(ask);
  const view = createRequestView(head, formats.findForRequest(head).requestPayload(head, body), body);
  const shapes = take.shapes ?? ["role", "content", "done"];
  return {
    id,
    request: view.digest,
    features: requestFeatures(view),
    startedMs: 1764041740000 + Number(id.split("/")[1]),
    head: 0,
    trailers: 0,
    shapes,
    holes: new Map([
      ["request", ["req_0123456789abcdef"]],
      ["date", ["Tue, 25 Nov 2025 03:35:40 GMT"]],
      ["id", ['"chatcmpl-abcDEF123456"']],
      ["created", ["1764041740"]],
      ["content", [JSON.stringify(id)]],
    ]),
    timesUs: { head: 900, events: shapes.map((_, i) => 1000 + i * 10), end: 2000 },
    filler: [],
    informational: [],
    end: { shape: "clean", by: "server" },
    ...take,
  };
}

const HI = '{"model":"m","stream":true,"messages":[{"content":"hi"}]}';
const HO = '{"model":"m","stream":true,"messages":[{"content":"ho"}],"tools":[]}';
const errorTake = (id: string, body: string): Take =>
  takeOf(id, { body }, { shapes: ["error"], holes: new Map([["message", ['"no such model"']]]) });

const TAKES = new Map<Variant, readonly Take[]>([
  [
    stream,
    [
      takeOf("s/2", { body: HI }),
      takeOf("s/0", { body: HI }),
      takeOf("s/1", { body: HO }),
      takeOf("s/3", { body: '{"model":"m","cut":1}' }, { end: { shape: "truncated", by: "client" } }),
      takeOf("s/4", { body: '{"model":"m","lost":1}' }, { end: { shape: "error", by: "server", code: 2 } }),
      takeOf("s/5", { body: '{"model":"m","gone":1}' }, { end: { shape: "truncated", by: "server" } }),
    ],
  ],
  [error, [errorTake("s/6", '{"model":"badmodel"}')]],
  [
    user,
    [
      takeOf(
        "s/7",
        { head: headOf("GET", "/v1/users/7", [["accept", "a"]]) },
        { shapes: ["user"], holes: new Map([["word", ["3"]]]) },
      ),
    ],
  ],
]);

const twinOf = (takes: ReadonlyMap<Variant, readonly Take[]> = TAKES, seed = 1, used: Formats = formats): Twin =>
  createTwin(loadModel(model, takes, used), used, { seed });

function textOf(plan: ResponsePlan): string {
  return plan.steps
    .map((s) => (s.kind === "event" || s.kind === "filler" ? new TextDecoder().decode(s.bytes) : ""))
    .join("");
}

function headersOf(plan: ResponsePlan): readonly (readonly [string, string])[] {
  return plan.steps.find((s) => s.kind === "head")!.headers;
}

describe("a recorded request", () => {
  test("gets its takes in recorded order, cycling, each session for itself", () => {
    const twin = twinOf();
    const ask = (session: string): string | undefined => twin.respond(requestOf({ body: HI, session })).exchange;
    expect([ask("a"), ask("a"), ask("a"), ask("b"), ask("a"), ask("b")]).toEqual([
      "s/0",
      "s/2",
      "s/0",
      "s/0",
      "s/2",
      "s/2",
    ]);
    twin.reset("a");
    expect([ask("a"), ask("b")]).toEqual(["s/0", "s/0"]);
    twin.reset();
    expect([ask("b"), ask("a")]).toEqual(["s/0", "s/0"]);
  });

  test("is the same with other spelling, and has the take's bytes at the take's times", () => {
    const plan = twinOf().respond(
      requestOf({ body: '{"stream": true, "messages": [{"content": "hi"}], "model": "m"}' }),
    );
    expect(plan).toMatchObject({
      provenance: "recorded",
      route: "POST /v1/chat",
      variant: "200-stream",
      exchange: "s/0",
      coding: "gzip",
      format: "sse",
    });
    expect(plan.steps.map((s) => [s.kind, "atUs" in s ? s.atUs : undefined])).toEqual([
      ["head", 900],
      ["event", 1000],
      ["event", 1010],
      ["event", 1020],
      ["end", 2000],
    ]);
    expect(textOf(plan)).toBe(
      'data: {"id":"chatcmpl-abcDEF123456","created":1764041740,"model":"m","one":1.0}\n\n' +
        'data: {"id":"chatcmpl-abcDEF123456","n":0,"text":"s/0"}\n\ndata: [DONE]\n\n',
    );
  });

  test("gets the same plan object, which nobody can change", () => {
    const twin = twinOf();
    const first = twin.respond(requestOf({ body: HO }));
    expect(twin.respond(requestOf({ body: HO, session: "x" }))).toBe(first);
    expect(Object.isFrozen(first) && Object.isFrozen(first.steps) && first.steps.every((s) => Object.isFrozen(s))).toBe(
      true,
    );
    // Another spelling of what the answer repeats is another plan.
    expect(textOf(twin.respond(requestOf({ body: HO.replace('"m"', '"\\u006d"') })))).toContain('"model":"\\u006d"');
  });

  test("does not reach a variant whose guard does not hold", () => {
    const twin = twinOf(new Map(TAKES).set(stream, [takeOf("s/9", { body: '{"model":"badmodel"}' })]));
    expect(twin.respond(requestOf({ body: '{"model":"badmodel"}' }))).toMatchObject({
      variant: "404",
      exchange: "s/6",
    });
  });

  test("gets the takes of all variants that nothing separates, in recorded order", () => {
    const [route, ...others] = model.routes;
    const equal = { ...route!, variants: [stream, { ...error, guard: [] }] };
    const takes = new Map<Variant, readonly Take[]>([
      [equal.variants[0]!, [takeOf("s/0", { body: HI }), takeOf("s/2", { body: HI }), takeOf("s/3", { body: HO })]],
      [equal.variants[1]!, [errorTake("s/1", HI)]],
    ]);
    const twin = createTwin(loadModel({ ...model, routes: [equal, ...others] }, takes, formats), formats, { seed: 1 });
    const ask = (body: string): string => {
      const { exchange, variant } = twin.respond(requestOf({ body }));
      return `${exchange} ${variant}`;
    };
    expect([ask(HI), ask(HI), ask(HI), ask(HI)]).toEqual([
      "s/0 200-stream",
      "s/1 404",
      "s/2 200-stream",
      "s/0 200-stream",
    ]);
    expect(ask('{"other":1}')).toMatch(/200-stream/);
  });
});

describe("any other request", () => {
  const twin = twinOf();
  test("gets the nearest take of the variant that its guard chooses, with new ids, moved times and its own echoes", () => {
    const plan = twin.respond(
      requestOf({ body: '{"model":"new","stream":true,"messages":[{"content":"x"},{"content":"y"}],"tools":[]}' }),
    );
    expect(plan).toMatchObject({ provenance: "template", exchange: "s/1", variant: "200-stream" });
    const text = textOf(plan);
    expect(text).toContain('"model":"new"');
    expect(text).not.toContain("abcDEF123456");
    expect(text).not.toContain("1764041740");
    expect(text).toContain('"text":"s/1"');
    expect(twin.respond(requestOf({ body: '{"model":"badmodel","x":1}' }))).toMatchObject({
      variant: "404",
      exchange: "s/6",
    });
  });

  test("gets a take that was cut short only where there is no whole one", () => {
    expect(twin.respond(requestOf({ body: '{"model":"m","cut":2}' })).exchange).not.toBe("s/3");
    const cut = takeOf("s/3", { body: HI }, { end: { shape: "truncated", by: "client" } });
    const only = twinOf(new Map(TAKES).set(stream, [cut])).respond(requestOf({ body: HO }));
    expect(only.exchange).toBe("s/3");
    expect(only.steps.at(-1)).toEqual({ kind: "hold", atUs: 2000 });
  });

  test("gets other ids each time it is sent, and the same ones in another session", () => {
    const other = twinOf();
    const ask = (session: string): string => textOf(other.respond(requestOf({ body: '{"x":1}', session })));
    const [first, second] = [ask("a"), ask("a")];
    expect(second).not.toBe(first);
    expect([ask("b"), ask("b")]).toEqual([first, second]);
  });

  test("may say what its answer cannot repeat", () => {
    const plan = twin.respond({ ...requestOf({ head: headOf("GET", "/v1/users/x%0Ay", [["accept", "b"]]) }) });
    expect(textOf(plan)).toBe('{"id": 0, "word": 3}');
  });
});

describe("wishes", () => {
  const twin = twinOf();
  test("a take by its name, with own values for its own request and fresh ones for any other", () => {
    expect(twin.respond(requestOf({ body: HI, take: "s/2" }))).toMatchObject({
      exchange: "s/2",
      provenance: "recorded",
    });
    const other = twin.respond(requestOf({ body: HO, take: "s/2" }));
    expect(other).toMatchObject({ exchange: "s/2", provenance: "template", variant: "200-stream" });
    // Asking for a take is not counted.
    expect(twin.respond(requestOf({ body: HI })).exchange).toBe("s/0");
  });
  test("the variant told is the one that the guards choose", () => {
    expect(twin.respond(requestOf({ body: '{"model":"badmodel"}', take: "s/2" }))).toMatchObject({
      exchange: "s/2",
      variant: "404",
    });
    const silent = twin.respond(requestOf({ head: headOf("GET", "/v1/users/7?v=2"), take: "s/7" }));
    expect(silent.exchange).toBe("s/7");
    expect(silent.variant).toBeUndefined();
  });
  test("values", () => {
    const fresh = twin.respond(requestOf({ body: HI, values: "fresh", take: "s/0" }));
    expect(fresh.provenance).toBe("template");
    expect(textOf(fresh)).not.toContain("abcDEF123456");
    const own = twin.respond(requestOf({ body: '{"model":"new"}', values: "own", take: "s/0" }));
    expect(own.provenance).toBe("template");
    expect(textOf(own)).toContain('chatcmpl-abcDEF123456","created":1764041740,"model":"new"');
  });
  test("a take that there is not", () => {
    expect(twin.respond(requestOf({ body: HI, take: "s/99" })).provenance).toBe("miss");
  });
});

describe("a miss", () => {
  const twin = twinOf();
  test("names the nearest routes", () => {
    const plan = twin.respond(requestOf({ head: headOf("POST", "/v1/chats") }));
    expect(plan).toMatchObject({
      provenance: "miss",
      steps: [{ kind: "head", status: 501 }, { kind: "event" }, { kind: "end" }],
    });
    expect(JSON.parse(textOf(plan))).toMatchObject({ error: { nearest: ["POST /v1/chat", "GET /v1/users/:id"] } });
    expect([plan.route, plan.exchange, plan.variant]).toEqual([undefined, undefined, undefined]);
  });
  test("says which variants there are where no guard holds", () => {
    const plan = twin.respond(requestOf({ head: headOf("GET", "/v1/users/7?v=2", [["accept", "a"]]) }));
    expect(JSON.parse(textOf(plan))).toMatchObject({ error: { route: "GET /v1/users/:id", variants: ["200"] } });
  });
});

describe("a plan", () => {
  const twin = twinOf();
  test("fills in the length of a body, and has no hop-by-hop headers", () => {
    const body = twin.respond(requestOf({ body: '{"model":"badmodel"}' }));
    expect(headersOf(body)).toEqual([
      ["Content-Type", "application/json"],
      ["content-length", String('{"error":{"message":"no such model","$code":404}}'.length)],
    ]);
    const [route] = model.routes;
    const hop: Variant = {
      ...stream,
      headers: [
        [
          ["Connection", "x-a"],
          ["X-A", "1"],
          ["Content-Length", ""],
          ["Keep-Alive", "5"],
          ["X-B", ""],
        ],
      ],
    };
    const loaded = loadModel(
      { ...model, routes: [{ ...route!, variants: [hop] }] },
      new Map([[hop, TAKES.get(stream)!]]),
      formats,
    );
    expect(headersOf(createTwin(loaded, formats, { seed: 1 }).respond(requestOf({ body: HI })))).toEqual([["X-B", ""]]);
  });
  test("of an answer that is cut has no length", () => {
    const cut = { ...errorTake("s/6", '{"model":"badmodel"}'), end: { shape: "truncated", by: "server" } as const };
    const plan = twinOf(new Map(TAKES).set(error, [cut])).respond(requestOf({ body: '{"model":"badmodel"}' }));
    expect(headersOf(plan)).toEqual([["Content-Type", "application/json"]]);
  });
  test("ends as the recording did", () => {
    const last = (body: string): unknown => twin.respond(requestOf({ body })).steps.at(-1);
    expect(last('{"model":"m","cut":1}')).toEqual({ kind: "hold", atUs: 2000 });
    expect(last('{"model":"m","lost":1}')).toEqual({ kind: "reset", atUs: 2000, code: 2 });
    expect(last('{"model":"m","gone":1}')).toEqual({ kind: "reset", atUs: 2000 });
  });
  test("has filler, early heads and trailers at their places", () => {
    const take = takeOf(
      "s/8",
      { head: headOf("GET", "/v1/users/8", [["accept", "a"]]) },
      {
        shapes: ["user"],
        holes: new Map([["word", ["b c"]]]),
        informational: [{ status: 103, headers: [["link", "a"]], atUs: 5 }],
        filler: [
          { before: 0, text: "a", atUs: 950 },
          { before: 1, text: "\udcff", atUs: 1900 },
        ],
      },
    );
    const plan = twinOf(new Map(TAKES).set(user, [take])).respond(
      requestOf({ head: headOf("GET", "/v1/users/8", [["accept", "a"]]) }),
    );
    expect(plan.steps.map((s) => (s.kind === "filler" ? [s.kind, [...s.bytes]] : s.kind))).toEqual([
      "informational",
      "head",
      ["filler", [97]],
      "event",
      ["filler", [255]],
      "trailers",
      "end",
    ]);
    expect(plan.steps.find((s) => s.kind === "trailers")).toMatchObject({ trailers: [["x-sum", "b c"]] });
  });
});

describe("formats that act on the first message", () => {
  /** The body format, as if its clients could talk for ever and some could not read an encoding. */
  const talking: Formats = {
    ...formats,
    findForRequest: (head) => ({ ...formats.findForRequest(head), actsOnFirstMessage: true }),
    byId: (id) => {
      const format = formats.byId(id);
      return (
        format && {
          ...format,
          actsOnFirstMessage: true,
          adapt: (request, headers) =>
            request.headers.some(([n]) => n === "accept-packed")
              ? undefined
              : { headers: [...headers, ["x-unpacked", "1"]], frame: (b) => b.slice(1) },
        }
      );
    },
  };
  const packed = headOf("POST", "/v1/chat", [["accept-packed", "1"]]);
  const ask = (twin: Twin, body: string, wish: Ask = {}): ResponsePlan =>
    twin.respond(requestOf({ head: packed, ...wish, body }));

  test("wait for it, unless a take was eager", () => {
    expect(twinOf(TAKES, 1, talking).waitsForMessage(packed)).toBe(true);
    expect(twinOf(TAKES, 1, talking).waitsForMessage(headOf("POST", "/nope"))).toBe(false);
    expect(twinOf().waitsForMessage(packed)).toBe(false);
    const eager = new Map(TAKES).set(stream, [
      takeOf("s/0", { body: HI }),
      takeOf("s/1", { body: HO }, { eager: true }),
    ]);
    const twin = twinOf(eager, 1, talking);
    expect(twin.waitsForMessage(packed)).toBe(false);
    expect(ask(twin, "")).toMatchObject({ exchange: "s/1", provenance: "template" });
    expect(ask(twin, "").steps[0]).toMatchObject({ kind: "head" });
    expect(ask(twin, "", { take: "s/0" }).steps[0]).toEqual({ kind: "await", trigger: "client-message" });
    expect(ask(twin, HI).steps[0]).toMatchObject({ kind: "head" });
  });

  test("adapt an answer once for all clients that cannot read it", () => {
    const twin = twinOf(TAKES, 1, talking);
    const plain = ask(twin, HO);
    const unpacked = ask(twin, HO, { head: headOf("POST", "/v1/chat") });
    expect(headersOf(unpacked).at(-1)).toEqual(["x-unpacked", "1"]);
    expect(textOf(unpacked)).toMatch(/^ata: /);
    expect(textOf(plain)).toMatch(/^data: /);
    expect(ask(twin, HO, { head: headOf("POST", "/v1/chat") })).toBe(unpacked);
    expect(ask(twin, HO)).toBe(plain);
  });
});

describe("determinism", () => {
  const bodies = [HI, HO, '{"model":"badmodel"}', '{"x":1}', '{"x":2,"model":"q"}'];
  const asked = fc.array(fc.tuple(fc.constantFrom("", "a", "b"), fc.nat(bodies.length - 1)), { maxLength: 30 });

  test("what a session gets depends on nothing that other sessions do", () => {
    fc.assert(
      fc.property(asked, fc.nat(3), (row, seed) => {
        const run = (twin: Twin, part: typeof row): string[] =>
          part.map(([session, i]) => `${session} ${textOf(twin.respond(requestOf({ body: bodies[i]!, session })))}`);
        const mixed = run(twinOf(TAKES, seed), row);
        for (const name of ["", "a", "b"]) {
          const own = row.filter(([session]) => session === name);
          expect(run(twinOf(TAKES, seed), own)).toEqual(mixed.filter((_, k) => row[k]![0] === name));
        }
      }),
      { numRuns: 50 },
    );
  });

  test("bytes from peers never make it fail", () => {
    const twin = twinOf();
    fc.assert(
      fc.property(
        fc.webPath(),
        fc.webQueryParameters(),
        fc.uint8Array(),
        fc.constantFrom("application/json", "text/plain", ""),
        (path, query, body, type) => {
          const head = { ...headOf("POST", path), query, headers: [["content-type", type]] as const };
          twin.respond({ head, body, session: "" });
          twin.respond({ head: { ...head, path: "/v1/chat" }, body, session: "" });
        },
      ),
    );
  });
});
