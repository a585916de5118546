import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createScheduler } from "./scheduler.ts";

let now = 0;
beforeEach(() => {
  now = 1000;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate"] });
});
afterEach(() => vi.useRealTimers());

/** Lets `ms` pass in steps of a tenth of a millisecond, on the clock and for Node's timers. */
function pass(ms: number): void {
  for (let i = 0; i < ms * 10; i++) {
    now = Math.round(now * 10 + 1) / 10;
    vi.advanceTimersByTime(0.1);
  }
}

test("work runs at its time, at most half a millisecond before it, and less than one behind it", () => {
  const scheduler = createScheduler(() => now);
  const ran: [due: number, at: number][] = [];
  for (const due of [1000.4, 1003.7, 1003.2, 1020, 1001, 1250.5]) scheduler.at(due, () => ran.push([due, now]));
  pass(300);
  // Within a millisecond the order is open: no two works of one stream wait at once.
  expect(ran.map(([due]) => Math.floor(due))).toEqual([1000, 1001, 1003, 1003, 1020, 1250]);
  for (const [due, at] of ran) {
    expect(at - due).toBeGreaterThanOrEqual(-0.5);
    expect(at - due).toBeLessThanOrEqual(0.7);
  }
  expect(scheduler.waiting).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("a late wake-up runs all that became due, and moves nothing after it", () => {
  const scheduler = createScheduler(() => now);
  const ran: number[] = [];
  for (let due = 1001; due < 1100; due++) scheduler.at(due, () => ran.push(due));
  now = 1050.2;
  vi.advanceTimersByTime(1);
  expect(ran).toEqual(Array.from({ length: 50 }, (_, i) => 1001 + i));
  pass(60);
  expect(ran).toHaveLength(99);
});

test("work that is cancelled does not run, also by work of the same moment; one timer serves all", () => {
  const scheduler = createScheduler(() => now);
  const ran: string[] = [];
  const tasks = Array.from({ length: 10 }, (_, i) => scheduler.at(1005 + (i % 2) / 10, () => ran.push(`t${i}`)));
  scheduler.at(1002, () => scheduler.cancel(tasks[4]!));
  scheduler.at(1005, () => scheduler.cancel(tasks[9]!));
  expect(vi.getTimerCount()).toBe(1);
  scheduler.cancel(tasks[0]!);
  scheduler.cancel(tasks[0]!);
  now = 1005.5;
  vi.advanceTimersByTime(10);
  expect(ran.sort()).toEqual(["t1", "t2", "t3", "t5", "t6", "t7", "t8"]);
  expect(scheduler.waiting).toBe(0);
});

test("work may put in more work: a past deadline waits for the next wake-up, so that nobody starves", () => {
  const scheduler = createScheduler(() => now);
  let rounds = 0;
  const again = (): void => {
    rounds++;
    scheduler.at(0, again);
    scheduler.at(now + 5, () => undefined);
  };
  scheduler.at(1000, again);
  now = 1001;
  vi.advanceTimersByTime(1);
  expect(rounds).toBe(1);
  now = 1003;
  vi.advanceTimersByTime(2);
  expect(rounds).toBe(2);
});

test("cancelling all leaves nothing, however far away it was", () => {
  const scheduler = createScheduler(() => now);
  const tasks = Array.from({ length: 1000 }, (_, i) => scheduler.at(2 ** 33 + i * 17, () => undefined));
  for (const task of tasks) scheduler.cancel(task);
  expect(scheduler.waiting).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  let ran = false;
  scheduler.at(now + 3, () => (ran = true));
  pass(5);
  expect(ran).toBe(true);
});

test("a wait beyond Node's longest timer is no short one", () => {
  const scheduler = createScheduler(() => now);
  let ran = false;
  scheduler.at(2 ** 31 + 5000, () => (ran = true));
  vi.advanceTimersByTime(100);
  expect(ran).toBe(false);
  now = 2 ** 31 + 5001;
  vi.advanceTimersByTime(2 ** 30);
  expect(ran).toBe(true);
});

test("what is late runs at once where somebody asks for it, and nothing runs before its time", () => {
  const scheduler = createScheduler(() => now);
  const ran: number[] = [];
  for (const due of [1010, 1011, 1020])
    scheduler.at(due, () => {
      ran.push(due);
      // Work that asks, too, is not run within itself.
      scheduler.catchUp();
    });
  scheduler.catchUp();
  expect(ran).toEqual([]);
  now = 1012;
  scheduler.catchUp();
  expect(ran).toEqual([1010, 1011]);
  pass(20);
  expect(ran).toEqual([1010, 1011, 1020]);
  expect(vi.getTimerCount()).toBe(0);
});

test("where everything is late, whoever asks has as much time of its own as late work took", () => {
  const scheduler = createScheduler(() => now);
  let runs = 0;
  const work = (): void => {
    runs++;
    now += 10;
    scheduler.at(now - 5, work);
  };
  scheduler.at(1001, work);
  now = 1002;
  const asked: number[] = [];
  for (let i = 0; i < 24; i++) {
    const before = runs;
    scheduler.catchUp();
    if (runs > before) asked.push(i);
    now += 2.5;
  }
  // Ten milliseconds of late work, then ten for the others, and so on.
  expect(asked).toEqual([0, 4, 8, 12, 16, 20]);
});

test("what is late already does not wait for a timer", () => {
  const scheduler = createScheduler(() => now);
  let ran = 0;
  scheduler.at(990, () => ran++);
  expect(ran).toBe(0);
  vi.advanceTimersByTime(0);
  expect(ran).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("what is asked for runs in its order, and not within the call", () => {
  const scheduler = createScheduler(() => now);
  const ran: string[] = [];
  scheduler.soon(() => {
    ran.push("a");
    scheduler.soon(() => ran.push("c"));
  });
  scheduler.soon(() => ran.push("b"));
  expect(ran).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(ran).toEqual(["a", "b", "c"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("where there is not enough time, what is due and what is asked for take turns, and arrivals are read in between", () => {
  const scheduler = createScheduler(() => now);
  let ran = "";
  const take =
    (name: string, ms: number): (() => void) =>
    () => {
      ran += name;
      now += ms;
    };
  for (let i = 0; i < 6; i++) {
    scheduler.at(990 + i, take("d", 0.5));
    scheduler.soon(take("a", 0.25));
  }
  const turns: string[] = [];
  for (let before = -1; ran.length > before; before = ran.length, vi.advanceTimersToNextTimer())
    turns.push(ran.slice(Math.max(before, 0)));
  expect(turns.slice(1)).toEqual(["ddaaaa", "ddaa", "dd"]);
});

test("work that is due and cancelled before its turn has come does not run", () => {
  const scheduler = createScheduler(() => now);
  const ran: number[] = [];
  const works = [0, 1, 2, 3].map((i) =>
    scheduler.at(990, () => {
      ran.push(i);
      now += 2;
    }),
  );
  vi.advanceTimersToNextTimer();
  expect(ran).toEqual([0]);
  scheduler.cancel(works[1]!);
  expect(scheduler.waiting).toBe(2);
  pass(3);
  expect(ran).toEqual([0, 2, 3]);
  expect(scheduler.waiting).toBe(0);
});
