import type { LoadedModel, Route, Take, Variant } from "../model/model.ts";

/** A take with the variant it belongs to. */
export interface VariantTake {
  readonly variant: Variant;
  readonly take: Take;
}

/** The takes of a route as answers are chosen from them. */
export interface RouteTakes {
  /** By request, in recorded order. */
  readonly byRequest: ReadonlyMap<string, readonly VariantTake[]>;
  readonly byId: ReadonlyMap<string, VariantTake>;
  /** Takes that began before the client had said anything, in recorded order. */
  readonly eager: readonly VariantTake[];
  countOf(variant: Variant): number;
  takesOf(variant: Variant): readonly Take[];
}

export function routeTakes(loaded: LoadedModel, route: Route): RouteTakes {
  const all = route.variants.flatMap((variant) => (loaded.takes.get(variant) ?? []).map((take) => ({ variant, take })));
  all.sort((a, b) => compareRecorded(a.take, b.take));
  const byRequest = new Map<string, VariantTake[]>();
  for (const entry of all) {
    const list = byRequest.get(entry.take.request);
    if (list === undefined) byRequest.set(entry.take.request, [entry]);
    else list.push(entry);
  }
  const takesOf = (variant: Variant): readonly Take[] => loaded.takes.get(variant) ?? [];
  return {
    byRequest,
    byId: new Map(all.map((entry) => [entry.take.id, entry])),
    eager: all.filter(({ take }) => take.eager === true),
    countOf: (variant) => takesOf(variant).length,
    takesOf,
  };
}

/** Recorded order: by time, then by session and number in it. */
function compareRecorded(a: Take, b: Take): number {
  if (a.startedMs !== b.startedMs) return a.startedMs - b.startedMs;
  const [left, right] = [splitId(a.id), splitId(b.id)];
  if (left.session !== right.session) return left.session < right.session ? -1 : 1;
  return left.index - right.index;
}

function splitId(id: string): { readonly session: string; readonly index: number } {
  const slash = id.lastIndexOf("/");
  return { session: id.slice(0, slash), index: Number(id.slice(slash + 1)) };
}
