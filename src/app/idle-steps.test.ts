import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { takeIdleSteps } from "./idle-steps.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("steps are taken one at a time, none while somebody is served, and none after the end", () => {
  let taken = 0;
  let busy = false;
  const steps = (function* () {
    for (; taken < 10; taken++) yield;
  })();
  const end = takeIdleSteps(steps, () => busy);
  expect(taken).toBe(0);
  vi.advanceTimersToNextTimer();
  vi.advanceTimersToNextTimer();
  vi.advanceTimersToNextTimer();
  expect(taken).toBe(2);
  busy = true;
  for (let i = 0; i < 5; i++) vi.advanceTimersToNextTimer();
  expect(taken).toBe(2);
  busy = false;
  vi.advanceTimersToNextTimer();
  expect(taken).toBe(3);
  end();
  expect(vi.getTimerCount()).toBe(0);
});

test("after the last step nothing is waited for", () => {
  takeIdleSteps([1, 2].map(() => undefined).values(), () => false);
  vi.advanceTimersByTime(1000);
  expect(vi.getTimerCount()).toBe(0);
});
