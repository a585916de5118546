import { expect, test } from "vitest";
import type { HeaderList } from "../base/http.ts";
import type { ResponsePlan, Step } from "../twin/plan.ts";
import { preparePlan, type PreparedPlan, type Wire } from "./prepared.ts";

type Head = readonly [status: number, headers: HeaderList, framed: boolean];
const wire: Wire<Head> = {
  chunked: true,
  bodiless: false,
  coding: undefined,
  ownHeaders: [],
  createHead: (...head) => head,
};
const event = (text: string): Step => ({ kind: "event", atUs: 0, bytes: Buffer.from(text) });
function prepare(
  steps: readonly Step[],
  more: Partial<Wire<Head>> = {},
  plan: Partial<ResponsePlan> = {},
): PreparedPlan<Head> {
  return preparePlan(
    { format: "f", provenance: "recorded", ...plan, steps },
    { ...wire, ...more },
  ) as PreparedPlan<Head>;
}
const head = (headers: HeaderList = [], status = 200): Step => ({ kind: "head", atUs: 0, status, headers });
const end: Step = { kind: "end", atUs: 0 };

test("chunks of HTTP/1.1: one an event, none for nothing, the last with trailers", () => {
  const plan = prepare([
    head(),
    event("abc"),
    event(""),
    event("d"),
    {
      kind: "trailers",
      atUs: 0,
      trailers: [
        ["T", "1"],
        ["bad name", "x"],
        ["also-bad", "a\nb"],
      ],
    },
    end,
  ]);
  expect(Buffer.from(plan.bytes).toString()).toBe("3\r\nabc\r\n1\r\nd\r\n0\r\nT: 1\r\n\r\n");
  expect(plan.acts.map((a) => a.kind)).toEqual(["head", "body", "body", "end"]);
  expect(plan).toMatchObject({ framed: true, trailers: undefined, whole: true });
});
test("without chunks the bytes are the body, and trailers stand beside them", () => {
  const plan = prepare([head(), event("abc"), { kind: "trailers", atUs: 0, trailers: [["t", "1"]] }, end], {
    chunked: false,
  });
  expect(Buffer.from(plan.bytes).toString()).toBe("abc");
  expect(plan).toMatchObject({ framed: false, trailers: [["t", "1"]] });
});
test.each<[string, readonly Step[], Partial<Wire<Head>>, HeaderList]>([
  ["made anew", [head([["Content-Length", ""]]), event("abc"), end], {}, [["Content-Length", "3"]]],
  [
    "the first of two",
    [
      head([
        ["a", "1"],
        ["content-length", "1"],
        ["Content-Length", "2"],
      ]),
      event("abc"),
      end,
    ],
    {},
    [
      ["a", "1"],
      ["content-length", "3"],
    ],
  ],
  ["none where there was none", [head(), event("abc"), end], {}, []],
  [
    "none in a stream of events",
    [
      head([
        ["content-type", "text/event-stream;x=y"],
        ["content-length", "3"],
      ]),
      event("abc"),
      end,
    ],
    {},
    [["content-type", "text/event-stream;x=y"]],
  ],
  [
    "as recorded where no body is sent",
    [head([["content-length", "99"]]), event("abc"), end],
    { bodiless: true },
    [["content-length", "99"]],
  ],
  [
    "as recorded where the answer was cut",
    [head([["content-length", "99"]]), event("abc"), { kind: "reset", atUs: 0 }],
    {},
    [["content-length", "99"]],
  ],
  [
    "none where it would be too small",
    [head([["content-length", "2"]]), event("abc"), { kind: "hold", atUs: 0 }],
    {},
    [],
  ],
  ["none where it is not known", [head([["content-length", ""]]), event("abc"), { kind: "hold", atUs: 0 }], {}, []],
  ["as recorded for 304", [head([["content-length", "99"]], 304), event("abc"), end], {}, [["content-length", "99"]]],
])("content-length: %s", (_, steps, more, headers) => {
  expect(prepare(steps, more).head[1]).toEqual(headers);
});
test("a length means no chunks", () => {
  expect(prepare([head([["content-length", ""]]), event("abc"), end])).toMatchObject({
    framed: false,
    bytes: Buffer.from("abc"),
  });
});
test("codings: the header stays where the coding is used, goes where it is not, and is added where it was missing", async () => {
  const steps = [head([["Content-Encoding", "gzip"]]), event("abc"), end];
  expect(prepare(steps, {}, { coding: "gzip" }).head[1]).toEqual([]);
  expect(prepare(steps).head[1]).toEqual([["Content-Encoding", "gzip"]]);
  const used = await preparePlan(
    { format: "f", provenance: "recorded", coding: "gzip", steps: [head(), event("abc"), end] },
    { ...wire, coding: "gzip" },
  );
  expect(used.head[1]).toEqual([["content-encoding", "gzip"]]);
  // A coding that cannot be done is not claimed.
  const unknown = await preparePlan(
    {
      format: "f",
      provenance: "recorded",
      coding: "odd",
      steps: [head([["content-encoding", "odd"]]), event("abc"), end],
    },
    { ...wire, coding: "odd", chunked: false },
  );
  expect(unknown.head[1]).toEqual([]);
  expect(Buffer.from(unknown.bytes).toString()).toBe("abc");
});
test("only what leaves at once is whole", () => {
  expect(prepare([head(), end]).whole).toBe(true);
  expect(prepare([head(), event("a"), { kind: "hold", atUs: 0 }]).whole).toBe(false);
  expect(prepare([head(), event("a"), { kind: "reset", atUs: 0 }]).whole).toBe(false);
  expect(prepare([{ kind: "informational", atUs: 0, status: 103, headers: [] }, head(), end]).whole).toBe(false);
  expect(prepare([head(), { kind: "await", trigger: "client-message" }, end]).whole).toBe(false);
  expect(prepare([head(), event("x".repeat(300_000)), end]).whole).toBe(false);
});
