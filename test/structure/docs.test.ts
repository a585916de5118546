import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { commandsPage, errorsPage } from "../../scripts/docs.ts";

const docs = join(import.meta.dirname, "../../docs");

it("docs/errors.md is what `tsx scripts/docs.ts` writes from the table of errors", () => {
  expect(readFileSync(join(docs, "errors.md"), "utf8")).toBe(errorsPage());
});

it("docs/commands.md is what `tsx scripts/docs.ts` writes from the program", async () => {
  expect(readFileSync(join(docs, "commands.md"), "utf8")).toBe(await commandsPage());
});
