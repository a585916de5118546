import { expect, test } from "vitest";
import { createLater } from "./later.ts";

const MANY_BYTES = 8 * 1024 * 1024;

/** Takes longer than a stretch of work may. */
function busy(): void {
  for (const end = performance.now() + 2; performance.now() < end;);
}

async function done(done: string[], last: string): Promise<void> {
  while (!done.includes(last)) await new Promise((resolve) => setImmediate(resolve));
}

test("work is done in its order, not in the turn in which it is put off, and all of it at once where that is asked for", async () => {
  const later = createLater();
  const said: string[] = [];
  later.put(() => said.push("a"), 0);
  later.put(() => said.push("b"), 0);
  expect(said).toEqual([]);
  await done(said, "b");
  expect(said).toEqual(["a", "b"]);
  later.put(() => said.push("c"), 0);
  later.flush();
  expect(said).toEqual(["a", "b", "c"]);
  later.put(() => said.push("d"), 0);
  await done(said, "d");
  expect(said).toEqual(["a", "b", "c", "d"]);
});

test("what arrives goes before work that has gone on for long", async () => {
  const later = createLater();
  const said: string[] = [];
  later.put(() => {
    setImmediate(() => said.push("arrived"));
    busy();
    said.push("a");
  }, 0);
  later.put(() => said.push("b"), 0);
  await done(said, "b");
  expect(said).toEqual(["a", "arrived", "b"]);
});

test("where too much waits, nothing goes before it", async () => {
  const later = createLater();
  const said: string[] = [];
  later.put(() => {
    setImmediate(() => said.push("arrived"));
    busy();
    said.push("a");
  }, 0);
  later.put(() => said.push("b"), MANY_BYTES);
  await done(said, "arrived");
  expect(said).toEqual(["a", "b", "arrived"]);
});
