import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSessionReader } from "../../src/recording/assemble.ts";
import { formats } from "../support/projections.ts";
import { divergencesOf, learnedCorpus, tamperAll, unsatisfied } from "../support/tamper.ts";

type Headers = readonly (readonly [string, string])[];

/** A recording of one exchange, written down by hand. */
function written(
  open: object,
  head: { status: number; headers: Headers; coding?: string },
  texts: readonly string[],
): Buffer {
  const lines = [
    {
      wrec: 1,
      session: "s",
      twin: "t",
      baseUrl: "http://a",
      startedAt: "2026-11-22T10:00:00.000000Z",
      tags: [],
      tool: "t",
    },
    { x: 0, atUs: 0, open: { conn: 1, stream: null, method: "POST", query: "", headers: [], ...open } },
    { x: 0, atUs: 1, dir: "client", end: true },
    { x: 0, atUs: 900, head },
    ...texts.map((text, i) => ({ x: 0, atUs: 1000 * (i + 1), dir: "server", text })),
    { x: 0, atUs: 90_000, close: { shape: "clean", by: "server" } },
    { atUs: 99_000, ended: { exchanges: 1 } },
  ];
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

const WRITTEN: Readonly<Record<string, Buffer>> = {
  "a gRPC method that the server does not have: the status stands in the head": written(
    { protocol: "grpc", httpVersion: "2", path: "/a.B/C" },
    {
      status: 200,
      headers: [
        ["content-type", "application/grpc"],
        ["grpc-status", "12"],
        ["grpc-message", "no such method"],
      ],
    },
    [],
  ),
  "a coded stream of nothing but a counter": written(
    { protocol: "http", httpVersion: "1.1", path: "/ticks" },
    {
      status: 200,
      headers: [
        ["Content-Type", "text/event-stream"],
        ["Content-Encoding", "gzip"],
      ],
      coding: "gzip",
    },
    Array.from({ length: 10 }, (_, i) => `data: {"i":${i}}\n\n`),
  ),
};

// Recordings of real servers, and the models that are learned from them.
describe.each(["llama", "aimock", "etcd", ...Object.keys(WRITTEN)])("%s", (name) => {
  const reader = createSessionReader({ file: `${name}.wrec` });
  reader.push(WRITTEN[name] ?? readFileSync(join(import.meta.dirname, "synth", `${name}.wrec`)));
  const corpus = learnedCorpus(reader.end(), formats);

  test("the model as it is passes", () => {
    expect(divergencesOf(corpus)).toEqual([]);
  });

  test("every place of it, changed alone, is told at exactly its path, in each event it stands in", () => {
    const verdicts = tamperAll(corpus);
    expect(unsatisfied(verdicts)).toEqual([]);
    // Only names that nothing defines any more are refused.
    const refused = new Set(verdicts.filter((v) => v.outcome === "refused").map((v) => v.mutation.kind));
    expect([...refused].filter((kind) => kind !== "name" && kind !== "row")).toEqual([]);
  });
});
