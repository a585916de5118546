import type { Model, Route } from "./model.ts";

export interface RouteMatch {
  readonly route: Route;
  /** Path parameters by name, percent-decoded. */
  readonly params: ReadonlyMap<string, string>;
}

/** The route of a request: literal segments win over parameters. Undefined where there is none. */
export function findRoute(_model: Model, _method: string, _path: string): RouteMatch | undefined {
  throw new Error("not written yet");
}

/** The routes nearest to a request that has none, best first, at most `limit`. */
export function nearestRoutes(_model: Model, _method: string, _path: string, _limit: number): readonly Route[] {
  throw new Error("not written yet");
}
