import * as fc from "fast-check";
import { expect, it } from "vitest";
import { joinPath, lastKey, pathIndex, pathKey, pathPattern, pathSegments } from "./path.ts";

it("writes places in one notation", () => {
  expect(pathKey("", "a")).toBe("a");
  expect(pathKey("events[3].data", "x-y_$1")).toBe("events[3].data.x-y_$1");
  expect(pathKey("body", "a b")).toBe('body["a b"]');
  expect(pathKey("", "a.b")).toBe('["a.b"]');
  expect(pathKey("a", "")).toBe('a[""]');
  expect(pathIndex("a", 0)).toBe("a[0]");
  expect(joinPath("events[3]", "data.id")).toBe("events[3].data.id");
  expect(joinPath("body", "[0].b")).toBe("body[0].b");
  expect(joinPath("body", "")).toBe("body");
  expect(joinPath("", "id")).toBe("id");
});

it("opens array indices in patterns", () => {
  expect(pathPattern("a[3].b[0]")).toBe("a[].b[]");
});

it("gives back the segments that a path was made of", () => {
  const segment = fc.oneof(fc.nat(), fc.string(), fc.constantFrom("a", "a b", 'q"', "\\", "é", "a#1", "0"));
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), (segments) => {
      const path = segments.reduce<string>((at, s) => (typeof s === "number" ? pathIndex(at, s) : pathKey(at, s)), "");
      expect(pathSegments(path)).toEqual(segments);
    }),
  );
});

it("reads patterns and numbered lines, and refuses what is no path", () => {
  expect(pathSegments("a[].b")).toEqual(["a", -1, "b"]);
  expect(pathSegments("data#1")).toEqual(["data#1"]);
  expect(pathSegments("a b")).toBeUndefined();
  expect(pathSegments('a["x]')).toBeUndefined();
  expect(lastKey("a.b[3]")).toBe("b");
  expect(lastKey("[3]")).toBe("");
});
