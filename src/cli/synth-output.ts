import type { RouteReport, SynthReport } from "../synth/synthesize.ts";
import { clip, printable, table, type Terminal } from "./terminal.ts";

/** Names of shapes and holes on one line of pretty output. */
const LINE = 110;

/** Prints what was learned for people: routes with their variants, shapes and holes; then how well. */
export function printPrettySynth(twin: string, report: SynthReport, terminal: Terminal): void {
  const { bold, dim, green, yellow } = terminal.colors;
  for (const route of report.routes) {
    terminal.print(
      `${bold(printable(route.route))}  ${dim(`${count(route.exchanges, "exchange")}, ${count(route.events, "event")}`)}`,
    );
    const rows = route.variants.map((v) => [printable(v.variant), String(v.exchanges), printable(v.guard)]);
    for (const line of table(rows, "    ")) terminal.print(clip(line, LINE));
    const list = (label: string, names: readonly string[]): void => {
      if (names.length > 0) terminal.print(`    ${dim(label.padEnd(11))} ${clip(printable(names.join(" ")), LINE)}`);
    };
    list("shapes", route.shapeNames);
    list(
      "holes",
      route.holeClasses.map(({ hole, class: name }) => `${hole}:${name}`),
    );
    list("opaque", route.opaqueHoles);
    list("seen once", route.seenOnce);
  }
  if (report.routes.length > 0) terminal.print("");
  const isExact = report.exactEvents === report.events;
  terminal.print(
    `${isExact ? green("✓") : yellow("!")} ${bold(twin)}: ${count(report.exchanges, "exchange")} of ${count(report.sessions, "session")}; ` +
      `${report.exactEvents} of ${count(report.events, "event")} byte-exact (${percent(report.exactEvents, report.events)})`,
  );
  terminal.print(
    `  takes ÷ recordings ${bytes(report.takeBytes)} ÷ ${bytes(report.recordedBytes)} = ${ratio(report)}; ` +
      `constants of the model are ${percent(report.constantShare, 1)} of what was said`,
  );
  const shapes = sum(report.routes, (r) => r.shapes);
  const once = sum(report.routes, (r) => r.seenOnce.length);
  const opaque = sum(report.routes, (r) => r.opaqueHoles.length);
  terminal.print(
    `  ${count(shapes, "shape")}, ${once} of them seen in one recording only; ${count(
      sum(report.routes, (r) => r.holes),
      "hole",
    )}, ${opaque} of them opaque`,
  );
  terminal.print(`  ${dim("→")} wraith check ${twin}`);
}

/** Prints what was learned as lines that are stable and easy to grep: one fact a line, its kind first. */
export function printTextSynth(twin: string, report: SynthReport, terminal: Terminal): void {
  const line = (text: string): void => terminal.print(printable(text));
  for (const route of report.routes) {
    const name = JSON.stringify(route.route);
    line(
      `route ${name} exchanges=${route.exchanges} events=${route.events} exact=${route.exactEvents} shapes=${route.shapes} holes=${route.holes}`,
    );
    for (const v of route.variants)
      line(`variant ${v.variant} exchanges=${v.exchanges} guard=${JSON.stringify(v.guard)} route=${name}`);
    for (const shape of route.shapeNames)
      line(`shape ${shape}${route.seenOnce.includes(shape) ? " seen=1" : ""} route=${name}`);
    for (const { hole, class: kind } of route.holeClasses) line(`hole ${hole} class=${kind} route=${name}`);
    for (const path of route.opaqueHoles) line(`opaque ${path} route=${name}`);
  }
  line(
    [
      `synth ${twin}`,
      `sessions=${report.sessions}`,
      `exchanges=${report.exchanges}`,
      `events=${report.events}`,
      `exact=${report.exactEvents}`,
      `take-bytes=${report.takeBytes}`,
      `recorded-bytes=${report.recordedBytes}`,
      `constant-share=${report.constantShare.toFixed(4)}`,
      `seen-once=${sum(report.routes, (r) => r.seenOnce.length)}`,
      `opaque=${sum(report.routes, (r) => r.opaqueHoles.length)}`,
      `notes=${report.notes.length}`,
    ].join(" "),
  );
}

function sum(routes: readonly RouteReport[], pick: (route: RouteReport) => number): number {
  return routes.reduce((total, route) => total + pick(route), 0);
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** A share that never rounds up to the whole. */
function percent(part: number, whole: number): string {
  return whole === 0 ? "100 %" : `${Math.floor((1000 * part) / whole) / 10} %`;
}

function ratio({ takeBytes, recordedBytes }: SynthReport): string {
  return recordedBytes === 0 ? "all of it" : percent(takeBytes, recordedBytes);
}

function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  return n < 1024 ** 2 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / 1024 ** 2).toFixed(1)} MiB`;
}
