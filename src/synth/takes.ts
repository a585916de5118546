import { fitValue } from "../model/raw-value.ts";
import { requestFeatures } from "../model/request-view.ts";
import type { Take } from "../model/model.ts";
import type { RequestTexts } from "./echo.ts";
import type { Hole } from "./holes.ts";
import type { Sample } from "./sample.ts";
import { leafKindOf } from "./value-kind.ts";

/** Where a sample's take finds what it refers to. */
export interface TakePlaces {
  /** Number of the sample in its route. */
  readonly number: number;
  readonly head: number;
  readonly trailers: number;
  /** Names of its events' shapes. */
  readonly shapes: readonly string[];
}

export function takeOf(
  sample: Sample,
  places: TakePlaces,
  holes: readonly Hole[],
  requests: readonly RequestTexts[],
): Take {
  const { projection, view } = sample;
  const { head, trailers, shapes, number } = places;
  const values = new Map<string, readonly string[]>();
  for (const hole of holes) {
    const raws = hole.bySample.get(number);
    const own = raws && ownValues(hole, raws, requests[number]!);
    if (own !== undefined) values.set(hole.name, own);
  }
  return {
    id: sample.id,
    request: view.digest,
    features: requestFeatures(view),
    startedMs: sample.startedMs,
    head,
    trailers,
    shapes,
    holes: values,
    timesUs: { head: projection.headUs, events: projection.events.map((event) => event.atUs), end: projection.endUs },
    filler: projection.filler.map(({ before, text, atUs }) => ({ before, text, atUs })),
    informational: sample.informational,
    end: projection.termination,
    ...(sample.eager ? { eager: true } : {}),
  };
}

/** What a take keeps of a hole's values: nothing of what follows its rule, so that a change of the rule shows. */
function ownValues(
  { rule, kind }: Hole,
  raws: readonly string[],
  request: RequestTexts,
): readonly string[] | undefined {
  if (rule.class === "counter") return rule.start === undefined ? raws.slice(0, 1) : undefined;
  if (rule.class === "echoed") {
    const asked = request.rawByPath.get(rule.from);
    if (asked !== undefined && raws.every((raw) => raw === fitValue(asked, leafKindOf(kind)))) return undefined;
  }
  return raws;
}
