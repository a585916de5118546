import { beginLength, createWireWriter, endLength, writeBytes } from "./wire-writer.ts";

/** A step of a message on the wire, apart from its scalars: bytes, or where something with a length before it begins and ends. */
export type FrameStep =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "begin" }
  | { readonly kind: "end" };

/**
 * The steps with neighbouring bytes joined, where `ready` gives the bytes of scalars that do not differ. What has a length before it
 * and is all bytes becomes bytes itself, its length with it.
 */
export function foldSteps<Scalar extends { readonly kind: "scalar" }>(
  steps: readonly (FrameStep | Scalar)[],
  ready: (scalar: Scalar) => Uint8Array | undefined,
): readonly (FrameStep | Scalar)[] {
  const out: (FrameStep | Scalar)[] = [];
  const append = (bytes: Uint8Array): void => {
    const joined = new Uint8Array([...takeBytes(), ...bytes]);
    if (joined.length > 0) out.push({ kind: "bytes", bytes: joined });
  };
  /** Takes off the bytes that stand at the end. */
  const takeBytes = (): Uint8Array => {
    const last = out.at(-1);
    if (last?.kind !== "bytes") return NO_BYTES;
    out.pop();
    return last.bytes;
  };
  for (const step of steps)
    if (step.kind === "bytes") append(step.bytes);
    else if (step.kind === "scalar") {
      const bytes = ready(step);
      if (bytes === undefined) out.push(step);
      else append(bytes);
    } else if (step.kind === "begin") out.push(step);
    else {
      const inner = takeBytes();
      if (out.at(-1)?.kind === "begin") {
        out.pop();
        append(withLength(inner));
      } else {
        append(inner);
        out.push(step);
      }
    }
  return out;
}

const NO_BYTES = new Uint8Array(0);

function withLength(bytes: Uint8Array): Uint8Array {
  const w = createWireWriter();
  const mark = beginLength(w);
  writeBytes(w, bytes);
  endLength(w, mark);
  return w.bytes.slice(0, w.at);
}
