import { WraithError } from "../../base/errors.ts";
import type { Formats } from "../../formats/format.ts";
import { inspectExchange, inspectSession, inspectSessions, describeTermination, targetOf } from "../../app/inspect.ts";
import type { ExchangeDetail, TimelineEntry } from "../../app/inspect.ts";
import { describeModel } from "../../app/inspect-model.ts";
import { openTwin } from "../../app/open-twin.ts";
import type { Workspace } from "../../store/workspace.ts";
import type { CommandDefinition } from "../command.ts";
import { clip, printable, table, type Terminal } from "../terminal.ts";

export const command: CommandDefinition = {
  name: "inspect",
  summary: "show sessions, exchanges, a stream as a time line, or the model",
  examples: [
    "wraith inspect my-llm                      # sessions and the model",
    "wraith inspect my-llm 20261122-100000-k3f9  # exchanges of a session",
    "wraith inspect my-llm 20261122-100000-k3f9/0 # one stream as a time line",
    "wraith inspect my-llm --format json | jq .sessions[].events",
  ],
  define: (command, run) => {
    command
      .argument("<name>", "name of the twin")
      .argument("[place]", "SESSION or SESSION/INDEX")
      .option("--full", "do not shorten events, headers and bodies")
      .action((name: string, place: string | undefined, options: { full?: boolean }) =>
        run(async ({ terminal, root }) => {
          const { workspace, formats } = await openTwin(root, name);
          const width = options.full === true ? Number.POSITIVE_INFINITY : terminalWidth();
          if (place === undefined) return showTwin(workspace, formats, terminal);
          const match = /^([^/]+)(?:\/(\d+))?$/.exec(place);
          if (match === null) throw new WraithError("USAGE", `"${place}" is neither SESSION nor SESSION/INDEX.`);
          if (match[2] === undefined) return showSession(workspace, formats, match[1]!, terminal, width);
          return showExchange(await inspectExchange(workspace, formats, match[1]!, Number(match[2])), terminal, width);
        }),
      );
  },
};

function terminalWidth(): number {
  return Math.max(60, process.stdout.columns ?? 160);
}

async function showTwin(workspace: Workspace, formats: Formats, terminal: Terminal): Promise<number> {
  const sessions = await inspectSessions(workspace, formats);
  const model = await describeModel(workspace, formats);
  if (terminal.format === "json") {
    terminal.printJson({ twin: workspace.name, sessions, model: model ?? null });
    return 0;
  }
  if (sessions.length === 0) terminal.print(`No recordings yet. Next: wraith record ${workspace.name}`);
  else {
    const rows = sessions.map((s) => [
      s.session,
      s.startedAt.slice(0, 19).replace("T", " "),
      s.exchanges === 1 ? "1 exchange" : `${s.exchanges} exchanges`,
      s.events === 1 ? "1 event" : `${s.events} events`,
      formatBytes(s.responseBytes),
      [
        ...s.tags,
        ...(s.ended ? [] : ["not ended"]),
        ...(s.badLines.length > 0 ? [`${s.badLines.length} unreadable line${s.badLines.length === 1 ? "" : "s"}`] : []),
      ].join(" "),
    ]);
    for (const line of table(rows)) terminal.print(printable(line));
  }
  if (model !== undefined) {
    terminal.print("");
    for (const line of model.lines) terminal.print(line.trimStart() === "" ? "" : printable(line));
  }
  return 0;
}

async function showSession(
  workspace: Workspace,
  formats: Formats,
  id: string,
  terminal: Terminal,
  width: number,
): Promise<number> {
  const exchanges = await inspectSession(workspace, formats, id);
  if (terminal.format === "json") {
    terminal.printJson({ twin: workspace.name, session: id, exchanges });
    return 0;
  }
  if (exchanges.length === 0) terminal.print(`Session ${id} has no exchanges.`);
  const rows = exchanges.map((e) => [
    e.id,
    `+${formatMs(e.atMs)}`,
    // One long query must not push what comes after it out of every line.
    clip(printable(`${e.method} ${targetOf(e)}`), Math.floor(width * 0.4)),
    e.status === null ? "no answer" : String(e.status),
    e.format ?? "",
    e.events === 1 ? "1 event" : `${e.events} events`,
    e.durationMs === null ? "open" : formatMs(e.durationMs),
    printable(describeTermination(e.termination)),
  ]);
  for (const line of table(rows)) terminal.print(clip(line, width));
  return 0;
}

function showExchange(detail: ExchangeDetail, terminal: Terminal, width: number): number {
  if (terminal.format === "json") {
    terminal.printJson(detail);
    return 0;
  }
  const { bold, dim } = terminal.colors;
  const line = (text: string): void => terminal.print(clip(text, width));
  line(bold(printable(`${detail.id}  ${detail.method} ${targetOf(detail)}`)));
  for (const [name, value] of detail.requestHeaders) line(dim(`  > ${printable(`${name}: ${value}`)}`));
  for (const text of detail.requestBody) line(`  > ${printable(text)}`);
  for (const [name, value] of detail.responseHeaders) line(dim(`  < ${printable(`${name}: ${value}`)}`));
  if (detail.scrubbed.length > 0) line(dim(`  scrubbed: ${detail.scrubbed.join(", ")}`));
  if (detail.unscrubbed) line(dim("  unscrubbed: a part of this exchange could not be read, and is stored as it came"));
  terminal.print("");
  const longestGapMs = Math.max(1, ...detail.timeline.map((t) => t.gapMs));
  for (const entry of detail.timeline) line(timelineLine(entry, longestGapMs, terminal));
  return 0;
}

/** `+   82.1 ms  ████▌      0  {"choices":...}`: when, how long it was quiet before, which event, what it said. */
function timelineLine(entry: TimelineEntry, longestGapMs: number, terminal: Terminal): string {
  const { cyan, dim, yellow, red } = terminal.colors;
  const label = entry.kind === "event" ? String(entry.index) : entry.kind;
  const when = `+${formatMs(entry.atMs)}`.padStart(12);
  const paint = {
    event: cyan,
    head: dim,
    filler: dim,
    malformed: red,
    trailers: dim,
    end: entry.view.startsWith("clean") ? dim : yellow,
  }[entry.kind];
  return `${when} ${dim(bar(entry.gapMs / longestGapMs, 10))} ${paint(label.padStart(9))}  ${printable(entry.view)}`;
}

/** A bar of `width` characters, in eighths. */
function bar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  const part = eighths % 8 === 0 ? "" : "▏▎▍▌▋▊▉"[(eighths % 8) - 1]!;
  return ("█".repeat(Math.floor(eighths / 8)) + part).padEnd(width);
}

function formatMs(ms: number): string {
  return ms >= 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
