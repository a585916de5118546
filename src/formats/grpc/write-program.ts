/** Messages that are written step by step, without a tree: all bytes that do not depend on open scalars are ready. */
import type { JsonNode, JsonScalar } from "../../base/json.ts";
import { encodeMessage } from "./encode-message.ts";
import { foldSteps } from "./fold-steps.ts";
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

const NOTHING = {
  bytes: new Uint8Array(0),
  scalar: { kind: "null", raw: "null", start: 0, end: 0 } satisfies OpenScalar,
  write: (): void => undefined,
};

/** The steps with everything in ready bytes that does not depend on open scalars. */
export function compileSteps(
  steps: readonly WriteStep[],
  open: ReadonlyMap<JsonNode, OpenScalar>,
): readonly Instruction[] {
  const folded = foldSteps(steps, (step) => {
    if (open.has(step.node)) return undefined;
    const w = createWireWriter();
    step.write(w, step.node);
    return w.bytes.slice(0, w.at);
  });
  return folded.map((step): Instruction => {
    if (step.kind !== "scalar") return { ...NOTHING, ...step };
    return { ...NOTHING, kind: "scalar", scalar: open.get(step.node)!, write: step.write };
  });
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
