import type { JsonNode, JsonScalar } from "../../base/json.ts";
import type { WireWriter } from "./wire-writer.ts";

/** Writes what a scalar of a message's text stands for: the same bytes for the same kind and spelling. Throws `Unencodable`. */
export type WriteScalar = (w: WireWriter, node: JsonNode) => void;

/** A step of writing a message: bytes that no scalar has a say in, something with a length before it, a scalar. */
export type WriteStep =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "begin" }
  | { readonly kind: "end" }
  | { readonly kind: "scalar"; readonly node: JsonScalar; readonly write: WriteScalar };

/** How a message was written, so that one that differs in its scalars alone can be written without its tree. */
export interface WriteTrace {
  readonly steps: WriteStep[];
  /** Up to where the steps have what was written. */
  from: number;
  /** False where something was written in a way that the steps cannot tell. */
  isWhole: boolean;
}

/** Takes over what was written since the last step. */
export function traceBytes(trace: WriteTrace, w: WireWriter): void {
  if (w.at > trace.from) trace.steps.push({ kind: "bytes", bytes: w.bytes.slice(trace.from, w.at) });
  trace.from = w.at;
}

/** Writes a scalar; anything else is not for this function. */
export function writeScalar(w: WireWriter, node: JsonNode, write: WriteScalar): void {
  const { trace } = w;
  if (trace === undefined) {
    write(w, node);
    return;
  }
  traceBytes(trace, w);
  w.trace = undefined;
  write(w, node);
  w.trace = trace;
  if ("raw" in node) trace.steps.push({ kind: "scalar", node, write });
  else trace.isWhole = false;
  trace.from = w.at;
}
