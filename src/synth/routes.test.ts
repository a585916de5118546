import { describe, expect, it } from "vitest";
import { inferRoutes, pathParameters } from "./routes.ts";

const patterns = (...paths: readonly string[]): readonly string[] =>
  inferRoutes(paths.map((path) => ({ method: "GET", path }))).map((route) => route.pattern);

describe("inferRoutes", () => {
  it.each([
    ["/users/0b7e4f8a-1c2d-4e5f-8a9b-0c1d2e3f4a5b", "/users/:id"],
    ["/users/1839201748", "/users/:id"],
    ["/blobs/9f8c2b7a1d3e4f5a9f8c2b7a1d3e4f5a", "/blobs/:id"],
    ["/v1/responses/resp_a9GC6Ib0VISSi6uC/input", "/v1/responses/:id/input"],
  ])("%s is an id at once", (path, pattern) => expect(patterns(path)).toEqual([pattern]));

  it.each([
    "/v1/chat/completions",
    "/v1beta/models/gemini-2.0-flash:streamGenerateContent",
    "/v1/models/claude-3-5-sonnet-20241022",
    "/etcdserverpb.KV/Put",
    "/users/42",
    "/",
    "",
  ])("%s stays as it is", (path) => expect(patterns(path)).toEqual([path]));

  it("a short number is an id where another was recorded at its place", () => {
    expect(patterns("/users/1", "/users/2", "/users/1")).toEqual(["/users/:id", "/users/:id", "/users/:id"]);
    expect(patterns("/users/1", "/teams/2")).toEqual(["/users/1", "/teams/2"]);
    expect(patterns("/users/1/pets/1", "/users/2/pets/2")).toEqual(["/users/:id/pets/:id2", "/users/:id/pets/:id2"]);
  });

  it("words are never split", () => {
    expect(patterns("/users/alice", "/users/bob", "/users/carol")).toEqual([
      "/users/alice",
      "/users/bob",
      "/users/carol",
    ]);
  });

  it("what is an id stays one, whatever is done to it and whatever follows it", () => {
    expect(patterns("/users/1", "/users/2/pets")).toEqual(["/users/:id", "/users/:id/pets"]);
    expect(patterns("/users/1", "/users/2", "/users/1/pets/7")).toEqual([
      "/users/:id",
      "/users/:id",
      "/users/:id/pets/7",
    ]);
    expect(patterns("/users/42", "/users/1839201748")).toEqual(["/users/:id", "/users/:id"]);
    const routes = inferRoutes([
      { method: "GET", path: "/users/1" },
      { method: "GET", path: "/users/2" },
      { method: "DELETE", path: "/users/1" },
      { method: "DELETE", path: "/teams/1" },
    ]);
    expect(routes.map((route) => route.pattern)).toEqual(["/users/:id", "/users/:id", "/users/:id", "/teams/1"]);
  });
});

it("path parameters are decoded", () => {
  expect([...pathParameters("/users/:id/pets/:id2", "/users/a%20b/pets/%")]).toEqual([
    ["id", "a b"],
    ["id2", "%"],
  ]);
  expect(pathParameters("/users", "/users").size).toBe(0);
});
