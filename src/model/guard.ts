import type { Guard } from "./model.ts";
import type { RequestView } from "./request-view.ts";

/** Whether every condition of the guard holds for the request. An empty guard always holds. */
export function guardHolds(_guard: Guard, _request: RequestView): boolean {
  throw new Error("not written yet");
}

/** Orders guards by how specific they are, the most specific first (more conditions; then equals before present before absent). */
export function compareSpecificity(_a: Guard, _b: Guard): number {
  throw new Error("not written yet");
}
