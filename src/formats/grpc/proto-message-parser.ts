/** Messages and extensions of .proto files. */
import {
  qualify,
  type EnumDescriptor,
  type FieldDescriptor,
  type FieldLabel,
  type MessageDescriptor,
  type Options,
} from "./descriptor.ts";
import { camelCase } from "./message-plan.ts";
import { readEnum, readInteger } from "./proto-enum-parser.ts";
import {
  optionsOf,
  readInlineOptions,
  readOptionStatement,
  readWord,
  type Constant,
  type ReadOptions,
} from "./proto-options.ts";
import type { Mutable, ProtoContext } from "./proto-parser.ts";
import type { Token } from "./proto-tokens.ts";

export interface MessageParser {
  /** Behind the word `message`. */
  readMessage(scope: string): MessageDescriptor;
  /** Behind the word `extend`; groups declare messages beside their fields. */
  readExtend(scope: string, extensions: FieldDescriptor[], messages: MessageDescriptor[]): void;
  /** A name of a type; `resolve` gets its full name when it is found. */
  readTypeName(
    scope: string,
    wanted: "type" | "message",
    resolve: (fullName: string, kind: "message" | "enum") => void,
  ): void;
}

const LABELS: ReadonlyMap<string, FieldLabel> = new Map([
  ["optional", "LABEL_OPTIONAL"],
  ["required", "LABEL_REQUIRED"],
  ["repeated", "LABEL_REPEATED"],
]);

const SCALAR_TYPES: ReadonlySet<string> = new Set([
  "double",
  "float",
  "int64",
  "uint64",
  "int32",
  "fixed64",
  "fixed32",
  "bool",
  "string",
  "bytes",
  "uint32",
  "sfixed32",
  "sfixed64",
  "sint32",
  "sint64",
]);

const MAX_NUMBER = 0x1fffffff;
/** Deeper nesting of declarations is refused, as protoc does. */
const MAX_NESTING = 32;

/** A message in the making. */
interface Draft {
  readonly field: Mutable<FieldDescriptor>[];
  readonly extension: FieldDescriptor[];
  readonly nestedType: MessageDescriptor[];
  readonly enumType: EnumDescriptor[];
  readonly extensionRange: { start: number; end: number }[];
  readonly oneofDecl: { name: string }[];
  readonly reservedRange: { start: number; end: number }[];
  readonly reservedName: string[];
  readonly options: ReadOptions;
  /** Fields by number and by name, for duplicates. */
  readonly numbers: Map<number, string>;
  readonly names: Set<string>;
}

interface FieldPlace {
  readonly scope: string;
  readonly draft: Draft | undefined;
  readonly fields: Mutable<FieldDescriptor>[];
  readonly messages: MessageDescriptor[];
  readonly where: "message" | "oneof" | "extend";
}

