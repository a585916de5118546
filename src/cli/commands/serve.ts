import { Option } from "commander";
import { startTwin } from "../../app/serve.ts";
import { openTwin } from "../../app/open-twin.ts";
import { WraithError } from "../../base/errors.ts";
import { parseCount, parsePort, type CommandDefinition } from "../command.ts";
import { writeReadyFile } from "../ready-file.ts";
import { printable } from "../terminal.ts";
import { untilStopped } from "../until-stopped.ts";

interface ServeOptions {
  readonly port: number;
  readonly host?: string;
  readonly fidelity?: "synth" | "strict";
  readonly speed: number;
  readonly seed?: number;
  readonly provenanceHeaders: boolean;
  readonly readyJson?: string;
  readonly controlToken?: string;
}

export const command: CommandDefinition = {
  name: "serve",
  summary: "serve the twin, until Ctrl-C",
  examples: [
    "wraith serve my-llm --port 8091",
    "wraith serve my-llm --speed max --port 0 --ready-json ready.json",
    "wraith serve my-llm --fidelity strict       # recorded chunks for recorded requests, nothing else",
  ],
  define: (command, run) => {
    command
      .argument("<name>", "name of the twin")
      .option("--port <port>", "port to listen on, 0 for a free one", parsePort, 8081)
      .option("--host <address>", "address to listen on (default: loopback, IPv4 and IPv6)")
      .addOption(
        new Option("--fidelity <kind>", "answer from the model (synth) or replay recordings (strict)").choices([
          "synth",
          "strict",
        ]),
      )
      .option("--speed <factor>", "1 is as recorded, 10 ten times as fast, max without waiting", parseSpeed, 1)
      .option("--seed <number>", "seed of what is made up for requests that were not recorded", parseCount("--seed"))
      .option("--no-provenance-headers", "leave out X-Wraith-Provenance, -Route and -Exchange")
      .option("--ready-json <file>", "write {url, port, pid} once the port is open")
      .option("--control-token <token>", "token for /__wraith/*, needed beyond loopback (or WRAITH_CONTROL_TOKEN)")
      .action((name: string, options: ServeOptions) =>
        run(async ({ terminal, root }) => {
          const { workspace, config, formats } = await openTwin(root, name);
          const stopped = untilStopped();
          const twin = await startTwin({
            workspace,
            config,
            formats,
            port: options.port,
            host: options.host,
            fidelity: options.fidelity ?? config.serve.fidelity,
            speed: options.speed,
            seed: options.seed ?? config.serve.seed,
            provenanceHeaders: options.provenanceHeaders && config.serve.provenanceHeaders,
            controlToken: options.controlToken ?? process.env["WRAITH_CONTROL_TOKEN"],
            env: process.env,
            onNotice: (text) => terminal.note(`wraith: ${printable(text)}`),
          });
          try {
            if (options.readyJson !== undefined)
              writeReadyFile(options.readyJson, { url: twin.url, port: twin.port, twin: name });
            terminal.note(`Serving "${name}" at ${twin.url}. Ctrl-C ends it.`);
            await stopped;
          } finally {
            await twin.stop();
          }
          return 0;
        }),
      );
  },
};

/** `max` is infinite speed. */
function parseSpeed(value: string): number {
  if (value === "max") return Number.POSITIVE_INFINITY;
  const speed = Number(value);
  if (!Number.isFinite(speed) || speed <= 0 || value.trim() === "")
    throw new WraithError("USAGE", `--speed must be a number above 0 or max, not "${value}".`);
  return speed;
}
