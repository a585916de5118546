import { expect, test } from "vitest";
import { createLazyMap } from "./lazy-map.ts";

test("values are made when they are asked for, once, in whatever way", () => {
  const made: string[] = [];
  const makers = new Map(["a", "b", "c"].map((key) => [key, () => (made.push(key), key.toUpperCase())]));
  const map = createLazyMap(makers);
  expect([map.size, map.has("b"), map.has("x"), [...map.keys()]]).toEqual([3, true, false, ["a", "b", "c"]]);
  expect(made).toEqual([]);
  expect([map.get("b"), map.get("b"), map.get("x")]).toEqual(["B", "B", undefined]);
  expect(made).toEqual(["b"]);
  expect([...map]).toEqual([
    ["a", "A"],
    ["b", "B"],
    ["c", "C"],
  ]);
  expect([...map.values()]).toEqual(["A", "B", "C"]);
  const seen: string[] = [];
  map.forEach((value, key, whole) => seen.push(`${key}${value}${whole === map}`));
  expect(seen).toEqual(["aAtrue", "bBtrue", "cCtrue"]);
  expect(made.sort()).toEqual(["a", "b", "c"]);
});
test("a value that cannot be made is asked for again each time", () => {
  let times = 0;
  const map = createLazyMap(
    new Map([
      [
        "a",
        () => {
          throw new Error(`${++times}`);
        },
      ],
    ]),
  );
  expect(() => map.get("a")).toThrow("1");
  expect(() => [...map]).toThrow("2");
});
