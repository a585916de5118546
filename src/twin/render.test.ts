import { describe, expect, test } from "vitest";
import { formats, headOf } from "../../test/support/chat-model.ts";
import {
  model,
  stream,
  error,
  user,
  requestOf,
  takeOf,
  HI,
  HO,
  errorTake,
  TAKES,
  twinOf,
  textOf,
  headersOf,
  type Ask,
} from "../../test/support/chat-twin.ts";
import type { Formats } from "../formats/format.ts";
import { loadModel } from "../model/loaded-model.ts";
import type { Variant } from "../model/model.ts";
import type { ResponsePlan } from "./plan.ts";
import { createTwin, type Twin } from "./twin.ts";

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
