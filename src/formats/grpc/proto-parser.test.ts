import { describe, expect, it } from "vitest";
import { formatPlace, WraithError } from "../../base/errors.ts";
import type { SchemaSources } from "../format.ts";
import { compileSchemas } from "./schema.ts";

function sources(files: Readonly<Record<string, string>>): SchemaSources {
  return {
    protoFiles: Object.entries(files).map(([path, text]) => ({ path, text })),
    descriptorSets: [],
    maxMessageBytes: 1000,
  };
}

function problem(files: Readonly<Record<string, string>>): string {
  try {
    compileSchemas(sources(files));
  } catch (error) {
    if (!(error instanceof WraithError)) throw error;
    expect(error.code).toBe("SCHEMA_INVALID");
    return `${formatPlace(error.place)}: ${error.message}`;
  }
  return "fine";
}

const inMessage = (field: string, syntax = "proto3"): string =>
  problem({ "a.proto": `syntax = "${syntax}";\nmessage A {\n  ${field}\n}\n` });

describe("a malformed .proto file is told with its place and what was expected", () => {
  it.each([
    [
      "hello",
      'a.proto:1:1: expected "message", "enum", "service", "extend", "import", "option" or "package", found "hello"',
    ],
    ['syntax = "proto4";', 'a.proto:1:10: expected "proto2" or "proto3", found "proto4"'],
    ['edition = "2099";', 'a.proto:1:11: expected edition "2023" or "2024", found "2099"'],
    ["message A {\n  ", 'a.proto:2:3: expected a field, a declaration or "}", found the end of the file'],
    ["message {}", 'a.proto:1:9: expected the name of a message, found "{"'],
    ["/* for ever", "a.proto:1:1: this comment has no end"],
    ['import "a', "a.proto:1:8: this string has no end on its line"],
    ["import a;", 'a.proto:1:8: expected the path of an import, in quotes, found "a"'],
    ["enum E { A = x; }", 'a.proto:1:14: expected the number of a value, found "x"'],
    ["enum E { A = 0; A = 1; }", 'a.proto:1:17: there is a value "A" already'],
    ["service S { rpc M (A) return (B); }", 'a.proto:1:23: expected "returns", found "return"'],
    ["service S { rcp M (A) returns (B); }", 'a.proto:1:13: expected "rpc", "option" or "}", found "rcp"'],
    ["option deprecated = 1;", 'a.proto:1:21: expected true or false, found "1"'],
  ])("%j", (text, expected) => {
    expect(problem({ "a.proto": text })).toBe(expected);
  });

  it.each([
    ["int32 a 1;", 'a.proto:3:11: expected "=", found "1"'],
    ["int32 = 1;", 'a.proto:3:9: expected the name of a field, found "="'],
    ["int32 a = 1", 'a.proto:4:1: expected ";", found "}"'],
    ["int32 a = 0;", 'a.proto:3:13: expected the number of a field (1 to 536870911), found "0"'],
    ["int32 a = 19500;", "a.proto:3:13: the numbers 19000 to 19999 are protobuf's own"],
    ["int32 a = 1; int32 b = 1;", 'a.proto:3:26: the number 1 is taken by the field "a"'],
    ["int32 a = 1; int32 a = 2;", 'a.proto:3:22: there is a field "a" already'],
    ["required int32 a = 1;", "a.proto:3:3: only proto2 has required fields"],
    [
      "map<float, string> a = 1;",
      'a.proto:3:7: expected the type of a map\'s key (an integer type, bool or string), found "float"',
    ],
    ["oneof o { }", "a.proto:3:9: a oneof has at least one field"],
    ["oneof o { repeated int32 a = 1; }", "a.proto:3:13: fields of a oneof have no label"],
    ["group G = 1 {}", "a.proto:3:3: only proto2 has groups"],
  ])("in proto3: %j", (field, expected) => {
    expect(inMessage(field)).toBe(expected);
  });

  it("in proto2 a field without a label", () => {
    expect(inMessage("int32 a = 1;", "proto2")).toMatch(
      /^a\.proto:3:3: expected "optional", "required" or "repeated", which fields of proto2 begin with/,
    );
  });

  it("a type that nobody declares, at its place, with the imports that are missing", () => {
    expect(inMessage("B.C b = 1;")).toBe('a.proto:3:3: no message or enum "B.C" is declared');
    expect(problem({ "a.proto": 'syntax = "proto3";\nimport "b.proto";\nmessage A { x.B b = 1; }' })).toBe(
      'a.proto:3:13: no message or enum "x.B" is declared; an import is missing: "b.proto"',
    );
    expect(problem({ "a.proto": "enum E { Z = 0; } service S { rpc M(E) returns (E); }" })).toBe(
      'a.proto:1:37: "E" is no message',
    );
  });

  it("messages that are nested without end", () => {
    expect(problem({ "a.proto": "message A {".repeat(40) })).toMatch(
      /^a\.proto:1:\d+: messages are nested too deep here$/,
    );
  });
});

