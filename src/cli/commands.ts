import type { CommandDefinition } from "./command.ts";

/** Each command is loaded only when it runs: starting is as fast as Node itself. In the order of the help. */
export const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: CommandDefinition }>>> = {
  init: () => import("./commands/init.ts"),
  record: () => import("./commands/record.ts"),
  synth: () => import("./commands/synth.ts"),
  serve: () => import("./commands/serve.ts"),
  check: () => import("./commands/check.ts"),
  inspect: () => import("./commands/inspect.ts"),
  doctor: () => import("./commands/doctor.ts"),
  demo: () => import("./commands/demo.ts"),
};
