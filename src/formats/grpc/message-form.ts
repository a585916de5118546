import type { JsonNode, JsonScalar } from "../../base/json.ts";

/** A message's text, cut at its scalars. Messages with the same literals and the same kinds of scalars are of one form. */
export interface MessageForm {
  /** Text before, between and behind the scalars. */
  readonly literals: readonly string[];
  readonly scalars: readonly JsonScalar[];
}

/** The type inside an Any decides how the rest is written, so it is no scalar that may differ. */
const TYPE_KEY = '"@type"';

export function formOf(root: JsonNode, text: string): MessageForm {
  const literals: string[] = [];
  const scalars: JsonScalar[] = [];
  let at = 0;
  const walk = (node: JsonNode): void => {
    if (node.kind === "array") for (const value of node.values) walk(value);
    else if (node.kind !== "object") {
      literals.push(text.slice(at, node.start));
      scalars.push(node);
      at = node.end;
    } else node.values.forEach((value, i) => node.keys[i] === TYPE_KEY || walk(value));
  };
  walk(root);
  literals.push(text.slice(at));
  return { literals, scalars };
}

/** Equal for messages of one form. */
function formKey({ literals, scalars }: MessageForm): string {
  return `${scalars.map((s) => s.kind[0]!).join("")}${literals.join("\u0000")}`;
}

/** Marks the scalars that are not spelled as those of the first message of the form. True where there are new ones. */
export function openDiffering(isOpen: boolean[], first: readonly JsonScalar[], others: readonly JsonScalar[]): boolean {
  let isNew = false;
  others.forEach(({ raw }, i) => {
    if (isOpen[i] === true || raw === first[i]!.raw) return;
    isOpen[i] = true;
    isNew = true;
  });
  return isNew;
}

/** Forms whose programs are tried before a message is read or written anew: a stream has few kinds of messages. */
const MOST_TRIED = 8;
const MOST_FORMS = 64;

/** Programs by form, for a message that is read or written like one before it. */
export interface FormPrograms<Program> {
  /** Those to be tried, the one that was found last first. */
  readonly tried: readonly Program[];
  /** The program of a form, which is tried from now on; undefined where it has none; `make` makes it where the form is new. */
  of(form: MessageForm, make: () => Program | undefined): Program | undefined;
}

export function createFormPrograms<Program>(): FormPrograms<Program> {
  const forms = new Map<string, Program | undefined>();
  const programs = { tried: [] as readonly Program[], of };
  function of(form: MessageForm, make: () => Program | undefined): Program | undefined {
    const key = formKey(form);
    if (!forms.has(key)) {
      if (forms.size >= MOST_FORMS) forms.clear();
      forms.set(key, make());
    }
    const program = forms.get(key);
    if (program !== undefined)
      programs.tried = [program, ...programs.tried.filter((other) => other !== program)].slice(0, MOST_TRIED);
    return program;
  }
  return programs;
}
