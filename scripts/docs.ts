// usage: tsx scripts/docs.ts
// Writes docs/errors.md from the table of errors and docs/commands.md from the program. A test keeps both equal to their sources.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { ERRORS } from "../src/base/errors.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { createProgram } from "../src/cli/program.ts";

const GENERATED = "<!-- Made by scripts/docs.ts. Do not edit. -->";

const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  0: "success",
  1: "user or configuration error",
  2: "conformance below the bar",
  3: "security violation",
  4: "runtime or environment failure",
};

/** The text of docs/errors.md. */
export function errorsPage(): string {
  const lines = [
    "# Errors",
    "",
    GENERATED,
    "",
    "An error is one sentence that says what was wrong and where (`file:line:column: field`), and a line of help that ends in the",
    "error's code. With `--format json` the same stands on stdout:",
    '`{"ok": false, "error": {"code", "message", "place": {"file", "line", "column", "field"}, "help", "exitCode"}}`.',
    "A stack trace is printed only with `--debug`.",
    "",
    "| exit code | meaning |",
    "|---|---|",
    ...Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    "",
    "| code | exit code | what to do |",
    "|---|---|---|",
    ...Object.entries(ERRORS).map(
      ([code, { exit, help }]) => `| \`${code}\` | ${exit} | ${help.replaceAll("|", "\\|")} |`,
    ),
    "",
  ];
  return lines.join("\n");
}

/** The text of docs/commands.md. */
export async function commandsPage(): Promise<string> {
  const definitions = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).command));
  const program = createProgram(definitions, Object.keys(COMMANDS), () => undefined);
  const help = program.createHelp();
  const globals = new Set(
    optionRows(program.commands[0]!).filter((row) => program.commands.every((c) => optionRows(c).includes(row))),
  );
  const lines = [
    "# Commands",
    "",
    GENERATED,
    "",
    "| command | does |",
    "|---|---|",
    ...definitions.map((d) => `| [\`wraith ${d.name}\`](#wraith-${d.name}) | ${d.summary} |`),
    "",
    "Every command has these options beside its own:",
    "",
    "| option | |",
    "|---|---|",
    ...globals,
    "",
    "`pretty` is the default on a terminal, `text` in a pipe. Results go to stdout, everything else to stderr. `NO_COLOR` is honoured.",
    "",
    "Exit codes: " +
      Object.entries(EXIT_MEANINGS)
        .map(([code, meaning]) => `${code} ${meaning}`)
        .join(" · ") +
      ". See [errors](errors.md).",
    "",
  ];
  definitions.forEach((definition, i) => {
    const command = program.commands[i]!;
    const own = optionRows(command).filter((row) => !globals.has(row));
    lines.push(
      `## wraith ${definition.name}`,
      "",
      sentence(definition.summary),
      "",
      `    ${help.commandUsage(command)}`,
      "",
    );
    const args = help.visibleArguments(command).map((a) => `| \`${a.name()}\` | ${a.description} |`);
    if (args.length > 0) lines.push("| argument | |", "|---|---|", ...args, "");
    if (own.length > 0) lines.push("| option | |", "|---|---|", ...own, "");
    lines.push("Examples:", "", ...definition.examples.map((e) => `    ${e}`), "");
  });
  return lines.join("\n");
}

function optionRows(command: Command): string[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .map((o) => `| \`${help.optionTerm(o)}\` | ${help.optionDescription(o).replaceAll("|", "\\|")} |`);
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const docs = join(import.meta.dirname, "..", "docs");
  writeFileSync(join(docs, "errors.md"), errorsPage());
  writeFileSync(join(docs, "commands.md"), await commandsPage());
}
