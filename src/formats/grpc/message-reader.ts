import { parseJson, type JsonScalar } from "../../base/json.ts";
import { decodeMessage, type DecodedMessage } from "./decode-message.ts";
import { createFormPrograms, formOf, type MessageForm } from "./message-form.ts";
import type { MessagePlan, TypeIndex } from "./message-plan.ts";
import type { ReadScalar, ReadStep, ReadTrace } from "./read-trace.ts";
import { createWireReader, readLength, type WireReader } from "./wire-reader.ts";
import { beginLength, createWireWriter, endLength, writeBytes } from "./wire-writer.ts";

/** Reads messages of one type. */
export interface MessageReader {
  /** `decodeMessage`, for less the more the messages are alike. */
  read(bytes: Uint8Array): DecodedMessage;
}

/** Forms that never come again are not looked for at each message. */
const FIRST_LOOKS = 64;
const LOOK_EACH = 16;

/**
 * Messages of a stream differ in some scalars. How the first of a form was read is noted; in what follows only those scalars are read
 * that have differed so far, and all the rest of the bytes is compared.
 */
export function createMessageReader(plan: MessagePlan | undefined, types: TypeIndex): MessageReader {
  // Without a schema each value is a guess, which another value may change.
  if (plan === undefined || plan.special !== undefined) return { read: (bytes) => decodeMessage(bytes, plan, types) };
  const programs = createFormPrograms<Program>();
  let looks = 0;
  let misses = 0;
  return {
    read(bytes) {
      for (const program of programs.tried) {
        const text = program.run(bytes);
        if (text === undefined) continue;
        looks = 0;
        return { text, plain: false };
      }
      if (looks >= FIRST_LOOKS && misses++ % LOOK_EACH > 0) return decodeMessage(bytes, plan, types);
      looks++;
      const trace: ReadTrace = { steps: [], from: 0, isWhole: true };
      const decoded = decodeMessage(bytes, plan, types, trace);
      const root = trace.isWhole ? parseJson(decoded.text) : undefined;
      if (root === undefined) return decoded;
      const form = formOf(root, decoded.text);
      programs.of(form, () => createProgram(form, trace, bytes))?.open(form.scalars);
      return decoded;
    },
  };
}

/** Reads the messages of one form. */
interface Program {
  /** The message's text; undefined where it is not of this form, or a scalar differs that never has. */
  run(bytes: Uint8Array): string | undefined;
  /** Learns which scalars differ. */
  open(scalars: readonly JsonScalar[]): void;
}

interface Instruction {
  readonly kind: ReadStep["kind"];
  readonly bytes: Uint8Array;
  readonly read: ReadScalar;
  /** Text that follows a scalar. */
  readonly literal: string;
}

type ScalarStep = Extract<ReadStep, { kind: "scalar" }>;

function createProgram({ literals, scalars }: MessageForm, trace: ReadTrace, bytes: Uint8Array): Program | undefined {
  const steps: readonly ReadStep[] =
    trace.from === bytes.length
      ? trace.steps
      : [...trace.steps, { kind: "bytes", bytes: bytes.slice(trace.from) } satisfies ReadStep];
  const read = steps.filter((step): step is ScalarStep => step.kind === "scalar");
  // A text has its scalars in the order in which they were read.
  if (read.length !== scalars.length || !read.every(({ text }, i) => text === scalars[i]!.raw)) return undefined;
  const isOpen = scalars.map(() => false);
  let first = "";
  let program: readonly Instruction[] = [];

  const fold = (): void => {
    const behind = new Map<ReadStep, string>();
    let text = literals[0]!;
    let last: ReadStep | undefined;
    const close = (): void => {
      if (last === undefined) first = text;
      else behind.set(last, text);
    };
    read.forEach((step, i) => {
      if (isOpen[i] !== true) text += step.text;
      else {
        close();
        last = step;
        text = "";
      }
      text += literals[i + 1]!;
    });
    close();
    program = foldSteps(steps, behind);
  };
  fold();
  return {
    run: (message) => runProgram(program, first, message),
    open(others) {
      let isNew = false;
      others.forEach(({ raw }, i) => {
        if (isOpen[i] === true || raw === read[i]!.text) return;
        isOpen[i] = true;
        isNew = true;
      });
      if (isNew) fold();
    },
  };
}

const NO_BYTES = new Uint8Array(0);
const BEGIN: Instruction = { kind: "begin", bytes: NO_BYTES, read: () => undefined, literal: "" };
const END: Instruction = { ...BEGIN, kind: "end" };

/** The steps with everything in bytes to be compared that does not depend on open scalars, which are the keys of `behind`. */
function foldSteps(steps: readonly ReadStep[], behind: ReadonlyMap<ReadStep, string>): readonly Instruction[] {
  const out: Instruction[] = [];
  const append = (bytes: Uint8Array): void => {
    const before = out.at(-1)?.kind === "bytes" ? out.pop()!.bytes : NO_BYTES;
    const joined = new Uint8Array(before.length + bytes.length);
    joined.set(before);
    joined.set(bytes, before.length);
    if (joined.length > 0) out.push({ ...BEGIN, kind: "bytes", bytes: joined });
  };
  for (const step of steps) {
    if (step.kind === "bytes") append(step.bytes);
    else if (step.kind === "begin") out.push(BEGIN);
    else if (step.kind === "scalar") {
      const literal = behind.get(step);
      if (literal === undefined) append(step.bytes);
      else out.push({ kind: "scalar", bytes: NO_BYTES, read: step.read, literal });
    } else {
      const inner = out.at(-1)?.kind === "bytes" ? out.at(-1)!.bytes : NO_BYTES;
      const begin = out.length - (inner.length > 0 ? 2 : 1);
      if (out[begin]?.kind !== "begin") out.push(END);
      else {
        out.length = begin;
        append(withLength(inner));
      }
    }
  }
  return out;
}

function withLength(bytes: Uint8Array): Uint8Array {
  const w = createWireWriter();
  const mark = beginLength(w);
  writeBytes(w, bytes);
  endLength(w, mark);
  return w.bytes.slice(0, w.at);
}

const ends: number[] = [];

function runProgram(program: readonly Instruction[], first: string, bytes: Uint8Array): string | undefined {
  const r = createWireReader(bytes);
  let end = bytes.length;
  let text = first;
  ends.length = 0;
  for (let i = 0; i < program.length; i++) {
    const { kind, bytes: wanted, read, literal } = program[i]!;
    if (kind === "bytes") {
      if (!standsAt(r, wanted)) return undefined;
    } else if (kind === "scalar") {
      const value = read(r, end);
      if (value === undefined) return undefined;
      text += value + literal;
    } else if (kind === "begin") {
      ends.push(end);
      end = readLength(r, end);
      if (end < 0) return undefined;
    } else {
      if (r.at !== end) return undefined;
      end = ends.pop()!;
    }
  }
  return r.at === bytes.length ? text : undefined;
}

function standsAt(r: WireReader, wanted: Uint8Array): boolean {
  const { bytes, at } = r;
  // What is beyond the end is undefined, and no byte.
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  r.at = at + wanted.length;
  return true;
}
