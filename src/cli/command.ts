import type { Command } from "commander";
import { WraithError } from "../base/errors.ts";
import type { GlobalOptions, Terminal } from "./terminal.ts";

/** What a command's action gets beside its own arguments and options. */
interface CommandContext {
  readonly terminal: Terminal;
  /** Folder that holds `twins/`. */
  readonly root: string;
  readonly options: GlobalOptions;
}

/** One file a command: its arguments, options, help with examples, and its action, which gives the exit code. */
export interface CommandDefinition {
  readonly name: string;
  readonly summary: string;
  /** Adds arguments and options. `run` gets an action whose arguments are those of commander's `action`. */
  define(command: Command, run: (action: (context: CommandContext) => Promise<number>) => Promise<void>): void;
  /** Lines for `Examples:` in --help. */
  readonly examples: readonly string[];
}

/** Commander collector for repeatable options. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** A TCP port, 0 for a free one. Throws USAGE. */
export function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65535)
    throw new WraithError("USAGE", `--port must be a number from 0 to 65535, not "${value}".`);
  return port;
}

/** A whole number that is not negative. Throws USAGE. */
export function parseCount(option: string): (value: string) => number {
  return (value) => {
    if (!/^\d{1,15}$/.test(value)) throw new WraithError("USAGE", `${option} must be a whole number, not "${value}".`);
    return Number(value);
  };
}

/** A number above zero. Throws USAGE. */
export function parsePositive(option: string): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isFinite(number) || number <= 0 || value.trim() === "")
      throw new WraithError("USAGE", `${option} must be a number above 0, not "${value}".`);
    return number;
  };
}
