#!/usr/bin/env node
import * as nodeModule from "node:module";
import type { Command } from "commander";
import { ERRORS } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import { COMMANDS } from "./commands.ts";
import type { GlobalOptions } from "./terminal.ts";

async function main(argv: readonly string[]): Promise<number> {
  process.stdout.on("error", stopWithoutOutput);
  if (argv[0] === "--version" || argv[0] === "-V") {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  keepCompiledCode();
  const [{ createProgram, HelpShown }, { createTerminal }, { reportFailure }] = await Promise.all([
    import("./program.ts"),
    import("./terminal.ts"),
    import("./failure.ts"),
  ]);
  const named = argv.filter((a) => Object.hasOwn(COMMANDS, a));
  const wanted = named.length === 0 || argv[0] === "help" ? Object.keys(COMMANDS) : [...new Set(named)];
  const definitions = await Promise.all(wanted.map(async (name) => (await COMMANDS[name]!()).command));
  let exitCode = 0;
  const program: Command = createProgram(definitions, Object.keys(COMMANDS), (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv as string[], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof HelpShown) return 0;
    const options: GlobalOptions = {
      ...program.opts<GlobalOptions>(),
      json: argv.includes("--json") || /(?:^| )--format[ =]json(?: |$)/.test(argv.join(" ")),
    };
    return reportFailure(error, createTerminal(options), argv.includes("--debug"));
  }
}

/** A closed pipe (`wraith inspect x | head`) is the reader's way to say "enough", not a failure; a full disk is one. */
function stopWithoutOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === "EPIPE") process.exit(0);
  const { exit, help } = ERRORS.DISK_FAILED;
  process.stderr.write(`wraith: The output cannot be written: ${message}.\n  ${help} [DISK_FAILED]\n`);
  process.exit(exit);
}

/** Node 22 and later keep what they compiled for the next start, in the folder for temporary files; where they cannot, all goes on without. */
function keepCompiledCode(): void {
  const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: () => unknown };
  enableCompileCache?.();
}

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
