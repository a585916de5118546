/** Messages that are written step by step, without a tree: all bytes that do not depend on open scalars are ready. */
import type { JsonNode, JsonScalar } from "../../base/json.ts";
import { encodeMessage } from "./encode-message.ts";
import type { MessagePlan, TypeIndex } from "./message-plan.ts";
import { Unencodable } from "./unencodable.ts";
import { beginLength, createWireWriter, endLength, writeBytes, type WireWriter } from "./wire-writer.ts";
import { traceBytes, type WriteScalar, type WriteStep, type WriteTrace } from "./write-trace.ts";

/** Writes a message and notes how. Throws `Unencodable`. */
export function traceMessage(
  w: WireWriter,
  root: JsonNode,
  plan: MessagePlan | undefined,
  types: TypeIndex,
): WriteTrace {
  const trace: WriteTrace = { steps: [], from: w.at, isWhole: true };
  w.trace = trace;
  try {
    encodeMessage(w, root, plan, false, types);
  } finally {
    w.trace = undefined;
  }
  traceBytes(trace, w);
  return trace;
}

/** A scalar that takes the spelling of each text. */
export interface OpenScalar {
  readonly kind: JsonScalar["kind"];
  raw: string;
  readonly start: number;
  readonly end: number;
}

/** A step of a program. */
export interface Instruction {
  readonly kind: WriteStep["kind"];
  readonly bytes: Uint8Array;
  readonly scalar: OpenScalar;
  readonly write: WriteScalar;
}

const NO_BYTES = new Uint8Array(0);
const NO_SCALAR: OpenScalar = { kind: "null", raw: "null", start: 0, end: 0 };
const BEGIN: Instruction = { kind: "begin", bytes: NO_BYTES, scalar: NO_SCALAR, write: () => undefined };
const END: Instruction = { ...BEGIN, kind: "end" };

/** The steps with everything in ready bytes that does not depend on open scalars. */
export function foldSteps(
  steps: readonly WriteStep[],
  open: ReadonlyMap<JsonNode, OpenScalar>,
): readonly Instruction[] {
  const out: Instruction[] = [];
  /** What stands at the end of `out` already, in bytes. */
  const append = (write: (w: WireWriter) => void): void => {
    const w = createWireWriter();
    if (out.at(-1)?.kind === "bytes") writeBytes(w, out.pop()!.bytes);
    write(w);
    if (w.at > 0) out.push({ ...BEGIN, kind: "bytes", bytes: w.bytes.slice(0, w.at) });
  };
  for (const step of steps) {
    if (step.kind === "bytes") append((w) => writeBytes(w, step.bytes));
    else if (step.kind === "begin") out.push(BEGIN);
    else if (step.kind === "end") {
      const inner = out.at(-1)?.kind === "bytes" ? out.at(-1)!.bytes : NO_BYTES;
      const begin = out.length - (inner.length > 0 ? 2 : 1);
      if (out[begin]?.kind !== "begin") out.push(END);
      else {
        out.length = begin;
        append((w) => {
          const mark = beginLength(w);
          writeBytes(w, inner);
          endLength(w, mark);
        });
      }
    } else {
      const scalar = open.get(step.node);
      if (scalar === undefined) append((w) => step.write(w, step.node));
      else out.push({ ...BEGIN, kind: "scalar", scalar, write: step.write });
    }
  }
  return out;
}

const marks: number[] = [];

/** False, with nothing written, where a scalar cannot be encoded: its tree tells the place. */
export function runProgram(program: readonly Instruction[], w: WireWriter): boolean {
  const start = w.at;
  marks.length = 0;
  try {
    for (let i = 0; i < program.length; i++) {
      const { kind, bytes, scalar, write } = program[i]!;
      if (kind === "bytes") writeBytes(w, bytes);
      else if (kind === "scalar") write(w, scalar);
      else if (kind === "begin") marks.push(beginLength(w));
      else endLength(w, marks.pop()!);
    }
    return true;
  } catch (error) {
    if (!(error instanceof Unencodable)) throw error;
    w.at = start;
    return false;
  }
}
