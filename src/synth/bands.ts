import type { Band, Variant } from "../model/model.ts";
import type { Projection } from "../recording/projection.ts";

/** Times to the first event and between events of a variant, in milliseconds. */
export function inferTiming(projections: readonly Projection[]): Variant["timing"] {
  const first: number[] = [];
  const gaps: number[] = [];
  for (const { events } of projections) {
    if (events.length > 0) first.push(events[0]!.atUs);
    for (let i = 1; i < events.length; i++) gaps.push(events[i]!.atUs - events[i - 1]!.atUs);
  }
  const [firstMs, gapMs] = [bandOf(first), bandOf(gaps)];
  return { ...(firstMs && { firstMs }), ...(gapMs && { gapMs }) };
}

/** The nearest-rank percentiles, to a tenth of a millisecond. */
function bandOf(us: number[]): Band | undefined {
  if (us.length === 0) return undefined;
  us.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(us[Math.max(0, Math.ceil(us.length * share) - 1)]! / 100) / 10;
  return { p50: at(0.5), p99: at(0.99) };
}
