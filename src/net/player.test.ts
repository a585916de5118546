import { beforeEach, describe, expect, test } from "vitest";
import type { ResponsePlan, Step } from "../twin/plan.ts";
import { play, type Stage } from "./player.ts";
import { preparePlan, type PreparedPlan } from "./prepared.ts";
import type { Scheduled, Scheduler } from "./scheduler.ts";

let now = 0;
let works: Scheduled[] = [];
beforeEach(() => {
  now = 0;
  works = [];
});
/** A clock that a test moves. */
const scheduler: Scheduler = {
  nowMs: () => now,
  dueMs: () => now,
  at: (deadlineMs, run) => {
    const work = { place: 0, slotMs: 0, deadlineMs, run };
    works.push(work);
    return work;
  },
  soon: (run) => run(),
  catchUp: () => undefined,
  cancel: (work) => void (works = works.filter((w) => w !== work)),
  get waiting() {
    return works.length;
  },
};
function pass(toMs: number): void {
  for (;;) {
    const next = works.filter((w) => w.deadlineMs <= toMs).sort((a, b) => a.deadlineMs - b.deadlineMs)[0];
    if (next === undefined) break;
    works = works.filter((w) => w !== next);
    now = Math.max(now, next.deadlineMs);
    next.run(now);
  }
  now = toMs;
}
/** Jumps over time, as a busy process does. */
function oversleep(toMs: number): void {
  now = toMs;
  for (const work of works.splice(0)) work.run(now);
}

/** A client that writes down what it gets, `ms: what`, and may stop to take more. */
function createClient() {
  const log: string[] = [];
  let takes = true;
  let drained: (() => void) | undefined;
  const say = (what: string): void => void log.push(`${now}: ${what}`);
  const stage: Stage<string> = {
    informational: (status) => say(`${status}`),
    head: ({ head }, alone) => say(`${head}${alone ? " alone" : ""}`),
    flush: () => say("flush"),
    send: (bytes) => {
      say(Buffer.from(bytes).toString());
      return takes;
    },
    drained: (callback) => {
      drained = callback;
    },
    end: (bytes, trailers, code) =>
      say(
        `end ${Buffer.from(bytes).toString()}${trailers ? ` ${trailers.join()}` : ""}${code === undefined ? "" : ` reset ${code}`}`,
      ),
    reset: (code) => say(`reset ${code ?? "-"}`),
  };
  return {
    log,
    stage,
    stopReading: () => (takes = false),
    readOn: () => {
      takes = true;
      drained?.();
    },
  };
}
const event = (atMs: number, text: string): Step => ({ kind: "event", atUs: atMs * 1000, bytes: Buffer.from(text) });
const head = (atMs: number): Step => ({ kind: "head", atUs: atMs * 1000, status: 200, headers: [] });
const end = (atMs: number): Step => ({ kind: "end", atUs: atMs * 1000 });
function prepared(...steps: Step[]): PreparedPlan<string> {
  const plan: ResponsePlan = { format: "f", provenance: "recorded", steps };
  const wire = {
    chunked: false,
    bodiless: false,
    coding: undefined,
    ownHeaders: [],
    createHead: (status: number) => `head ${status}`,
  };
  return preparePlan(plan, wire) as PreparedPlan<string>;
}
const options = { scheduler, speed: 1, zeroMs: 0 };

