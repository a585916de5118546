import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formats, headOf } from "../../test/support/chat-model.ts";
import {
  model,
  stream,
  error,
  requestOf,
  takeOf,
  HI,
  HO,
  errorTake,
  TAKES,
  twinOf,
  textOf,
} from "../../test/support/chat-twin.ts";
import { loadModel } from "../model/loaded-model.ts";
import type { Take, Variant } from "../model/model.ts";
import { createTwin, type Twin } from "./twin.ts";

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
    const twin = twinOf(new Map(TAKES).set(stream, [takeOf("s/1", { body: '{"model":"badmodel"}' })]));
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

test("what a guard tells apart by a header is counted apart", () => {
  const [route, ...others] = model.routes;
  const guarded = {
    ...route!,
    variants: [
      { ...stream, guard: [] },
      { ...error, guard: [{ path: "headers.authorization", test: "absent" as const }] },
    ],
  };
  const takes = new Map<Variant, readonly Take[]>([
    [guarded.variants[0]!, [takeOf("s/1", { body: HI }), takeOf("s/3", { body: HI })]],
    [guarded.variants[1]!, [errorTake("s/0", HI), errorTake("s/2", HI)]],
  ]);
  const twin = createTwin(loadModel({ ...model, routes: [guarded, ...others] }, takes, formats), formats, { seed: 1 });
  const ask = (...headers: (readonly [string, string])[]): string | undefined =>
    twin.respond({ ...requestOf({ body: HI }), head: headOf("POST", "/v1/chat", headers) }).exchange;
  const key = ["authorization", "x"] as const;
  expect([ask(), ask(key), ask(), ask(key), ask(), ask(key)]).toEqual(["s/0", "s/1", "s/2", "s/3", "s/0", "s/1"]);
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
