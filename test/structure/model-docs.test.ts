import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { formatModel, parseModel } from "../../src/model/symbols.ts";
import { formatTake, parseTakes } from "../../src/model/take-lines.ts";
import { formats } from "../support/chat-model.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/model-format.md"), "utf8");

/** The indented block of the page that begins with this line, its indentation taken off. */
function block(start: string): string {
  const lines = page.split("\n");
  const from = lines.findIndex((line) => line.startsWith(`    ${start}`));
  const to = lines.findIndex((line, i) => i > from && !line.startsWith("    "));
  return lines
    .slice(from, to)
    .map((line) => line.slice(4))
    .join("\n");
}

it("docs/model-format.md shows a model and a take as the program reads and writes them", () => {
  const model = parseModel(block("{"), "docs", formats);
  const [route] = model.routes;
  expect(route!.shapes.size).toBe(5);
  expect(parseModel(formatModel(model), "docs", formats)).toEqual(model);
  const line = block('{"take"');
  const [take] = parseTakes(line, "docs", route!, route!.variants[0]!);
  expect(formatTake(route!, route!.variants[0]!, take!)).toBe(line);
});
