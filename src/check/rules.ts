import type { Codec } from "../formats/format.ts";
import type { HeaderTemplate, HoleRule, StreamRule, Template, Variant } from "../model/model.ts";
import type { Termination } from "../base/http.ts";

/**
 * How strictly two projections are compared.
 * `own`: the take's own values; everything must be equal. `fresh`: as a client with a new request gets them; holes are judged
 * by class. `live`: the API's own answer of today; as fresh, but its times and counts are its own, and of its headers only
 * those that matter are judged.
 */
export type Strictness = "own" | "fresh" | "live";

/** A shape as `compare` needs it. */
export interface ShapeRule {
  readonly name: string;
  readonly template: Template;
}

/** Everything that a comparison goes by: what the model says about this response, and about the request. */
export interface Rules {
  readonly strictness: Strictness;
  readonly codec: Codec;
  /** Path of event n: `events[3]`, `body`. */
  eventPath(index: number): string;
  /** True where the response is one body and not a stream of events. */
  readonly unary: boolean;
  readonly holes: ReadonlyMap<string, HoleRule>;
  /** Shape of an aligned pair of events; undefined where the model has none. Either number may be -1. */
  shapeAt(expected: number, actual: number): ShapeRule | undefined;
  /** Templates of the take's head and trailers; undefined where the model has none. */
  readonly headers?: HeaderTemplate | undefined;
  readonly trailers?: HeaderTemplate | undefined;
  /** Names (lower case) that a live answer is held to beside `content-type` (`Format.liveHeaders`). */
  readonly liveHeaders: readonly string[];
  /** Raw value of the request at a path of the request view. */
  echo(from: string): string | undefined;
  /** When the expected and the actual side were answered, ms since the epoch. */
  readonly startedMs: number;
  readonly actualStartedMs: number;
  /** True where the answer is the very take that is compared with: then gaps between times must be equal too. */
  readonly sameTake: boolean;
  /** Whether the content coding is judged (in memory, where no client has a say in it). */
  readonly coding: boolean;
}

/** What the model says about the take itself, apart from its bytes. */
export interface TakeRules {
  readonly stream?: StreamRule | undefined;
  readonly body?: readonly string[] | undefined;
  readonly termination: readonly Termination[];
  readonly timing: Variant["timing"];
}
