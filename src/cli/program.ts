import { resolve } from "node:path";
import { Command, Option, type CommanderError } from "commander";
import { WraithError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import type { CommandDefinition } from "./command.ts";
import { createTerminal, type GlobalOptions } from "./terminal.ts";

function addGlobalOptions(command: Command): Command {
  return command
    .option("--dir <folder>", "folder that holds twins/ (default: WRAITH_DIR, else the current folder)")
    .addOption(new Option("--format <format>", "how to print results").choices(["pretty", "text", "json"]))
    .option("--json", "short for --format json")
    .option("--quiet", "print results only")
    .option("--debug", "print stack traces of errors");
}

/** The commander program. Usage errors become WraithError USAGE; `onExit` gets the exit code of the command that ran. */
export function createProgram(
  definitions: readonly CommandDefinition[],
  allNames: readonly string[],
  onExit: (code: number) => void,
): Command {
  const program = new Command("wraith")
    .description(
      "Records a real streaming API, learns a model of it, serves it as a local twin, and proves how faithful the twin is.",
    )
    .version(VERSION, "-V, --version")
    .helpCommand("help [command]", "help for a command")
    .addHelpText(
      "after",
      "\nFirst steps:\n  $ wraith demo\n  $ wraith init my-llm --base-url http://localhost:11435\n  $ wraith record my-llm --port 8090\n",
    );
  for (const definition of definitions) {
    const command = addGlobalOptions(program.command(definition.name).description(definition.summary));
    definition.define(command, async (action) => {
      const options = { ...program.opts<GlobalOptions>(), ...command.opts<GlobalOptions>() };
      const terminal = createTerminal(options);
      const root = resolve(options.dir ?? process.env["WRAITH_DIR"] ?? ".");
      onExit(await action({ terminal, root, options }));
    });
    command.addHelpText("after", `\nExamples:\n${definition.examples.map((e) => `  $ ${e}`).join("\n")}\n`);
    strict(command);
  }
  const unknown = (name: string): WraithError =>
    new WraithError("USAGE", `There is no command "${name}". Commands: ${allNames.join(", ")}.`);
  program.allowExcessArguments().action(() => {
    const [name] = program.args;
    if (name !== undefined) throw unknown(name);
    program.outputHelp();
  });
  return strict(addGlobalOptions(program), () => unknown(program.args.at(-1) ?? ""));
}

/**
 * Makes commander throw instead of exiting, so that every error is printed in one way. `onNoHelp`: what to throw where help was asked
 * for and there is none.
 */
function strict(command: Command, onNoHelp?: () => WraithError): Command {
  return command
    .exitOverride((error: CommanderError) => {
      if (error.exitCode === 0) throw new HelpShown();
      if (error.code === "commander.help" && onNoHelp !== undefined) throw onNoHelp();
      throw new WraithError("USAGE", sentence(error.message));
    })
    .configureOutput({ writeErr: () => undefined });
}

/** Commander's words as one sentence: it puts what one may have meant on a line of its own. */
function sentence(message: string): string {
  const [said, meant] = message.replace(/^error: /, "").split(/\n\(Did you mean (.*)\?\)$/s);
  return meant === undefined ? said!.replace(/\.?$/, ".") : `${said}; did you mean ${meant}?`;
}

/** Thrown after help or version were printed: nothing else is to be done. */
export class HelpShown extends Error {}
