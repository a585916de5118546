import type { CheckReport } from "../app/check.ts";
import type { Divergence } from "../check/divergence.ts";
import { foldByDrift, type CheckMode, type Conformance, type DriftGroup } from "../check/score.ts";
import { printable, type Terminal } from "./terminal.ts";

const MODE_WORDS: Readonly<Record<CheckMode, string>> = {
  memory: "in memory",
  wire: "over the wire",
  upstream: "against the live API",
};

/** Groups of divergences that pretty output shows; the rest is in the report file. */
const MAX_GROUPS = 40;

/** Prints a report for people: divergences folded by drift, the score, what to do. */
export function printPretty(report: CheckReport, terminal: Terminal): void {
  const { conformance } = report;
  const { bold, dim, green, red, yellow } = terminal.colors;
  const groups = foldByDrift(conformance.divergences);
  for (const group of groups.slice(0, MAX_GROUPS)) printGroup(group, terminal);
  if (groups.length > MAX_GROUPS) terminal.print(dim(`... and ${groups.length - MAX_GROUPS} more kinds of divergence`));
  for (const { reason, ...divergence } of conformance.suppressed ?? [])
    terminal.print(`${dim("suppressed")}  ${printable(`${placeOf(divergence)}  ${divergence.category}: ${reason}`)}`);
  for (const { session, exchange, route, reason, passed, divergence_count: n } of conformance.unlearned) {
    const outcome = passed
      ? "the twin's answer fits"
      : `the twin's answer differs in ${n === 1 ? "one place" : `${n} places`}`;
    const why = reason === "removed" ? "its take was removed; " : "";
    terminal.print(`${dim("unlearned")}   ${printable(`${session}/${exchange}  ${route}`)}: ${why}${outcome}`);
  }
  if (groups.length + conformance.unlearned.length + (conformance.suppressed?.length ?? 0) > 0) terminal.print("");
  const score = formatScore(conformance.score_bp);
  terminal.print(
    `${report.ok ? green("✓") : red("✗")} ${bold(report.twin)} ${MODE_WORDS[conformance.mode]}: ${bold(report.ok ? green(score) : red(score))}`,
  );
  const { divergence_count: errors, warning_count: warnings, suppressed_count: suppressed } = conformance;
  terminal.print(
    `  ${of(conformance.exchanges_passed, conformance.exchanges_total, "exchange")}, ${of(conformance.sessions_passed, conformance.sessions_total, "session")}, ${conformance.events_total} events; ` +
      [
        errors === 0 ? "no divergences" : red(errors === 1 ? "1 divergence" : `${errors} divergences`),
        ...(warnings === 0 ? [] : [yellow(warnings === 1 ? "1 warning" : `${warnings} warnings`)]),
        ...(suppressed === 0 ? [] : [`${suppressed} suppressed`]),
      ].join(", "),
  );
  for (const line of report.advice) terminal.print(`  ${dim("→")} ${printable(line)}`);
}

function printGroup(group: DriftGroup, terminal: Terminal): void {
  const { bold, dim, red, yellow } = terminal.colors;
  const { first } = group;
  const mark = group.severity === "error" ? red("✗") : yellow("!");
  const places = group.count === 1 ? "" : ` ×${group.count}`;
  const exchanges =
    group.exchanges.length === 1 ? group.exchanges[0]! : `${group.exchanges[0]} and ${group.exchanges.length - 1} more`;
  terminal.print(
    `${mark} ${bold(printable(group.path))}  ${group.category}${places}  ${dim(`${group.driftId} ${first.driftType}`)}`,
  );
  terminal.print(
    `    ${printable(`${group.route}  ${first.variant}`)}  ${dim(`${printable(exchanges)}, ${valuesOf(group.values)}`)}`,
  );
  if (first.expected !== undefined) terminal.print(`    ${dim("expected")}  ${printable(first.expected)}`);
  if (first.actual !== undefined) terminal.print(`    ${dim("actual")}    ${printable(first.actual)}`);
}

function valuesOf(values: readonly ("own" | "fresh")[]): string {
  return values.length > 1 ? "own and fresh values" : `${values[0]} values`;
}

function placeOf(divergence: Omit<Divergence, "reason">): string {
  return `${divergence.session}/${divergence.exchange}  ${divergence.path}`;
}

function of(part: number, total: number, what: string): string {
  return `${part} of ${total} ${what}${total === 1 ? "" : "s"}`;
}

/** Basis points as a percentage that never rounds up: `99.99 %`. */
export function formatScore(bp: number): string {
  return `${(bp / 100).toFixed(2)} %`;
}

/** Prints a report as lines that are stable and easy to grep: one fact a line, its kind first, tab-free. */
export function printText(report: CheckReport, terminal: Terminal): void {
  const { conformance } = report;
  for (const divergence of conformance.divergences)
    terminal.print(divergenceLine(divergence.severity === "error" ? "divergence" : "warning", divergence));
  for (const { reason, ...divergence } of conformance.suppressed ?? [])
    terminal.print(`${divergenceLine("suppressed", divergence)} reason=${JSON.stringify(reason)}`);
  for (const u of conformance.unlearned)
    terminal.print(
      printable(
        `unlearned ${u.session}/${u.exchange} ${u.reason} ${u.passed ? "fits" : `differs=${u.divergence_count}`} route=${JSON.stringify(u.route)}`,
      ),
    );
  for (const line of report.advice) terminal.print(printable(`advice ${line}`));
  terminal.print(printable(`conformance ${report.twin} ${report.ok ? "ok" : "below-bar"} ${summaryOf(conformance)}`));
}

function divergenceLine(kind: string, d: Omit<Divergence, "reason">): string {
  const values = [
    ...(d.expected === undefined ? [] : [`expected=${JSON.stringify(d.expected)}`]),
    ...(d.actual === undefined ? [] : [`actual=${JSON.stringify(d.actual)}`]),
  ];
  const where = `${d.session}/${d.exchange} ${d.path} ${d.category} values=${d.values} drift=${d.driftId} type=${d.driftType}`;
  return printable(
    [kind, where, `route=${JSON.stringify(d.route)}`, `variant=${JSON.stringify(d.variant)}`, ...values].join(" "),
  );
}

function summaryOf(c: Conformance): string {
  return [
    `mode=${c.mode}`,
    `score=${(c.score_bp / 100).toFixed(2)}`,
    `exchanges=${c.exchanges_passed}/${c.exchanges_total}`,
    `sessions=${c.sessions_passed}/${c.sessions_total}`,
    `events=${c.events_total}`,
    `divergences=${c.divergence_count}`,
    `warnings=${c.warning_count}`,
    `suppressed=${c.suppressed_count}`,
    `unlearned=${c.unlearned.length}`,
  ].join(" ");
}