export function createMessageParser(context: ProtoContext): MessageParser {
  const { tokens, syntax } = context;
  let nesting = 0;

  const readTypeName: MessageParser["readTypeName"] = (scope, wanted, resolve) => {
    const at = tokens.token;
    let name = tokens.skip(".") ? "." : "";
    name += readWord(tokens, "the name of a type").text;
    while (tokens.skip(".")) name += `.${readWord(tokens, "the name of a type").text}`;
    context.refer({ name, scope, wanted, at, resolve });
  };

  const readNumber = (place: FieldPlace, name: Token): number => {
    const at = tokens.token;
    const number = readInteger(tokens, `the number of a field (1 to ${MAX_NUMBER})`, 1, MAX_NUMBER);
    if (number >= 19000 && number <= 19999) throw tokens.problem("the numbers 19000 to 19999 are protobuf's own", at);
    const other = place.draft?.numbers.get(number);
    if (other !== undefined && place.where !== "extend")
      throw tokens.problem(`the number ${number} is taken by the field "${other}"`, at);
    if (place.where !== "extend") place.draft?.numbers.set(number, name.text);
    return number;
  };

  const readField = (place: FieldPlace): Mutable<FieldDescriptor> => {
    const labelAt = tokens.token;
    // A label is followed by a type; a type of such a name by the name of its field and a number.
    const label = labelAt.kind === "word" ? LABELS.get(labelAt.text) : undefined;
    if (label !== undefined) tokens.next();
    checkLabel(place, label, labelAt);
    if (tokens.token.text === "group" && tokens.peek().kind === "word") return readGroup(place, label);
    if (tokens.token.text === "map" && tokens.peek().text === "<") return readMap(place, label, labelAt);
    const field: Mutable<FieldDescriptor> = { name: "", number: 0, label: label ?? "LABEL_OPTIONAL" };
    readFieldType(place.scope, field);
    readFieldRest(place, field);
    if (label === "LABEL_OPTIONAL" && syntax() === "proto3") field.proto3Optional = true;
    return field;
  };

  const checkLabel = (place: FieldPlace, label: FieldLabel | undefined, at: Token): void => {
    if (place.where === "oneof") {
      if (label !== undefined) throw tokens.problem("fields of a oneof have no label", at);
      return;
    }
    const isMap = at.text === "map" && tokens.peek().text === "<";
    if (label === undefined && syntax() === "proto2" && !isMap) {
      if (place.where === "extend") throw tokens.expected('"optional", "required" or "repeated", or "}"');
      throw tokens.expected(
        '"optional", "required" or "repeated", which fields of proto2 begin with, or another declaration',
      );
    }
    if (label === "LABEL_REQUIRED" && syntax() !== "proto2")
      throw tokens.problem("only proto2 has required fields", at);
    if (label === "LABEL_OPTIONAL" && syntax() === "editions")
      throw tokens.problem("editions have no label optional: features.field_presence says it", at);
  };

  const readFieldType = (scope: string, field: Mutable<FieldDescriptor>): void => {
    const { token } = tokens;
    if (token.kind === "word" && SCALAR_TYPES.has(token.text) && tokens.peek().text !== ".") {
      tokens.next();
      field.type = `TYPE_${token.text.toUpperCase()}`;
      return;
    }
    readTypeName(scope, "type", (name, kind) => {
      field.typeName = name;
      field.type ??= kind === "enum" ? "TYPE_ENUM" : "TYPE_MESSAGE";
    });
  };

  /** Name, number and options. */
  const readFieldRest = (place: FieldPlace, field: Mutable<FieldDescriptor>): void => {
    const name = readWord(tokens, "the name of a field");
    field.name = name.text;
    declareName(place, name);
    tokens.expect("=");
    field.number = readNumber(place, name);
    readFieldOptions(field);
    tokens.expect(";");
  };

  const readFieldOptions = (field: Mutable<FieldDescriptor>): void => {
    const options: ReadOptions = { options: undefined };
    readInlineOptions(tokens, options);
    field.jsonName = options.jsonName ?? camelCase(field.name);
    if (options.defaultValue !== undefined) field.defaultValue = defaultText(options.defaultValue, field.type);
    Object.assign(field, optionsOf(options));
  };

  const declareName = (place: FieldPlace, name: Token): void => {
    if (place.draft === undefined || place.where === "extend") return;
    if (place.draft.names.has(name.text)) throw tokens.problem(`there is a field "${name.text}" already`, name);
    place.draft.names.add(name.text);
  };

  const readMap = (place: FieldPlace, label: FieldLabel | undefined, at: Token): Mutable<FieldDescriptor> => {
    if (label !== undefined || place.where !== "message")
      throw tokens.problem("a map stands in a message, without a label", at);
    tokens.next();
    tokens.expect("<");
    const keyAt = tokens.token;
    const isKey =
      keyAt.kind === "word" && SCALAR_TYPES.has(keyAt.text) && !["double", "float", "bytes"].includes(keyAt.text);
    if (!isKey) throw tokens.expected("the type of a map's key (an integer type, bool or string)");
    tokens.next();
    tokens.expect(",");
    const value: Mutable<FieldDescriptor> = { name: "value", number: 2, label: "LABEL_OPTIONAL" };
    readFieldType(place.scope, value);
    tokens.expect(">");
    const field: Mutable<FieldDescriptor> = { name: "", number: 0, label: "LABEL_REPEATED", type: "TYPE_MESSAGE" };
    readFieldRest(place, field);
    const name = `${pascalCase(field.name)}Entry`;
    const key: FieldDescriptor = {
      name: "key",
      number: 1,
      label: "LABEL_OPTIONAL",
      type: `TYPE_${keyAt.text.toUpperCase()}`,
      jsonName: "key",
    };
    value.jsonName = "value";
    const options: Options = { mapEntry: true };
    place.messages.push({ name, field: [key, value], options });
    field.typeName = `.${qualify(place.scope, name)}`;
    return field;
  };

  const readGroup = (place: FieldPlace, label: FieldLabel | undefined): Mutable<FieldDescriptor> => {
    if (syntax() !== "proto2") throw tokens.problem("only proto2 has groups", tokens.token);
    tokens.next();
    const name = readWord(tokens, "the name of a group");
    if (!/^[A-Z]/.test(name.text)) throw tokens.problem("the name of a group begins with a capital letter", name);
    const field: Mutable<FieldDescriptor> = {
      name: name.text.toLowerCase(),
      number: 0,
      label: label ?? "LABEL_OPTIONAL",
      type: "TYPE_GROUP",
    };
    declareName(place, { ...name, text: field.name });
    tokens.expect("=");
    field.number = readNumber(place, name);
    readFieldOptions(field);
    field.typeName = `.${qualify(place.scope, name.text)}`;
    place.messages.push(readBody(name, qualify(place.scope, name.text)));
    return field;
  };

  const readOneof = (place: FieldPlace): void => {
    const draft = place.draft!;
    const name = readWord(tokens, "the name of a oneof");
    const index = draft.oneofDecl.push({ name: name.text }) - 1;
    tokens.expect("{");
    let count = 0;
    while (!tokens.skip("}")) {
      if (tokens.skip(";")) continue;
      if (tokens.skip("option")) {
        readOptionStatement(tokens, { options: undefined });
        continue;
      }
      if (tokens.token.kind !== "word" && tokens.token.text !== ".") throw tokens.expected('a field or "}"');
      draft.field.push(Object.assign(readField({ ...place, where: "oneof" }), { oneofIndex: index }));
      count++;
    }
    if (count === 0) throw tokens.problem("a oneof has at least one field", name);
  };

  /** Ranges (their ends not included) and, of reserved ones, names. */
  const readRanges = (ranges: { start: number; end: number }[], names: string[] | undefined): void => {
    do {
      const { token } = tokens;
      if (names !== undefined && (token.kind === "string" || token.kind === "word")) {
        names.push(tokens.next().text);
        continue;
      }
      const start = readInteger(tokens, "a number, or a range of numbers", 0, MAX_NUMBER);
      let end = start;
      if (tokens.skip("to"))
        end = tokens.skip("max") ? MAX_NUMBER : readInteger(tokens, 'a number or "max"', start, MAX_NUMBER);
      ranges.push({ start, end: end + 1 });
    } while (tokens.skip(","));
    readInlineOptions(tokens, { options: undefined });
    tokens.expect(";");
  };

  const readExtend: MessageParser["readExtend"] = (scope, extensions, messages) => {
    let extendee = "";
    const fields: Mutable<FieldDescriptor>[] = [];
    readTypeName(scope, "message", (name) => {
      extendee = name;
      for (const field of fields) field.extendee = extendee;
    });
    tokens.expect("{");
    while (!tokens.skip("}")) {
      if (tokens.skip(";")) continue;
      if (tokens.token.kind !== "word" && tokens.token.text !== ".") throw tokens.expected('a field or "}"');
      const field = readField({ scope, draft: undefined, fields, messages, where: "extend" });
      fields.push(field);
      extensions.push(field);
    }
  };

  const readMember = (draft: Draft, scope: string): void => {
    const { token } = tokens;
    const place: FieldPlace = { scope, draft, fields: draft.field, messages: draft.nestedType, where: "message" };
    // Words that begin a declaration are names of types where a name and a number follow them.
    const following = tokens.peek();
    const isWord =
      token.kind === "word" &&
      (following.kind === "word" || following.kind === "number" || following.kind === "string");
    if (token.text === ";" && token.kind === "symbol") tokens.next();
    else if (token.text === "option" && (isWord || following.text === "(")) {
      tokens.next();
      readOptionStatement(tokens, draft.options);
    } else if (
      (token.text === "export" || token.text === "local") &&
      (following.text === "message" || following.text === "enum")
    )
      tokens.next();
    else if (token.text === "message" && isWord) {
      tokens.next();
      draft.nestedType.push(readMessage(scope));
    } else if (token.text === "enum" && isWord) {
      tokens.next();
      draft.enumType.push(readEnum(tokens));
    } else if (token.text === "oneof" && isWord) {
      tokens.next();
      readOneof(place);
    } else if (token.text === "extend" && (isWord || following.text === ".")) {
      tokens.next();
      readExtend(scope, draft.extension, draft.nestedType);
    } else if (token.text === "extensions" && isWord) {
      tokens.next();
      readRanges(draft.extensionRange, undefined);
    } else if (token.text === "reserved" && isWord) {
      tokens.next();
      readRanges(draft.reservedRange, draft.reservedName);
    } else if (token.kind === "word" || token.text === ".") draft.field.push(readField(place));
    else throw tokens.expected('a field, a declaration or "}"');
  };

  const readMessage = (outer: string): MessageDescriptor => {
    const name = readWord(tokens, "the name of a message");
    return readBody(name, qualify(outer, name.text));
  };

  const readBody = (name: Token, scope: string): MessageDescriptor => {
    if (++nesting > MAX_NESTING) throw tokens.problem("messages are nested too deep here", name);
    const draft: Draft = {
      field: [],
      extension: [],
      nestedType: [],
      enumType: [],
      extensionRange: [],
      oneofDecl: [],
      reservedRange: [],
      reservedName: [],
      options: { options: undefined },
      numbers: new Map(),
      names: new Set(),
    };
    tokens.expect("{");
    while (!tokens.skip("}")) readMember(draft, scope);
    nesting--;
    // Each optional field of proto3 has a oneof of its own, after all others.
    for (const field of draft.field) {
      if (field.proto3Optional !== true) continue;
      field.oneofIndex = draft.oneofDecl.push({ name: syntheticName(draft, field.name) }) - 1;
    }
    const { field, extension, nestedType, enumType, extensionRange, oneofDecl, reservedRange, reservedName } = draft;
    const lists = { field, extension, nestedType, enumType, extensionRange, oneofDecl, reservedRange, reservedName };
    const filled = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
    return { name: name.text, ...filled, ...optionsOf(draft.options) };
  };

  return { readMessage, readExtend, readTypeName };
}

function syntheticName(draft: Draft, field: string): string {
  let name = `_${field}`;
  while (draft.names.has(name) || draft.oneofDecl.some((o) => o.name === name)) name = `X${name}`;
  return name;
}

/** protoc's rule for the names of map entries. */
function pascalCase(name: string): string {
  return name.replace(/(?:^|_)(.?)/g, (_, letter: string) => letter.toUpperCase());
}

function defaultText(value: Constant, type: string | undefined): string {
  if (value.kind === "aggregate") return "";
  if (value.kind === "number" && (type === "TYPE_FLOAT" || type === "TYPE_DOUBLE")) {
    if (Number.isNaN(value.value)) return "nan";
    return Number.isFinite(value.value) ? String(value.value) : `${value.value < 0 ? "-" : ""}inf`;
  }
  return type === "TYPE_BYTES" ? escapeBytes(value.text) : value.text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "'": "\\'",
  "\\": "\\\\",
};

/** Defaults of bytes stand in descriptors with C escapes. */
function escapeBytes(text: string): string {
  return text.replace(/[^ -~]|["'\\]/g, (c) => ESCAPES[c] ?? `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
