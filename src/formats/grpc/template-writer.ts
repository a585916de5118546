import { parseJson, type JsonNode, type JsonScalar } from "../../base/json.ts";
import type { EventTemplate } from "../format.ts";
import { scanLeaf } from "../leaf-kind.ts";
import { formOf } from "./message-form.ts";
import type { MessagePlan, TypeIndex } from "./message-plan.ts";
import { Unencodable } from "./unencodable.ts";
import { createWireWriter, type WireWriter } from "./wire-writer.ts";
import { compileSteps, runProgram, traceMessage, type OpenScalar } from "./write-program.ts";

/** Writes messages from a template and the values of its holes, without their texts. */
export interface TemplateWriter {
  /** Appends the message's bytes; false, with nothing written, where only its text tells them, or what is wrong with it. */
  write(w: WireWriter, template: EventTemplate, values: readonly string[]): boolean;
}

type Write = (w: WireWriter, values: readonly string[]) => boolean;

export function createTemplateWriter(plan: MessagePlan | undefined, types: TypeIndex): TemplateWriter {
  const known = new WeakMap<EventTemplate, Write | null>();
  return {
    write(w, template, values) {
      let write = known.get(template);
      if (write === undefined) known.set(template, (write = compile(template, values, plan, types) ?? null));
      return write !== null && write(w, values);
    },
  };
}

/** Undefined where a hole is no scalar of the message that is written once. */
function compile(
  { segments }: EventTemplate,
  values: readonly string[],
  plan: MessagePlan | undefined,
  types: TypeIndex,
): Write | undefined {
  let text = segments[0]!;
  const starts: number[] = [];
  values.forEach((value, i) => {
    starts.push(text.length);
    text += value + segments[i + 1]!;
  });
  const root = parseJson(text);
  if (root === undefined) return undefined;
  const byStart = new Map(formOf(root, text).scalars.map((scalar): [number, JsonScalar] => [scalar.start, scalar]));
  const nodes = starts.flatMap((start) => byStart.get(start) ?? []);
  if (!values.every((value, i) => nodes[i]?.raw === value)) return undefined;
  let trace: ReturnType<typeof traceMessage>;
  try {
    trace = traceMessage(createWireWriter(), root, plan, types);
  } catch (error) {
    if (!(error instanceof Unencodable)) throw error;
    return undefined;
  }
  const written = trace.steps.flatMap((step) => (step.kind === "scalar" ? [step.node] : []));
  if (!trace.isWhole || !nodes.every((node) => written.filter((other) => other === node).length === 1))
    return undefined;
  const scalars = nodes.map((node): OpenScalar => ({ ...node }));
  const program = compileSteps(
    trace.steps,
    new Map(nodes.map((node, i): [JsonNode, OpenScalar] => [node, scalars[i]!])),
  );
  return (w, others) => {
    for (let i = 0; i < scalars.length; i++) {
      const scalar = scalars[i]!;
      const raw = others[i]!;
      if (raw === scalar.raw) continue;
      // A value of another kind may be written otherwise, and what is no value is for the text to tell.
      if (scanLeaf(scalar.kind, raw, 0) !== raw.length) return false;
      scalar.raw = raw;
    }
    return runProgram(program, w);
  };
}
