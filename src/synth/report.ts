import { utf8Length } from "../base/bytes.ts";
import { bodyName } from "../model/bodies.ts";
import type { Guard, Shape, Take, Variant } from "../model/model.ts";
import { performTake } from "../model/perform.ts";
import { formatTake } from "../model/take-lines.ts";
import { runsOf } from "../model/take-values.ts";
import type { LearnedRoute } from "./learn-route.ts";
import { pathParameters } from "./routes.ts";

/** What one route gave, measured by performing all of its takes. */
export interface RouteMeasure {
  /** The takes as lines of their files (`formatTake`). */
  readonly lines: ReadonlyMap<Variant, readonly string[]>;
  readonly events: number;
  /** Events whose performance gives the recorded bytes. */
  readonly exactEvents: number;
  readonly takeBytes: number;
  /** Characters of all events, and of those that are constants of their shapes. */
  readonly characters: number;
  readonly constantCharacters: number;
  /** Takes that could not be performed or whose head or trailers differ: where, and why. */
  readonly defects: readonly string[];
}

/** Performs every take and compares it with its recording. Bodies of takes are added to `bodies`, each once. */
export function measureRoute({ route, takes, performed }: LearnedRoute, bodies: Map<string, Uint8Array>): RouteMeasure {
  const constants = new Map<string, number>();
  for (const shape of route.shapes.values()) constants.set(shape.name, constantLength(shape));
  const defects: string[] = [];
  const lineOf = new Map<Take, string>();
  let [events, exactEvents, takeBytes, characters, constantCharacters] = [0, 0, 0, 0, 0];
  const keep = (bytes: Uint8Array): string => {
    const name = bodyName(bytes);
    if (!bodies.has(name)) takeBytes += bytes.length;
    bodies.set(name, bytes);
    return name;
  };
  for (const { sample, variant, take } of performed) {
    const { projection, view } = sample;
    events += projection.events.length;
    const line = formatTake(route, variant, take, keep);
    lineOf.set(take, line);
    takeBytes += utf8Length(line) + 1;
    for (const { text } of projection.events) characters += text.length;
    for (const [name, count] of runsOf(take.shapes)) constantCharacters += constants.get(name)! * count;
    const said = performTake(route, variant, take, view, pathParameters(route.pattern, view.path), { kind: "own" });
    const inexact = new Set(projection.inexact);
    for (let i = 0; i < projection.events.length; i++)
      if (said.events[i] === projection.events[i]!.text && !inexact.has(i)) exactEvents++;
    const differs = projection.headers.some(([name, value], i) => {
      const [n, v] = said.headers[i] ?? [];
      return n !== name || (v !== value && name.toLowerCase() !== "content-length");
    });
    if (differs) defects.push(`${sample.id}: the performed head is not the recorded one`);
  }
  const lines = new Map([...takes].map(([variant, list]) => [variant, list.map((take) => lineOf.get(take)!)]));
  return { lines, events, exactEvents, takeBytes, characters, constantCharacters, defects };
}

function constantLength({ parts }: Shape): number {
  return parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : 0), 0);
}

/** `body.stream = true, body.tools present`: a guard for people; `always` where it is empty. */
export function formatGuard(guard: Guard): string {
  if (guard.length === 0) return "always";
  return guard.map((c) => (c.test === "equals" ? `${c.path} = ${c.value}` : `${c.path} ${c.test}`)).join(", ");
}
