import type { HoleRule } from "./model.ts";

type TimeUnit = Extract<HoleRule, { readonly class: "timestamp" }>["unit"];

const PER_SECOND = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const;
const EPOCH = /^(\d{1,24})(\.\d+)?$/;
const ISO = /^(\d{4})-(\d\d)-(\d\d)([Tt ])(\d\d):(\d\d):(\d\d)((?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)?)$/;

/**
 * A recorded time moved by whole seconds, in its own spelling: quotes, unit, precision and zone stay, so that gaps between times of
 * any two units stay, too. What is no time of that unit stays as it is.
 */
export function shiftTime(raw: string, unit: TimeUnit, seconds: number): string {
  const isQuoted = raw.charCodeAt(0) === 34;
  const text = isQuoted ? raw.slice(1, -1) : raw;
  const shifted = shiftText(text, unit, seconds);
  return isQuoted ? `"${shifted}"` : shifted;
}

function shiftText(text: string, unit: TimeUnit, seconds: number): string {
  switch (unit) {
    case "iso": {
      const m = ISO.exec(text);
      if (m === null) return text;
      const [, year, month, day, separator, hours, minutes, secs, rest] = m as unknown as readonly string[];
      const local = Date.UTC(
        Number(year),
        Number(month) - 1,
        Number(day),
        Number(hours),
        Number(minutes),
        Number(secs),
      );
      const moved = new Date(local + seconds * 1000);
      if (Number.isNaN(moved.getTime()) || moved.getUTCFullYear() > 9999 || moved.getUTCFullYear() < 0) return text;
      const iso = moved.toISOString();
      return `${iso.slice(0, 10)}${separator!}${iso.slice(11, 19)}${rest!}`;
    }
    case "http": {
      const ms = Date.parse(text);
      // Two older spellings of dates are read but not written: they stay.
      if (Number.isNaN(ms) || new Date(ms).toUTCString() !== text) return text;
      const moved = new Date(ms + seconds * 1000);
      return Number.isNaN(moved.getTime()) ? text : moved.toUTCString();
    }
    default: {
      const m = EPOCH.exec(text);
      if (m === null) return text;
      const moved = BigInt(m[1]!) + BigInt(seconds) * PER_SECOND[unit];
      return moved < 0n ? text : `${moved}${m[2] ?? ""}`;
    }
  }
}
