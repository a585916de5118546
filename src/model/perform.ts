import type { HeaderList } from "../base/http.ts";
import type { Draw } from "../base/rng.ts";
import type { Route, Take, Variant } from "./model.ts";
import type { RequestView } from "./request-view.ts";

/** Where the values of holes come from. `own`: the take's, so that the bytes equal the recording. */
export type Values =
  | { readonly kind: "own" }
  /** SPEC section 6: one seeded substitution for each random id in the whole answer, one shift for all times, echoes from the request. */
  | { readonly kind: "fresh"; readonly draw: Draw; readonly shiftMs: number };

/** A take with its holes filled: event texts, one per name in `take.shapes`. */
export interface Performance {
  readonly status: number;
  readonly headers: HeaderList;
  readonly events: readonly string[];
  readonly trailers?: HeaderList | undefined;
}

/**
 * Fills a take's holes. Echoes come from `request` with either kind of values (they are not in the take).
 * Throws WraithError MODEL_INVALID where the take names a shape or lacks a value that its shapes need.
 */
export function performTake(
  _route: Route,
  _variant: Variant,
  _take: Take,
  _request: RequestView,
  _params: ReadonlyMap<string, string>,
  _values: Values,
): Performance {
  throw new Error("not written yet");
}
