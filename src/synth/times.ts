import type { HoleRule } from "../model/model.ts";
import { plainValue } from "../model/raw-value.ts";

export type TimeUnit = Extract<HoleRule, { class: "timestamp" }>["unit"];

const DAY_MS = 86_400_000;
const PER_MS: readonly (readonly [TimeUnit, number])[] = [
  ["s", 0.001],
  ["ms", 1],
  ["us", 1e3],
  ["ns", 1e6],
];
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const HTTP =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

/** The unit in which a raw value is a time within a day of `startedMs` (ms since the epoch), or undefined where it is none. */
export function timeUnit(raw: string, startedMs: number): TimeUnit | undefined {
  const text = plainValue(raw);
  const c = text.charCodeAt(0);
  if (c >= 48 && c <= 57) {
    if (/^\d{10,19}$/.test(text))
      return PER_MS.find(([, per]) => Math.abs(Number(text) / per - startedMs) < DAY_MS)?.[0];
    return ISO.test(text) && Math.abs(Date.parse(text) - startedMs) < DAY_MS ? "iso" : undefined;
  }
  return HTTP.test(text) && Math.abs(Date.parse(text) - startedMs) < DAY_MS ? "http" : undefined;
}
