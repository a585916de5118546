import { parseJson, type JsonNode, type JsonScalar } from "../../base/json.ts";
import { scanLeaf } from "../leaf-kind.ts";
import { encodeMessage } from "./encode-message.ts";
import { createFormPrograms, formOf, openDiffering, type MessageForm } from "./message-form.ts";
import type { MessagePlan, TypeIndex } from "./message-plan.ts";
import { Unencodable } from "./unencodable.ts";
import { compileSteps, runProgram, traceMessage, type Instruction, type OpenScalar } from "./write-program.ts";
import type { WriteTrace } from "./write-trace.ts";
import type { WireWriter } from "./wire-writer.ts";

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
      return createProgram(form, traceMessage(w, root, plan, types));
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
    program = compileSteps(steps, byNode);
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
      if (openDiffering(isOpen, scalars, others)) fold();
    },
  };
}