describe("imports", () => {
  const service = (type: string): string => `service S { rpc M(${type}) returns (${type}); }`;

  it.each([
    [
      "beside the importing file, with ./",
      { "p/a.proto": `import "./kv.proto"; ${service("kv.K")}`, "p/kv.proto": "package kv; message K {}" },
    ],
    [
      "beside the importing file, from another root",
      { "x/y/a.proto": `import "kv.proto"; ${service("kv.K")}`, "x/y/kv.proto": "package kv; message K {}" },
    ],
    [
      "in a folder that holds all of them",
      {
        "/r/in/a.proto": `import "sub/kv.proto"; ${service("kv.K")}`,
        "/r/lib/sub/kv.proto": "package kv; message K {}",
      },
    ],
    [
      "that only bring options may be missing",
      {
        "a.proto": `import "gogoproto/gogo.proto"; message A { optional int32 a = 1 [(gogoproto.nullable) = false]; } ${service("A")}`,
      },
    ],
    [
      "of options that nobody imports are read over",
      {
        "a.proto":
          'message A {} service S { rpc M(A) returns (A) { option (google.api.http) = { post: "/v3" body: "*" }; } }',
      },
    ],
    [
      "of google are built in",
      {
        "a.proto": `import "google/rpc/status.proto"; import "google/api/annotations.proto"; message A { optional google.rpc.Status s = 1; } ${service("A")}`,
      },
    ],
    [
      "in a circle",
      {
        "a.proto": `import "b.proto"; message A { optional B b = 1; } ${service("A")}`,
        "b.proto": 'import "a.proto"; message B { optional A a = 1; }',
      },
    ],
  ])("%s", (_, files) => {
    expect(compileSchemas(sources(files as unknown as Record<string, string>)).findMethod("/S/M")).toBeDefined();
  });

  it("of two files that declare one name, the first counts", () => {
    const { types } = compileSchemas(
      sources({
        "a.proto": "message A { optional int32 first = 1; }",
        "b.proto": "message A { optional int32 second = 1; } message B { optional A a = 1; }",
      }),
    );
    expect(types.message("A")?.fieldOf(1)?.name).toBe("first");
    expect(types.message("B")?.fieldOf(1)?.message?.fieldOf(1)?.name).toBe("first");
  });
});

describe("names", () => {
  it("are looked up from the inside out, and from the root with a leading dot", () => {
    const text = `syntax = "proto3"; package a.b;
      message T { string outer = 1; }
      message M { message T { string inner = 1; } T near = 1; .a.b.T far = 2; b.T also_far = 3; M.T near_too = 4; }`;
    const message = compileSchemas(sources({ "a.proto": text })).types.message("a.b.M")!;
    expect([1, 2, 3, 4].map((n) => message.fieldOf(n)!.message!.name)).toEqual([
      "a.b.M.T",
      "a.b.T",
      "a.b.T",
      "a.b.M.T",
    ]);
  });

  it("that are words of the language name fields", () => {
    const text =
      'syntax = "proto3"; message M { string message = 1; M enum = 2; int32 reserved = 3; repeated int32 repeated = 4; bool stream = 5; M oneof = 6; int32 map = 7; } message stream {} service S { rpc A(stream) returns (stream stream); rpc rpc(stream stream) returns (M); }';
    const schemas = compileSchemas(sources({ "a.proto": text }));
    expect(schemas.types.message("M")!.fields.map((f) => f.name)).toEqual([
      "message",
      "enum",
      "reserved",
      "repeated",
      "stream",
      "oneof",
      "map",
    ]);
    expect(schemas.findMethod("/S/A")).toEqual({ input: "stream", output: "stream" });
    expect(schemas.findMethod("/S/rpc")).toEqual({ input: "stream", output: "M" });
  });
});
