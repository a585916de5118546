/** Options of .proto files. Those that a descriptor says are kept; custom ones are read over. */
import type { Features, Options } from "./descriptor.ts";
import { camelCase } from "./message-plan.ts";
import type { Token, TokenReader } from "./proto-tokens.ts";

/** A constant, as a field's default or an option's value has it. */
export type Constant =
  | { readonly kind: "string" | "word"; readonly text: string }
  | { readonly kind: "number"; readonly text: string; readonly value: number }
  | { readonly kind: "aggregate" };

/** Options in the making, with what only fields have. */
export interface ReadOptions {
  options: Record<string, unknown> | undefined;
  jsonName?: string | undefined;
  defaultValue?: Constant | undefined;
}

type OptionKind = "string" | "boolean" | "word";

/** Options that are kept, as descriptor.proto declares them. */
const KEPT: ReadonlyMap<string, OptionKind> = new Map<string, OptionKind>([
  ...[
    "java_package",
    "java_outer_classname",
    "go_package",
    "objc_class_prefix",
    "csharp_namespace",
    "swift_prefix",
    "php_class_prefix",
    "php_namespace",
    "php_metadata_namespace",
    "ruby_package",
  ].map((n) => [n, "string"] as const),
  ...[
    "java_multiple_files",
    "java_string_check_utf8",
    "cc_enable_arenas",
    "deprecated",
    "packed",
    "lazy",
    "allow_alias",
    "message_set_wire_format",
    "debug_redact",
    "cc_generic_services",
    "java_generic_services",
    "py_generic_services",
    "java_generate_equals_and_hash",
  ].map((n) => [n, "boolean"] as const),
  ...["optimize_for", "ctype", "jstype", "idempotency_level"].map((n) => [n, "word"] as const),
]);

/** `option name = value;` behind the word `option`. */
export function readOptionStatement(tokens: TokenReader, into: ReadOptions): void {
  readOption(tokens, into);
  tokens.expect(";");
}

/** `[name = value, ...]`, if there is one. */
export function readInlineOptions(tokens: TokenReader, into: ReadOptions): void {
  if (!tokens.skip("[")) return;
  do readOption(tokens, into);
  while (tokens.skip(","));
  tokens.expect("]");
}

function readOption(tokens: TokenReader, into: ReadOptions): void {
  const name: string[] = [];
  let isCustom = false;
  do {
    if (tokens.skip("(")) {
      tokens.skip(".");
      do readWord(tokens, "the name of an option");
      while (tokens.skip("."));
      tokens.expect(")");
      isCustom = true;
    } else name.push(readWord(tokens, "the name of an option").text);
  } while (tokens.skip("."));
  tokens.expect("=");
  const at = tokens.token;
  const value = readConstant(tokens);
  if (isCustom) return;
  keep(tokens, name, value, at, into);
}

function keep(tokens: TokenReader, name: readonly string[], value: Constant, at: Token, into: ReadOptions): void {
  const [first = "", second] = name;
  if (first === "default" && second === undefined) into.defaultValue = value;
  else if (first === "json_name" && second === undefined) {
    if (value.kind !== "string") throw tokens.expected("a string", at);
    into.jsonName = value.text;
  } else if (first === "features" && second !== undefined && name.length === 2 && value.kind === "word") {
    const features = { ...(into.options?.["features"] as Features | undefined), [camelCase(second)]: value.text };
    into.options = { ...into.options, features };
  } else if (second === undefined) {
    const kind = KEPT.get(first);
    if (kind === undefined) return;
    const isBoolean = value.kind === "word" && (value.text === "true" || value.text === "false");
    if (kind === "boolean" ? !isBoolean : value.kind !== kind) throw tokens.expected(WANTED[kind], at);
    into.options = {
      ...into.options,
      [camelCase(first)]: kind === "boolean" ? value.kind === "word" && value.text === "true" : textOf(value),
    };
  }
}

const WANTED: Readonly<Record<OptionKind, string>> = { string: "a string", boolean: "true or false", word: "a name" };

function textOf(value: Constant): string {
  return "text" in value ? value.text : "";
}

/** The value of an option: a name, a number with its sign, strings (joined), or an aggregate, which is read over. */
function readConstant(tokens: TokenReader): Constant {
  const { token } = tokens;
  if (token.kind === "string") {
    let text = "";
    while (tokens.token.kind === "string") text += tokens.next().text;
    return { kind: "string", text };
  }
  if (token.text === "{" || token.text === "<" || token.text === "[") {
    skipAggregate(tokens);
    return { kind: "aggregate" };
  }
  const isNegative = tokens.skip("-");
  if (!isNegative) tokens.skip("+");
  const value = tokens.next();
  if (value.kind === "number") return numberConstant(value.text, isNegative);
  if (value.kind !== "word") throw tokens.expected("a value", value);
  if (isNegative)
    return { kind: "number", text: `-${value.text}`, value: value.text === "inf" ? -Infinity : Number.NaN };
  let { text } = value;
  while (tokens.skip(".")) text += `.${readWord(tokens, "a name").text}`;
  return { kind: "word", text };
}

function numberConstant(raw: string, isNegative: boolean): Constant {
  const isFloat = !/^0[xX]/.test(raw) && /[.eEf]/.test(raw);
  const isOctal = /^0[0-7]+$/.test(raw);
  const sign = isNegative ? "-" : "";
  if (isFloat) {
    const value = Number(`${sign}${raw.replace(/f$/, "")}`);
    return { kind: "number", text: String(value), value };
  }
  const integer = BigInt(isOctal ? `0o${raw.slice(1)}` : raw);
  return { kind: "number", text: `${sign}${integer}`, value: Number(`${sign}${integer}`) };
}

const CLOSING: Readonly<Record<string, string>> = { "{": "}", "[": "]", "<": ">" };

/** Text format between brackets, which may be nested. */
function skipAggregate(tokens: TokenReader): void {
  const open = [tokens.next()];
  while (open.length > 0) {
    const token = tokens.next();
    if (token.kind === "end") throw tokens.expected(`"${CLOSING[open.at(-1)!.text]!}"`, token);
    if (token.kind !== "symbol") continue;
    if (CLOSING[token.text] !== undefined) open.push(token);
    else if (token.text === CLOSING[open.at(-1)!.text]) open.pop();
  }
}

/** The word at hand. Throws WraithError SCHEMA_INVALID where there is none. */
export function readWord(tokens: TokenReader, what: string): Token {
  if (tokens.token.kind !== "word") throw tokens.expected(what);
  return tokens.next();
}

/** The options, or nothing where there are none. */
export function optionsOf(read: ReadOptions): { options?: Options } {
  return read.options === undefined ? {} : { options: read.options };
}
