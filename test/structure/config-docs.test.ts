import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configurationPage, configurationSchema, driftSchema } from "../../scripts/config-docs.ts";

const docs = join(import.meta.dirname, "../../docs");

it("docs/configuration.md and the schemas are what `tsx scripts/config-docs.ts` writes from the tables that wraith.toml and drift.toml are checked by", () => {
  expect(readFileSync(join(docs, "configuration.md"), "utf8")).toBe(configurationPage());
  expect(readFileSync(join(docs, "wraith.schema.json"), "utf8")).toBe(configurationSchema());
  expect(readFileSync(join(docs, "drift.schema.json"), "utf8")).toBe(driftSchema());
});
