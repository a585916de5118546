import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createTap } from "../../src/net/tap.ts";
import { createLineReader } from "../../src/recording/wrec.ts";

const docs = join(import.meta.dirname, "../../docs");
const schema = JSON.parse(readFileSync(join(docs, "wrec.schema.json"), "utf8")) as Schema;

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

const KNOWN = new Set([
  "$schema",
  "$ref",
  "$defs",
  "anyOf",
  "const",
  "enum",
  "type",
  "required",
  "properties",
  "items",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "pattern",
  "title",
  "description",
]);

/** As much of JSON Schema as the schema uses; anything else in it is an error of this test. */
function fits(value: unknown, s: Schema): boolean {
  const foreign = Object.keys(s).find((key) => !KNOWN.has(key));
  if (foreign !== undefined) throw new Error(`the schema uses ${foreign}`);
  if (s.$ref !== undefined && !fits(value, schema.$defs![s.$ref.replace("#/$defs/", "")]!)) return false;
  if (s.anyOf !== undefined && !s.anyOf.some((one) => fits(value, one))) return false;
  if (s.const !== undefined && value !== s.const) return false;
  if (s.enum !== undefined && !s.enum.includes(value)) return false;
  if (s.type !== undefined && ![s.type].flat().includes(typeOf(value))) return false;
  if (typeof value === "number") return value >= (s.minimum ?? -Infinity) && value <= (s.maximum ?? Infinity);
  if (typeof value === "string") return s.pattern === undefined || new RegExp(s.pattern, "u").test(value);
  if (Array.isArray(value))
    return (
      value.length >= (s.minItems ?? 0) &&
      value.length <= (s.maxItems ?? Infinity) &&
      value.every((v) => s.items === undefined || fits(v, s.items))
    );
  if (typeof value !== "object" || value === null) return true;
  const object = value as Readonly<Record<string, unknown>>;
  return (
    (s.required ?? []).every((k) => k in object) &&
    Object.entries(s.properties ?? {}).every(([k, p]) => !(k in object) || fits(object[k], p))
  );
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

const page = readFileSync(join(docs, "recording-format.md"), "utf8");
const examples = page
  .split("\n")
  .filter((l) => l.startsWith("    {"))
  .map((l) => l.trim().replace("{...}", "{}"));

describe("docs/wrec.schema.json", () => {
  it("describes the lines that docs/recording-format.md shows, and the program reads them", () => {
    expect(examples.length).toBeGreaterThan(10);
    for (const line of examples) {
      expect([line, fits(JSON.parse(line), schema)]).toEqual([line, true]);
      expect(["bad", "unknown"]).not.toContain(createLineReader().read(Buffer.from(line))!.kind);
    }
  });

  it("describes every line that the recorder writes", () => {
    const lines: object[] = [];
    const queue: (() => void)[] = [];
    const tap = createTap({
      opened: {
        head: {
          protocol: "http",
          httpVersion: "1.1",
          method: "POST",
          path: "/p",
          query: "q",
          headers: [
            ["Host", "a"],
            ["content-encoding", "gzip"],
          ],
        },
        session: undefined,
        connection: new EventEmitter(),
        stream: null,
      },
      sink: {
        conn: () => 1,
        append: (_, line) => (lines.push(typeof line === "function" ? line() : line), "taken"),
        close: () => undefined,
      },
      scrubber: {
        open: (h) => h,
        head: (h) => h,
        push: (_, c) => [c],
        end: () => [],
        trailers: (t) => t,
        fired: new Set(["rule"]),
        unscrubbed: () => true,
      },
      createDecoder: () => ({ push: (bytes) => bytes }),
      nowMs: () => 1,
      later: (work) => queue.push(work),
      onGivenUp: () => undefined,
      onUnanswered: () => undefined,
    });
    tap.clientData(Buffer.from("grüß"));
    tap.clientEnd([["x-sum", "1"]]);
    tap.informational(103, [["link", "x"]]);
    tap.head({ status: 200, reason: "OK", headers: [["content-encoding", "br"]], last: false });
    tap.data(Buffer.from("text"));
    tap.data(Buffer.from([0xff, 0]));
    tap.trailers([["a", "1"]]);
    tap.close({ shape: "error", by: "server", code: 8, detail: "reset" });
    for (const work of queue) work();
    expect(lines.map((l) => Object.keys(l).at(-1))).toEqual([
      "open",
      "text",
      "trailers",
      "end",
      "informational",
      "head",
      "text",
      "b64",
      "trailers",
      "unscrubbed",
    ]);
    for (const line of lines) {
      const whole: unknown = JSON.parse(JSON.stringify({ x: 0, atUs: 1, ...line }));
      expect([whole, fits(whole, schema)]).toEqual([whole, true]);
      expect(["bad", "unknown"]).not.toContain(createLineReader().read(Buffer.from(JSON.stringify(whole)))!.kind);
    }
  });

  it("describes no line that the program cannot read", () => {
    const { wrec: _, ...noVersion } = JSON.parse(examples[0]!) as Record<string, unknown>;
    const lines: unknown[] = [
      noVersion,
      [],
      1,
      { x: 0, atUs: 1 },
      { x: -1, atUs: 1, dir: "server", text: "a" },
      { x: 0, atUs: 0.5, dir: "server", text: "a" },
      { x: 0, atUs: 1, dir: "up", text: "a" },
      { x: 0, atUs: 1, dir: "server", b64: "a" },
      { x: 0, atUs: 1, dir: "server", trailers: [["a"]] },
      { x: 0, atUs: 1, close: { shape: "odd", by: "server" } },
      { x: 0, atUs: 1, head: { status: "200", headers: [] } },
      { x: 0, atUs: 1, open: {} },
    ];
    for (const line of lines) {
      expect([line, fits(line, schema)]).toEqual([line, false]);
      expect(["bad", "unknown"]).toContain(createLineReader().read(Buffer.from(JSON.stringify(line)))!.kind);
    }
  });
});