describe("the time line", () => {
  test("each act has its own time; a head alone is flushed", () => {
    const { log, stage } = createClient();
    const performance = play(prepared(head(10), event(20, "a"), event(35, "b"), end(50)), stage, options);
    pass(100);
    expect(log).toEqual(["10: head 200", "10: flush", "20: a", "35: b", "50: end "]);
    expect(performance.running).toBe(false);
    expect(works).toEqual([]);
  });
  test("what is due together leaves in one write, filler included, and a late start moves nothing", () => {
    const { log, stage } = createClient();
    play(
      prepared(
        head(0),
        event(0, "a"),
        { kind: "filler", atUs: 0, bytes: Buffer.from(":") },
        event(10, "b"),
        event(11, "c"),
        event(30, "d"),
        end(40),
      ),
      stage,
      options,
    );
    oversleep(25);
    pass(100);
    expect(log).toEqual(["0: head 200", "0: a:", "25: bc", "30: d", "40: end "]);
  });
  test("speeds", () => {
    for (const [speed, expected] of [
      [10, ["1: head 200", "1: flush", "2: a", "5: end "]],
      [Number.POSITIVE_INFINITY, ["0: head 200", "0: end a"]],
    ] as const) {
      const { log, stage } = createClient();
      now = 0;
      play(prepared(head(10), event(20, "a"), end(50)), stage, { ...options, speed });
      pass(100);
      expect(log).toEqual(expected);
    }
  });
  test("a head that is all there is says so", () => {
    const { log, stage } = createClient();
    play(prepared(head(0), end(5)), stage, options);
    pass(100);
    expect(log).toEqual(["0: head 200 alone", "0: flush", "5: end "]);
  });
  test("trailers are the end, a reset behind them included", () => {
    const { log, stage } = createClient();
    play(
      prepared(
        head(0),
        event(1, "a"),
        { kind: "trailers", atUs: 2000, trailers: [["t", "1"]] },
        { kind: "reset", atUs: 9000, code: 0 },
      ),
      stage,
      options,
    );
    pass(100);
    expect(log).toEqual(["0: head 200", "0: flush", "1: a", "2: end  t,1 reset 0"]);
  });
  test("a reset behind a head that was not sent alone comes after it", () => {
    const { log, stage } = createClient();
    play(prepared(head(0), { kind: "reset", atUs: 0, code: 8 }), stage, options);
    expect(log).toEqual(["0: head 200", "0: flush", "0: reset 8"]);
  });
});

describe("the client", () => {
  test("one that takes nothing gets all that has become due in one write, and later events at their time", () => {
    const { log, stage, stopReading, readOn } = createClient();
    stopReading();
    play(prepared(head(0), event(0, "a"), event(10, "b"), event(20, "c"), event(30, "d"), end(40)), stage, options);
    expect(works).toEqual([]);
    now = 25;
    readOn();
    pass(100);
    expect(log).toEqual(["0: head 200", "0: a", "25: bc", "30: d", "40: end "]);
  });
  test("large plans are asked about every 256 KiB", () => {
    const { log, stage, stopReading, readOn } = createClient();
    const piece = "x".repeat(100_000);
    stopReading();
    play(prepared(head(0), ...Array.from({ length: 5 }, () => event(0, piece)), end(0)), stage, {
      ...options,
      speed: Number.POSITIVE_INFINITY,
    });
    expect(log.map((l) => l.length)).toEqual([11, 200_003]);
    readOn();
    expect(log.map((l) => l.length)).toEqual([11, 200_003, 200_003, 100_007]);
  });
  test("one that leaves frees the timer, and nothing more is said", () => {
    const { log, stage } = createClient();
    const performance = play(prepared(head(0), event(10, "a"), end(20)), stage, options);
    expect(works).toHaveLength(1);
    performance.stop();
    expect(works).toEqual([]);
    expect(performance.running).toBe(false);
    pass(100);
    expect(log).toEqual(["0: head 200", "0: flush"]);
  });
  test("a held stream waits for nothing", () => {
    const { log, stage } = createClient();
    const performance = play(prepared(head(0), event(5, "a"), { kind: "hold", atUs: 6000 }), stage, options);
    pass(100);
    expect(log).toEqual(["0: head 200", "0: flush", "5: a"]);
    expect(works).toEqual([]);
    expect(performance.running).toBe(true);
    performance.stop();
  });
  test("steps after an await count from the message, whether it was there before or comes later", () => {
    const plan = prepared(
      head(0),
      { kind: "await", trigger: "client-message" },
      event(10, "a"),
      { kind: "await", trigger: "client-message" },
      event(5, "b"),
      end(5),
    );
    const { log, stage } = createClient();
    const performance = play(plan, stage, options);
    pass(50);
    performance.message();
    performance.message();
    pass(200);
    expect(log).toEqual(["0: head 200", "0: flush", "60: a", "65: end b"]);
  });
});
