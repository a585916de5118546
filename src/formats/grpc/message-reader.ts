import { parseJson, type JsonScalar } from "../../base/json.ts";
import { decodeMessage, type DecodedMessage } from "./decode-message.ts";
import { foldSteps } from "./fold-steps.ts";
import { createFormPrograms, formOf, openDiffering, type MessageForm } from "./message-form.ts";
import type { MessagePlan, TypeIndex } from "./message-plan.ts";
import type { ReadStep, ReadTrace, ScalarCodec } from "./read-trace.ts";
import { Unencodable } from "./unencodable.ts";
import { createWireReader, readLength, type WireReader } from "./wire-reader.ts";
import { createWireWriter, type WireWriter } from "./wire-writer.ts";

/** Reads messages of one type. */
export interface MessageReader {
  /** `decodeMessage` of the bytes from `from` on, for less the more the messages are alike. */
  read(bytes: Uint8Array, from?: number): DecodedMessage;
  /** The same, and whether the text gives the bytes again. */
  prove(bytes: Uint8Array, from?: number): DecodedMessage & { readonly isExact: boolean };
}

/** Forms that never come again are not looked for at each message. */
const FIRST_LOOKS = 64;
const LOOK_EACH = 16;

/**
 * Messages of a stream differ in some scalars. How the first of a form was read is noted; in what follows only those scalars are read
 * that have differed so far, and all the rest of the bytes is compared. `gives`: whether a message's text gives its bytes again.
 */
export function createMessageReader(
  plan: MessagePlan | undefined,
  types: TypeIndex,
  gives: (decoded: DecodedMessage, bytes: Uint8Array) => boolean,
): MessageReader {
  const prove = (decoded: DecodedMessage, bytes: Uint8Array): DecodedMessage & { readonly isExact: boolean } => ({
    ...decoded,
    isExact: gives(decoded, bytes),
  });
  // Without a schema each value is a guess, which another value may change.
  if (plan === undefined || plan.special !== undefined) {
    const read = (bytes: Uint8Array): DecodedMessage => decodeMessage(bytes, plan, types);
    return {
      read: (bytes, from = 0) => read(bytes.subarray(from)),
      prove: (bytes, from = 0) => prove(read(bytes.subarray(from)), bytes.subarray(from)),
    };
  }
  const programs = createFormPrograms<Program>();
  let looks = 0;
  let misses = 0;
  const readAnew = (bytes: Uint8Array): DecodedMessage => {
    if (looks >= FIRST_LOOKS && misses++ % LOOK_EACH > 0) return decodeMessage(bytes, plan, types);
    looks++;
    const trace: ReadTrace = { steps: [], from: 0, isWhole: true };
    const decoded = decodeMessage(bytes, plan, types, trace);
    const root = trace.isWhole ? parseJson(decoded.text) : undefined;
    if (root === undefined) return decoded;
    const form = formOf(root, decoded.text);
    // A form whose first message does not give its bytes again has no program.
    programs
      .of(form, () => (gives(decoded, bytes) ? createProgram(form, trace, bytes) : undefined))
      ?.open(form.scalars);
    return decoded;
  };
  const run = (bytes: Uint8Array, from: number, proof: Proof | undefined): string | undefined => {
    for (const program of programs.tried) {
      const text = program.run(bytes, from, proof);
      if (text === undefined) continue;
      looks = 0;
      return text;
    }
    return undefined;
  };
  const proof: Proof = { isExact: true, w: createWireWriter(), node: { kind: "null", raw: "null", start: 0, end: 0 } };
  return {
    read(bytes, from = 0) {
      const text = run(bytes, from, undefined);
      return text === undefined ? readAnew(bytes.subarray(from)) : { text, plain: false };
    },
    prove(bytes, from = 0) {
      const text = run(bytes, from, proof);
      if (text !== undefined) return { text, plain: false, isExact: proof.isExact };
      const message = bytes.subarray(from);
      return prove(readAnew(message), message);
    },
  };
}

/**
 * Whether a message's text gives its bytes again, which is so if each scalar does: all the rest is as it was in the first message of
 * its form.
 */
interface Proof {
  isExact: boolean;
  readonly w: WireWriter;
  readonly node: { kind: JsonScalar["kind"]; raw: string; readonly start: number; readonly end: number };
}

/** Reads the messages of one form. */
interface Program {
  /** The message's text; undefined where it is not of this form, or a scalar differs that never has. With `proof` it is proven, too. */
  run(bytes: Uint8Array, from: number, proof: Proof | undefined): string | undefined;
  /** Learns which scalars differ. */
  open(scalars: readonly JsonScalar[]): void;
}

interface Instruction {
  readonly kind: ReadStep["kind"];
  readonly bytes: Uint8Array;
  readonly scalar: ScalarCodec;
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
    const folded = foldSteps(steps, (step) => (behind.has(step) ? undefined : step.bytes));
    program = folded.map((step): Instruction => {
      if (step.kind !== "scalar") return { ...NOTHING, ...step };
      return { ...NOTHING, kind: "scalar", scalar: step.scalar, literal: behind.get(step)! };
    });
  };
  fold();
  return {
    run: (message, from, proof) => runProgram(program, first, message, from, proof),
    open(others) {
      if (openDiffering(isOpen, scalars, others)) fold();
    },
  };
}

const NOTHING = {
  bytes: new Uint8Array(0),
  scalar: { read: () => undefined, write: () => undefined } satisfies ScalarCodec,
  literal: "",
};

const ends: number[] = [];

function runProgram(
  program: readonly Instruction[],
  first: string,
  bytes: Uint8Array,
  from: number,
  proof: Proof | undefined,
): string | undefined {
  const r = createWireReader(bytes);
  r.at = from;
  let end = bytes.length;
  let text = first;
  ends.length = 0;
  if (proof !== undefined) proof.isExact = true;
  for (let i = 0; i < program.length; i++) {
    const { kind, bytes: wanted, scalar, literal } = program[i]!;
    if (kind === "bytes") {
      if (!standsAt(r, wanted)) return undefined;
    } else if (kind === "scalar") {
      const { at } = r;
      const value = scalar.read(r, end);
      if (value === undefined) return undefined;
      if (proof !== undefined) proveScalar(proof, scalar, value, r, at);
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
  return r.at === bytes.length ? flat(text) : undefined;
}

/**
 * The same text in one piece. Engines keep a text that was put together as a tree of its pieces until a character of it is asked for:
 * kept so, it takes several times its size.
 */
function flat(text: string): string {
  return text.charCodeAt(0) > 0 ? text : "";
}

function proveScalar(proof: Proof, { write }: ScalarCodec, raw: string, r: WireReader, from: number): void {
  const { w, node } = proof;
  node.raw = raw;
  node.kind = kindOf(raw);
  w.at = 0;
  try {
    write(w, node);
  } catch (error) {
    if (!(error instanceof Unencodable)) throw error;
    proof.isExact = false;
  }
  if (w.at !== r.at - from) proof.isExact = false;
  for (let i = 0; i < w.at; i++) if (w.bytes[i] !== r.bytes[from + i]) proof.isExact = false;
}

function kindOf(raw: string): JsonScalar["kind"] {
  const c = raw.charCodeAt(0);
  if (c === 34) return "string";
  return c === 116 || c === 102 ? "boolean" : c === 110 ? "null" : "number";
}

function standsAt(r: WireReader, wanted: Uint8Array): boolean {
  const { bytes, at } = r;
  // What is beyond the end is undefined, and no byte.
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  r.at = at + wanted.length;
  return true;
}
