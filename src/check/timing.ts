import type { Variant } from "../model/model.ts";
import type { Projection } from "../recording/projection.ts";
import type { Found } from "./divergence.ts";

/** A stream is judged by its first event and its median gap; one slow event in a hundred is what p99 says. */
const TOLERANCE = 1.5;
/** Milliseconds that no band can promise. */
const SLACK_MS = 5;

/** Warnings where a response's times lie outside the learned p99 bands (SPEC section 7, point 6). */
export function compareTiming(projection: Projection, timing: Variant["timing"]): Found[] {
  const out: Found[] = [];
  const { events } = projection;
  const judge = (path: string, ms: number, band: { readonly p99: number } | undefined): void => {
    if (band === undefined || ms <= band.p99 * TOLERANCE + SLACK_MS) return;
    out.push({
      path,
      category: "timing_out_of_band",
      expected: `at most ${band.p99} ms`,
      actual: `${ms.toFixed(1)} ms`,
    });
  };
  if (events.length > 0) judge("timing.firstMs", events[0]!.atUs / 1000, timing.firstMs);
  if (events.length > 1) {
    const gaps = new Float64Array(events.length - 1);
    for (let i = 0; i < gaps.length; i++) gaps[i] = (events[i + 1]!.atUs - events[i]!.atUs) / 1000;
    gaps.sort();
    judge("timing.gapMs", gaps[gaps.length >> 1]!, timing.gapMs);
  }
  return out;
}
