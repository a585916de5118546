import { describe, expect, test } from "vitest";
import type { Model, Route } from "./model.ts";
import { findRoute, nearestRoutes } from "./route-match.ts";

function modelOf(...routes: readonly string[]): Model {
  return {
    twin: "t",
    routes: routes.map((route): Route => {
      const [method = "", pattern = ""] = route.split(" ");
      return { route, method, pattern, format: "body", holes: new Map(), shapes: new Map(), variants: [] };
    }),
  };
}

describe("the route of a request", () => {
  const model = modelOf(
    "GET /v1/users/:id",
    "GET /v1/users/me",
    "GET /v1/:kind/me/:part",
    "GET /v1/users/:id/posts",
    "POST /v1/users",
    "GET /",
  );
  const cases: readonly [method: string, path: string, route: string | undefined, params?: Record<string, string>][] = [
    ["GET", "/v1/users/42", "GET /v1/users/:id", { id: "42" }],
    ["GET", "/v1/users/me", "GET /v1/users/me", {}],
    ["GET", "/v1/users/me/posts", "GET /v1/users/:id/posts", { id: "me" }],
    ["GET", "/v1/users/me/others", "GET /v1/:kind/me/:part", { kind: "users", part: "others" }],
    ["GET", "/v1/users/a%20b%2Fc", "GET /v1/users/:id", { id: "a b/c" }],
    ["GET", "/v1/users/%zz", "GET /v1/users/:id", { id: "%zz" }],
    ["GET", "/v1/users/", undefined],
    ["GET", "/v1/users", undefined],
    ["PUT", "/v1/users", undefined],
    ["GET", "/", "GET /", {}],
    ["GET", "", undefined],
  ];
  for (const [method, path, route, params] of cases)
    test(`${method} ${path}`, () => {
      const found = findRoute(model, method, path);
      expect(found?.route.route).toBe(route);
      if (found !== undefined) expect(Object.fromEntries(found.params)).toEqual(params);
    });

  test("a path of many segments costs no more than the model has", () => {
    const deep = modelOf(...Array.from({ length: 12 }, (_, i) => `GET ${"/:a".repeat(i)}/x`));
    expect(findRoute(deep, "GET", "/y".repeat(5000))).toBeUndefined();
  });
});

describe("the nearest routes", () => {
  const model = modelOf(
    "POST /v1/chat/completions",
    "POST /v1/completions",
    "GET /v1/models",
    "GET /v1/users/:id",
    "POST /etcdserverpb.KV/Put",
  );
  const nearest = (method: string, path: string): string | undefined => nearestRoutes(model, method, path, 2)[0]?.route;
  test("are those with a slip of the pen, another method or one segment more", () => {
    expect(nearest("POST", "/v1/chat/completion")).toBe("POST /v1/chat/completions");
    expect(nearest("POST", "/v1/model")).toBe("GET /v1/models");
    expect(nearest("GET", "/chat/completions")).toBe("POST /v1/chat/completions");
    expect(nearest("GET", "/v1/user/7")).toBe("GET /v1/users/:id");
    expect(nearest("POST", "/etcdserverpb.KV/Pt")).toBe("POST /etcdserverpb.KV/Put");
  });
  test("are at most as many as asked for, whatever the path", () => {
    expect(nearestRoutes(model, "GET", `/${"x".repeat(100_000)}${"/y".repeat(10_000)}`, 3)).toHaveLength(3);
    expect(nearestRoutes(model, "GET", "", 9)).toHaveLength(5);
  });
});
