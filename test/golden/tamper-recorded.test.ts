import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSessionReader } from "../../src/recording/assemble.ts";
import { formats } from "../support/projections.ts";
import { divergencesOf, learnedCorpus, tamperAll, unsatisfied } from "../support/tamper.ts";

// Recordings of real servers, and the models that are learned from them.
describe.each(["llama", "aimock", "etcd"])("%s", (name) => {
  const reader = createSessionReader({ file: `${name}.wrec` });
  reader.push(readFileSync(join(import.meta.dirname, "synth", `${name}.wrec`)));
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
