import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandsPage, errorsPage } from "../../scripts/docs.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { createProgram } from "../../src/cli/program.ts";

const docs = join(import.meta.dirname, "../../docs");

it("docs/errors.md is what `tsx scripts/docs.ts` writes from the table of errors", () => {
  expect(readFileSync(join(docs, "errors.md"), "utf8")).toBe(errorsPage());
});

it("docs/commands.md is what `tsx scripts/docs.ts` writes from the program", async () => {
  expect(readFileSync(join(docs, "commands.md"), "utf8")).toBe(await commandsPage());
});

describe("every command line in the documentation is one that wraith understands", () => {
  const root = join(docs, "..");
  const pages = [
    "README.md",
    ...readdirSync(docs)
      .filter((f) => f.endsWith(".md"))
      .map((f) => `docs/${f}`),
  ];

  it.each(pages)("%s", async (page) => {
    const definitions = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).command));
    const { commands } = createProgram(definitions, Object.keys(COMMANDS), () => undefined);
    const wrong: string[] = [];
    for (const [line, name, rest] of commandLines(readFileSync(join(root, page), "utf8"))) {
      const command = commands.find((c) => c.name() === name);
      const options = [...rest.matchAll(/(?<=\s)--?[a-z][a-z-]*/g)].map((m) => m[0]);
      const known = new Set(["--help", ...(command?.options ?? []).flatMap((o) => [o.long, o.short])]);
      if (command === undefined || options.some((o) => !known.has(o))) wrong.push(line);
    }
    expect(wrong).toEqual([]);
  });

  it.each(pages)("%s links to files that are there", (page) => {
    const text = readFileSync(join(root, page), "utf8");
    const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((m) => m[1]!);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});

/** Lines of code, and code in sentences, that begin with `wraith`: the whole, the command, what follows it. */
function commandLines(text: string): readonly (readonly [line: string, command: string, rest: string])[] {
  const code = [...text.matchAll(/^ {4}(?:\$ )?(wraith .*)$|`(wraith [^`]*)`/gm)].map((m) => (m[1] ?? m[2])!);
  const lines = code.flatMap((line) => line.replace(/\s#.*$/, "").split(/&&|\|/)).map((line) => line.trim());
  return lines.flatMap((line) => {
    const match = /^wraith ([a-z]+)(.*)$/.exec(line);
    return match === null ? [] : [[line, match[1]!, match[2]!] as const];
  });
}
