import { describe, expect, test } from "vitest";
import { formatOf, request } from "../../test/support/projections.ts";
import { bytesFromText } from "../base/bytes.ts";
import { project } from "../recording/project.ts";
import type { ResponsePlan, Step } from "../twin/plan.ts";
import { cutOfHeldStream, performPlan } from "./perform-plan.ts";

const HELD = { shape: "truncated", by: "client", code: 8 } as const;

function plan(...steps: readonly Step[]): ResponsePlan {
  const head: Step = { kind: "head", atUs: 5, status: 200, headers: [["A", "1"]] };
  return { format: "sse", provenance: "recorded", coding: "gzip", steps: [head, ...steps] };
}

const event = (atUs: number, text: string): Step => ({ kind: "event", atUs, bytes: bytesFromText(text) });

describe("performPlan", () => {
  test("gives head, bytes and times as a recorder would have seen them", () => {
    const filler: Step = { kind: "filler", atUs: 20, bytes: bytesFromText(": ping\n\n") };
    const bytes = performPlan(
      plan(event(10, "data: 1\n\n"), filler, event(30, "data: 2\n\n"), { kind: "end", atUs: 31 }),
      request,
      HELD,
    );
    expect(bytes).toMatchObject({ headUs: 5, closeUs: 31, close: { shape: "clean", by: "server" } });
    expect(bytes.response).toEqual({ status: 200, headers: [["A", "1"]], coding: "gzip" });
    const projection = project(bytes, formatOf("sse"));
    expect(projection.events).toEqual([
      { text: "data: 1\n\n", atUs: 10 },
      { text: "data: 2\n\n", atUs: 30 },
    ]);
    expect(projection.filler).toMatchObject([{ before: 1, text: ": ping\n\n", atUs: 20 }]);
  });

  test.each([
    [
      { kind: "end", atUs: 9 },
      { shape: "clean", by: "server" },
    ],
    [
      { kind: "reset", atUs: 9 },
      { shape: "truncated", by: "server" },
    ],
    [
      { kind: "reset", atUs: 9, code: 2 },
      { shape: "error", by: "server", code: 2 },
    ],
    [{ kind: "hold", atUs: 9 }, HELD],
  ] as const)("%o ends as %o", (step, close) => {
    expect(performPlan(plan(step), request, HELD)).toMatchObject({ close, closeUs: 9 });
  });

  test("trailers, and a wait for the client that has been answered", () => {
    const trailers = [["x-status", "0"]] as const;
    const steps: Step[] = [
      { kind: "await", trigger: "client-message" },
      { kind: "trailers", atUs: 8, trailers },
      { kind: "end", atUs: 8 },
    ];
    expect(performPlan(plan(...steps), request, HELD).trailers).toEqual(trailers);
  });
});

test("a held stream ends as its recording was cut; one that the server ended is cut by this client", () => {
  expect(cutOfHeldStream(HELD)).toBe(HELD);
  expect(cutOfHeldStream({ shape: "truncated", by: "recorder" })).toEqual({ shape: "truncated", by: "recorder" });
  expect(cutOfHeldStream({ shape: "clean", by: "server" })).toEqual({ shape: "truncated", by: "client" });
});
