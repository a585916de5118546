import { startRecorder } from "../../app/record.ts";
import { openTwin } from "../../app/open-twin.ts";
import { collect, parsePort, parsePositive, type CommandDefinition } from "../command.ts";
import { writeReadyFile } from "../ready-file.ts";
import { printable } from "../terminal.ts";
import { untilStopped } from "../until-stopped.ts";

interface RecordOptions {
  readonly port: number;
  readonly host?: string;
  readonly tag?: readonly string[];
  readonly duration?: number;
  readonly readyJson?: string;
  readonly controlToken?: string;
}

export const command: CommandDefinition = {
  name: "record",
  summary: "record through a reverse proxy, until Ctrl-C",
  examples: [
    "wraith record my-llm --port 8090",
    "wraith record my-llm --tag nightly --duration 60",
    "curl -X POST http://localhost:8090/__wraith/new-session    # ends the session, begins another",
  ],
  define: (command, run) => {
    command
      .argument("<name>", "name of the twin")
      .option("--port <port>", "port to listen on, 0 for a free one", parsePort, 8080)
      .option("--host <address>", "address to listen on (default: loopback, IPv4 and IPv6)")
      .option("--tag <tag>", "tag of the sessions, repeatable", collect)
      .option("--duration <seconds>", "stop after so many seconds", parsePositive("--duration"))
      .option("--ready-json <file>", "write {url, port, pid} once the port is open")
      .option("--control-token <token>", "token for /__wraith/*, needed beyond loopback (or WRAITH_CONTROL_TOKEN)")
      .action((name: string, options: RecordOptions) =>
        run(async ({ terminal, root }) => {
          const { workspace, config, formats } = await openTwin(root, name);
          const stopped = untilStopped(options.duration === undefined ? undefined : options.duration * 1000);
          const recorder = await startRecorder({
            workspace,
            config,
            formats,
            port: options.port,
            host: options.host,
            tags: options.tag ?? [],
            controlToken: options.controlToken ?? process.env["WRAITH_CONTROL_TOKEN"],
            env: process.env,
            onNotice: (text) => terminal.note(`wraith: ${printable(text)}`),
          });
          let summary;
          try {
            if (options.readyJson !== undefined)
              writeReadyFile(options.readyJson, { url: recorder.url, port: recorder.port, twin: name });
            terminal.note(`Recording ${config.baseUrl} for "${name}" at ${recorder.url}. Ctrl-C ends it.`);
            await stopped;
          } finally {
            summary = await recorder.stop();
          }
          if (terminal.format === "json")
            terminal.printJson({ ok: true, twin: name, sessions: summary.sessions, exchanges: summary.exchanges });
          else
            terminal.print(
              `Recorded ${count(summary.exchanges, "exchange")} in ${count(summary.sessions.length, "session")}.`,
            );
          if (summary.exchanges > 0) terminal.note(`Next: wraith synth ${name}`);
          return 0;
        }),
      );
  },
};

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
