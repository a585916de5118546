import type { Formats } from "../formats/format.ts";
import type { Model, Take, Variant } from "../model/model.ts";
import type { Session } from "../recording/exchange.ts";

/** What `synth` prints (SPEC sections 5 and issue bars): counts, and what it could not learn. */
export interface SynthReport {
  readonly sessions: number;
  readonly exchanges: number;
  readonly events: number;
  /** Events whose rendering gives the recorded bytes. */
  readonly exactEvents: number;
  /** Bytes of takes and of the response bodies they were learned from. */
  readonly takeBytes: number;
  readonly recordedBytes: number;
  /** Share of recorded body bytes that constants of the model account for, 0 to 1. */
  readonly constantShare: number;
  readonly routes: readonly {
    readonly route: string;
    readonly exchanges: number;
    readonly events: number;
    readonly exactEvents: number;
    readonly shapes: number;
    readonly holes: number;
    readonly opaqueHoles: readonly string[];
    /** Shapes that rest on one recording. */
    readonly seenOnce: readonly string[];
    readonly variants: readonly { readonly variant: string; readonly guard: string; readonly exchanges: number }[];
  }[];
  /** Sentences for people: variants that nothing separates, exchanges left out and why, warnings. */
  readonly notes: readonly string[];
}

export interface Synthesis {
  readonly model: Model;
  readonly takes: ReadonlyMap<Variant, readonly Take[]>;
  readonly report: SynthReport;
}

/** Learns a model. Deterministic: the same sessions in any order give the same model. `fields` are classes set by hand. */
export function synthesize(
  _twin: string,
  _sessions: readonly Session[],
  _formats: Formats,
  _options: { fields: Readonly<Record<string, string>> },
): Synthesis {
  throw new Error("not written yet");
}
