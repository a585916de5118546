import type { WireReader } from "./wire-reader.ts";

/** Reads a scalar at the reader's position as JSON text; undefined where none stands there in the usual form. */
export type ReadScalar = (r: WireReader, end: number) => string | undefined;

/** A step of reading a message: bytes that have to be there (tags, keys of maps), something with a length before it, a scalar. */
export type ReadStep =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "begin" }
  | { readonly kind: "end" }
  /** `from` and `to`: its bytes; `text`: what it said. */
  | { readonly kind: "scalar"; readonly bytes: Uint8Array; readonly text: string; readonly read: ReadScalar };

/** How a message was read, so that one that differs in its scalars alone can be read without looking up its fields. */
export interface ReadTrace {
  readonly steps: ReadStep[];
  /** Up to where the steps have what was read. */
  from: number;
  /** False where something was read in a way that the steps cannot tell. */
  isWhole: boolean;
}

/** Takes over what was read since the last step, up to `to`. */
function traceUpTo(trace: ReadTrace, r: WireReader, to: number): void {
  if (to > trace.from) trace.steps.push({ kind: "bytes", bytes: r.bytes.slice(trace.from, to) });
}

/** A length was read that began at `lengthAt`. */
export function traceBegin(trace: ReadTrace, r: WireReader, lengthAt: number): void {
  traceUpTo(trace, r, lengthAt);
  trace.steps.push({ kind: "begin" });
  trace.from = r.at;
}

/** What had a length before it ends here. */
export function traceEnd(trace: ReadTrace, r: WireReader): void {
  traceUpTo(trace, r, r.at);
  trace.steps.push({ kind: "end" });
  trace.from = r.at;
}

/** A scalar was read that began at `at`. */
export function traceScalar(trace: ReadTrace, r: WireReader, at: number, text: string, read: ReadScalar): void {
  traceUpTo(trace, r, at);
  trace.steps.push({ kind: "scalar", bytes: r.bytes.slice(at, r.at), text, read });
  trace.from = r.at;
}
