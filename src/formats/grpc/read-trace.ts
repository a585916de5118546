import type { WireReader } from "./wire-reader.ts";
import type { WriteScalar } from "./write-trace.ts";

/** What reads and writes a scalar of a message's text. */
export interface ScalarCodec {
  /** JSON text of what stands at the reader's position; undefined where it is not in the usual form. */
  readonly read: (r: WireReader, end: number) => string | undefined;
  /** Writes what `read` read. Throws `Unencodable`. */
  readonly write: WriteScalar;
}

/** A step of reading a message: bytes that have to be there (tags, keys of maps), something with a length before it, a scalar. */
export type ReadStep =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "begin" }
  | { readonly kind: "end" }
  /** `from` and `to`: its bytes; `text`: what it said. */
  | { readonly kind: "scalar"; readonly bytes: Uint8Array; readonly text: string; readonly scalar: ScalarCodec };

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
export function traceScalar(trace: ReadTrace, r: WireReader, at: number, text: string, scalar: ScalarCodec): void {
  traceUpTo(trace, r, at);
  trace.steps.push({ kind: "scalar", bytes: r.bytes.slice(at, r.at), text, scalar });
  trace.from = r.at;
}
