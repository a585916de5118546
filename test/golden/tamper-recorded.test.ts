import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSessionReader } from "../../src/recording/assemble.ts";
import { formats } from "../support/projections.ts";
import { divergencesOf, learnedCorpus, tamperAll, unsatisfied } from "../support/tamper.ts";

/** What a server says of a method that it does not have: a head is all there is, and the status stands in it. */
const REFUSED = [
  {
    wrec: 1,
    session: "refused",
    twin: "t",
    baseUrl: "http://a",
    startedAt: "2026-11-22T10:00:00.000000Z",
    tags: [],
    tool: "t",
  },
  {
    x: 0,
    atUs: 0,
    open: {
      protocol: "grpc",
      httpVersion: "2",
      conn: 1,
      stream: 1,
      method: "POST",
      path: "/a.B/C",
      query: "",
      headers: [["content-type", "application/grpc"]],
    },
  },
  { x: 0, atUs: 1, dir: "client", b64: "AAAAAAA=" },
  { x: 0, atUs: 2, dir: "client", end: true },
  {
    x: 0,
    atUs: 900,
    head: {
      status: 200,
      headers: [
        ["content-type", "application/grpc"],
        ["grpc-status", "12"],
        ["grpc-message", "no such method"],
      ],
    },
  },
  { x: 0, atUs: 950, close: { shape: "clean", by: "server" } },
  { atUs: 1000, ended: { exchanges: 1 } },
];

function readRecorded(name: string): Uint8Array {
  if (name === "refused") return Buffer.from(REFUSED.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return readFileSync(join(import.meta.dirname, "synth", `${name}.wrec`));
}

// Recordings of real servers, and the models that are learned from them.
describe.each(["llama", "aimock", "etcd", "refused"])("%s", (name) => {
  const reader = createSessionReader({ file: `${name}.wrec` });
  reader.push(readRecorded(name));
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
