import { requestFeatures, type RequestView } from "../model/request-view.ts";
import type { Take } from "../model/model.ts";
import type { Projection } from "../recording/projection.ts";
import type { Found } from "./divergence.ts";

/** The recording that a take says it was learned from. */
export interface TakeOrigin {
  readonly view: RequestView;
  /** Ms since the epoch. */
  readonly startedMs: number;
  readonly expected: Projection;
}

/**
 * What a take says of its own recording and what does not show in its bytes: for which request it answers, when it was recorded
 * and with which pauses. Other pauses are a warning, as all timing.
 */
export function compareOrigin(take: Take, { view, startedMs, expected }: TakeOrigin): Found[] {
  const out: Found[] = [];
  if (take.request !== view.digest)
    out.push({ path: "take.request", category: "value_mismatch", expected: view.digest, actual: take.request });
  const features = requestFeatures(view);
  for (const path of new Set([...features.keys(), ...take.features.keys()])) {
    const [wanted, got] = [features.get(path), take.features.get(path)];
    if (wanted !== got)
      out.push({ path: `take.features.${path}`, category: "value_mismatch", expected: wanted, actual: got });
  }
  // Times in a file have microseconds.
  if (Math.abs(take.startedMs - startedMs) >= 0.001)
    out.push({
      path: "take.startedAt",
      category: "value_mismatch",
      expected: isoTime(startedMs),
      actual: isoTime(take.startedMs),
    });
  const played = take.timesUs;
  const { length } = expected.events;
  if (played.events.length !== length) return out;
  // The head, the events, the end.
  for (let step = 0; step < length + 2; step++) {
    const wanted = step === 0 ? expected.headUs : step > length ? expected.endUs : expected.events[step - 1]!.atUs;
    const got = step === 0 ? played.head : step > length ? played.end : played.events[step - 1]!;
    if (wanted === got) continue;
    out.push({
      path: "take.gapsUs",
      category: "timing_out_of_band",
      expected: `${wanted} µs to step ${step}`,
      actual: `${got} µs`,
    });
    break;
  }
  return out;
}

function isoTime(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8e15 ? new Date(ms).toISOString() : String(ms);
}
