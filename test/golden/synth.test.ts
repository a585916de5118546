import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFormats } from "../../src/formats/index.ts";
import { formatModel } from "../../src/model/symbols.ts";
import { formatTake } from "../../src/model/take-lines.ts";
import { createSessionReader } from "../../src/recording/assemble.ts";
import type { Session } from "../../src/recording/exchange.ts";
import { synthesize } from "../../src/synth/synthesize.ts";
import { expectExact } from "../support/exact.ts";
import { holdOut } from "../support/holdout.ts";

// Recordings of real servers, trimmed, and the models that are learned from them. A change of what is learned is a diff here, to be
// read as one reads code: `npx vitest run test/golden/synth.test.ts -u` writes the new models.

const folder = join(import.meta.dirname, "synth");
const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 10 * 1024 * 1024 });

function readRecording(name: string): Session {
  const reader = createSessionReader({ file: `${name}.wrec` });
  reader.push(readFileSync(join(folder, `${name}.wrec`)));
  return reader.end();
}

describe.each(["llama", "aimock", "etcd"])("%s", (name) => {
  const session = readRecording(name);
  const synthesis = synthesize(name, [session], formats, { fields: {} });
  const { model, takes, report } = synthesis;

  it("gives this model", async () => {
    await expect(formatModel(model)).toMatchFileSnapshot(join(folder, `${name}.symbols.json`));
  });

  it("and these takes", async () => {
    const lines = model.routes.flatMap((route) =>
      route.variants.flatMap((variant) => takes.get(variant)!.map((take) => `${formatTake(route, variant, take)}\n`)),
    );
    await expect(lines.join("")).toMatchFileSnapshot(join(folder, `${name}.takes.jsonl`));
  });

  it("and this report, with every event exact", async () => {
    expect(report.exactEvents).toBe(report.events);
    expectExact(synthesis, [session]);
    await expect(`${JSON.stringify(report, null, 2)}\n`).toMatchFileSnapshot(join(folder, `${name}.report.json`));
  });
});

it("a chat that was left out is known all the same: what its words were does not matter", () => {
  const session = readRecording("llama");
  const { events, known, misses } = holdOut([session], formats, ({ index }) => index === 2);
  expect({ known, misses }).toEqual({ known: events, misses: [] });
  expect(events).toBeGreaterThan(4);
});
