/**
 * .proto files as descriptors (protobuf language specification: proto2, proto3, editions 2023 and 2024). Names of types stand in
 * the descriptors as written; where, and from which scope they are to be looked up, is told beside them for `proto-linker`.
 */
import {
  qualify,
  type EnumDescriptor,
  type FieldDescriptor,
  type FileDescriptor,
  type MessageDescriptor,
  type MethodDescriptor,
  type ServiceDescriptor,
} from "./descriptor.ts";
import { readEnum } from "./proto-enum-parser.ts";
import { createMessageParser, type MessageParser } from "./proto-message-parser.ts";
import { optionsOf, readOptionStatement, readWord, type ReadOptions } from "./proto-options.ts";
import { createTokenReader, type Token, type TokenReader } from "./proto-tokens.ts";

/** A name of a type that is to be found. */
interface TypeReference {
  readonly name: string;
  /** Full name of what encloses it. */
  readonly scope: string;
  /** `type`: a message or an enum. `message`: a message. */
  readonly wanted: "type" | "message";
  readonly at: Token;
  /** Takes the full name, with a leading dot. */
  resolve(fullName: string, kind: "message" | "enum"): void;
}

/** A .proto file, read. */
export interface ParsedProto {
  readonly file: FileDescriptor;
  readonly references: readonly TypeReference[];
  readonly imports: readonly { readonly path: string; readonly at: Token }[];
  readonly tokens: TokenReader;
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Syntax of the file at hand, for what differs. */
export interface ProtoContext {
  readonly tokens: TokenReader;
  readonly syntax: () => "proto2" | "proto3" | "editions";
  refer(reference: TypeReference): void;
}

/** Reads a .proto file. `path` is for errors; the descriptor's name is the linker's to give. Throws WraithError SCHEMA_INVALID. */
export function parseProto(path: string, text: string): ParsedProto {
  const tokens = createTokenReader(path, text);
  const references: TypeReference[] = [];
  const imports: { path: string; at: Token }[] = [];
  let syntax: "proto2" | "proto3" | "editions" = "proto2";
  const file: Mutable<FileDescriptor> = { name: path };
  const lists = {
    messageType: [] as MessageDescriptor[],
    enumType: [] as EnumDescriptor[],
    service: [] as ServiceDescriptor[],
    extension: [] as FieldDescriptor[],
  };
  const options: ReadOptions = { options: undefined };
  const parser = createMessageParser({
    tokens,
    syntax: () => syntax,
    refer: (reference) => void references.push(reference),
  });

  const readSyntax = (): void => {
    const word = tokens.next();
    tokens.expect("=");
    const at = tokens.token;
    if (at.kind !== "string")
      throw tokens.expected(word.text === "syntax" ? '"proto2" or "proto3"' : "an edition in quotes");
    const said = tokens.next().text;
    if (word.text === "syntax") {
      if (said !== "proto2" && said !== "proto3") throw tokens.expected('"proto2" or "proto3"', at);
      syntax = said;
      if (said === "proto3") file.syntax = said;
    } else {
      if (said !== "2023" && said !== "2024") throw tokens.expected('edition "2023" or "2024"', at);
      syntax = "editions";
      file.syntax = "editions";
      file.edition = `EDITION_${said}`;
    }
    tokens.expect(";");
  };
  const readImport = (): void => {
    const isOption = tokens.skip("option");
    if (!isOption && !tokens.skip("public")) tokens.skip("weak");
    const at = tokens.token;
    if (at.kind !== "string") throw tokens.expected("the path of an import, in quotes");
    tokens.next();
    tokens.expect(";");
    if (!isOption) imports.push({ path: at.text, at });
  };
  const scope = (): string => file.package ?? "";
  const readStatement = (): void => {
    const { token } = tokens;
    switch (token.kind === "word" ? token.text : token.kind === "symbol" ? token.text : "") {
      case ";":
        tokens.next();
        return;
      case "import":
        tokens.next();
        return readImport();
      case "package": {
        tokens.next();
        let name = readWord(tokens, "the name of a package").text;
        while (tokens.skip(".")) name += `.${readWord(tokens, "the name of a package").text}`;
        file.package = name;
        tokens.expect(";");
        return;
      }
      case "option":
        tokens.next();
        return readOptionStatement(tokens, options);
      case "export":
      case "local":
        tokens.next();
        if (tokens.token.text !== "message" && tokens.token.text !== "enum")
          throw tokens.expected('"message" or "enum"');
        return readStatement();
      case "message":
        tokens.next();
        lists.messageType.push(parser.readMessage(scope()));
        return;
      case "enum":
        tokens.next();
        lists.enumType.push(readEnum(tokens));
        return;
      case "extend":
        tokens.next();
        return parser.readExtend(scope(), lists.extension, lists.messageType);
      case "service":
        tokens.next();
        lists.service.push(readService(tokens, parser, scope()));
        return;
      default:
        throw tokens.expected('"message", "enum", "service", "extend", "import", "option" or "package"');
    }
  };
  if (tokens.token.text === "syntax" || tokens.token.text === "edition") readSyntax();
  while (tokens.token.kind !== "end") readStatement();
  const filled = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
  return { file: { ...file, ...filled, ...optionsOf(options) }, references, imports, tokens };
}

function readService(tokens: TokenReader, parser: MessageParser, outer: string): ServiceDescriptor {
  const { text: name } = readWord(tokens, "the name of a service");
  const scope = qualify(outer, name);
  const method: MethodDescriptor[] = [];
  const options: ReadOptions = { options: undefined };
  tokens.expect("{");
  while (!tokens.skip("}")) {
    if (tokens.skip(";")) continue;
    if (tokens.skip("option")) readOptionStatement(tokens, options);
    else if (tokens.skip("rpc")) method.push(readMethod(tokens, parser, scope));
    else throw tokens.expected('"rpc", "option" or "}"');
  }
  return { name, ...(method.length > 0 ? { method } : {}), ...optionsOf(options) };
}

function readMethod(tokens: TokenReader, parser: MessageParser, scope: string): MethodDescriptor {
  const out: Mutable<MethodDescriptor> = {
    name: readWord(tokens, "the name of a method").text,
    inputType: "",
    outputType: "",
  };
  const options: ReadOptions = { options: undefined };
  tokens.expect("(");
  const isClientStream = skipStream(tokens);
  parser.readTypeName(scope, "message", (name) => (out.inputType = name));
  tokens.expect(")");
  tokens.expect("returns");
  tokens.expect("(");
  const isServerStream = skipStream(tokens);
  parser.readTypeName(scope, "message", (name) => (out.outputType = name));
  tokens.expect(")");
  if (tokens.skip("{")) {
    while (!tokens.skip("}")) {
      if (tokens.skip(";")) continue;
      if (!tokens.skip("option")) throw tokens.expected('"option" or "}"');
      readOptionStatement(tokens, options);
    }
    tokens.skip(";");
  } else tokens.expect(";");
  if (isClientStream) out.clientStreaming = true;
  if (isServerStream) out.serverStreaming = true;
  return Object.assign(out, optionsOf(options));
}

/** The word `stream`, unless it is the name of the type itself. */
function skipStream(tokens: TokenReader): boolean {
  const following = tokens.token.text === "stream" ? tokens.peek() : undefined;
  return following !== undefined && (following.kind === "word" || following.text === ".") && tokens.skip("stream");
}
