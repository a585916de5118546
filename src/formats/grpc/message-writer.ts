import { parseJson, type JsonNode, type JsonScalar } from "../../base/json.ts";
import { scanLeaf } from "../leaf-kind.ts";
import { encodeMessage } from "./encode-message.ts";
import { createFormPrograms, formOf, type MessageForm } from "./message-form.ts";
import type { MessagePlan, TypeIndex } from "./message-plan.ts";
import { Unencodable } from "./unencodable.ts";
import { traceBytes, type WriteScalar, type WriteStep, type WriteTrace } from "./write-trace.ts";
import { beginLength, createWireWriter, endLength, writeBytes, type WireWriter } from "./wire-writer.ts";

/** Writes messages of one type from their JSON. */
export interface MessageWriter {
  /** Appends the message's bytes; false, with nothing written, where the text is none or the message cannot be encoded. */
  write(w: WireWriter, json: string): boolean;
}

/**
 * Messages of a stream differ in some scalars. The first of a form is written from its tree and its steps are noted; what follows is
 * cut at the scalars that have differed so far, and all the rest of its bytes is ready.
 */
export function createMessageWriter(plan: MessagePlan | undefined, types: TypeIndex): MessageWriter {
  const programs = createFormPrograms<Program>();

  const writeTree = (w: WireWriter, root: JsonNode, json: string): void => {
    const form = formOf(root, json);
    let isWritten = false;
    const known = programs.of(form, () => {
      isWritten = true;
      const trace: WriteTrace = { steps: [], from: w.at, isWhole: true };
      w.trace = trace;
      try {
        encodeMessage(w, root, plan, false, types);
      } finally {
        w.trace = undefined;
      }
      traceBytes(trace, w);
      return createProgram(form, trace);
    });
    if (isWritten) return;
    known?.open(form.scalars);
    encodeMessage(w, root, plan, false, types);
  };

  return {
    write(w, json) {
      for (const program of programs.tried) if (program.run(w, json)) return true;
      const root = parseJson(json);
      if (root === undefined) return false;
      const start = w.at;
      try {
        writeTree(w, root, json);
      } catch (error) {
        if (!(error instanceof Unencodable)) throw error;
        w.at = start;
        return false;
      }
      return true;
    },
  };
}

/** Writes the messages of one form. */
interface Program {
  /** Writes the message if the text is of this form and its scalars are, where they have never differed, the same; else false. */
  run(w: WireWriter, text: string): boolean;
  /** Learns which scalars differ. */
  open(scalars: readonly JsonScalar[]): void;
}

/** A scalar that takes the spelling of each text. */
interface OpenScalar {
  readonly kind: JsonScalar["kind"];
  raw: string;
  readonly start: number;
  readonly end: number;
}

interface Instruction {
  readonly kind: WriteStep["kind"];
  readonly bytes: Uint8Array;
  readonly scalar: OpenScalar;
  readonly write: WriteScalar;
}

function createProgram({ literals, scalars }: MessageForm, { steps, isWhole }: WriteTrace): Program | undefined {
  const written = new Set(steps.flatMap((step) => (step.kind === "scalar" ? [step.node] : [])));
  const count = steps.reduce((n, step) => (step.kind === "scalar" ? n + 1 : n), 0);
  // A null may leave no trace, and is always spelled so.
  if (!isWhole || count !== written.size || !scalars.every((s) => s.kind === "null" || written.has(s)))
    return undefined;
  const isOpen = scalars.map(() => false);
  let texts: string[] = [];
  let open: OpenScalar[] = [];
  let found: string[] = [];
  let program: readonly Instruction[] = [];

  const fold = (): void => {
    texts = [literals[0]!];
    open = [];
    const byNode = new Map<JsonNode, OpenScalar>();
    scalars.forEach((node, i) => {
      const literal = literals[i + 1]!;
      if (isOpen[i] !== true) {
        texts[texts.length - 1] += node.raw + literal;
        return;
      }
      const scalar = { ...node };
      byNode.set(node, scalar);
      open.push(scalar);
      texts.push(literal);
    });
    found = open.map(() => "");
    program = foldSteps(steps, byNode);
  };
  fold();
  return {
    run(w, text) {
      let at = texts[0]!.length;
      if (text.slice(0, at) !== texts[0]) return false;
      for (let i = 0; i < open.length; i++) {
        const end = scanLeaf(open[i]!.kind, text, at);
        if (end < 0) return false;
        const literal = texts[i + 1]!;
        if (text.slice(end, end + literal.length) !== literal) return false;
        found[i] = text.slice(at, end);
        at = end + literal.length;
      }
      if (at !== text.length) return false;
      for (let i = 0; i < open.length; i++) open[i]!.raw = found[i]!;
      return runProgram(program, w);
    },
    open(others) {
      let isNew = false;
      others.forEach(({ raw }, i) => {
        if (isOpen[i] === true || raw === scalars[i]!.raw) return;
        isOpen[i] = true;
        isNew = true;
      });
      if (isNew) fold();
    },
  };
}

const NO_BYTES = new Uint8Array(0);
const NO_SCALAR: OpenScalar = { kind: "null", raw: "null", start: 0, end: 0 };
const BEGIN: Instruction = { kind: "begin", bytes: NO_BYTES, scalar: NO_SCALAR, write: () => undefined };
const END: Instruction = { ...BEGIN, kind: "end" };

/** The steps with everything in ready bytes that does not depend on open scalars. */
function foldSteps(steps: readonly WriteStep[], open: ReadonlyMap<JsonNode, OpenScalar>): readonly Instruction[] {
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
function runProgram(program: readonly Instruction[], w: WireWriter): boolean {
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
