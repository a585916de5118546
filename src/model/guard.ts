import { canonicalJson, parseJson } from "../base/json.ts";
import type { Condition, Guard, Variant } from "./model.ts";
import { requestValue, type RequestView } from "./request-view.ts";

/**
 * Whether every condition of the guard holds for the request. An empty guard always holds. `params` are the path parameters of
 * the route. A field that is there and null is present.
 */
export function guardHolds(guard: Guard, request: RequestView, params?: ReadonlyMap<string, string>): boolean {
  return guard.every((condition) => conditionHolds(condition, request, params));
}

function conditionHolds(
  condition: Condition,
  request: RequestView,
  params: ReadonlyMap<string, string> | undefined,
): boolean {
  const raw = requestValue(request, condition.path, params);
  switch (condition.test) {
    case "present":
      return raw !== undefined;
    case "absent":
      return raw === undefined;
    default:
      if (raw === undefined) return false;
      return isTextPath(condition.path) ? raw === JSON.stringify(condition.value) : equalJson(raw, condition.value);
  }
}

/** Whether the values at a path are text (`query`, `headers`, `path`) and not JSON. */
export function isTextPath(path: string): boolean {
  return !/^body(?![\w$-])/.test(path);
}

/** Equal as JSON values: `1.0` is `1`, an escape is the character it stands for. */
function equalJson(a: string, b: string): boolean {
  if (a === b) return true;
  // Two spellings of one scalar differ in an escape or are numbers; anything else needs no parsing.
  if (!a.includes("\\") && !b.includes("\\") && a.charCodeAt(0) === 34) return false;
  const [x, y] = [parseJson(a), parseJson(b)];
  return x !== undefined && y !== undefined && canonicalJson(x) === canonicalJson(y);
}

const RANK: Readonly<Record<Condition["test"], number>> = { equals: 0, present: 1, absent: 2 };

/** Orders guards by how specific they are, the most specific first (more conditions; then equals before present before absent). */
export function compareSpecificity(a: Guard, b: Guard): number {
  if (a.length !== b.length) return b.length - a.length;
  const ranks = (guard: Guard): number[] => guard.map((c) => RANK[c.test]).sort((x, y) => x - y);
  const [left, right] = [ranks(a), ranks(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return left[i]! - right[i]!;
  return 0;
}

/**
 * The variants that a request may get: of those whose guard holds the most specific ones, in the order of the model. Several where
 * guards are equal, or as specific as each other; none where no guard holds.
 */
export function findVariants(
  variants: readonly Variant[],
  request: RequestView,
  params?: ReadonlyMap<string, string>,
): readonly Variant[] {
  let best: Variant[] = [];
  for (const variant of variants) {
    const order = best.length === 0 ? -1 : compareSpecificity(variant.guard, best[0]!.guard);
    if (order > 0 || !guardHolds(variant.guard, request, params)) continue;
    if (order < 0) best = [variant];
    else best.push(variant);
  }
  return best;
}
