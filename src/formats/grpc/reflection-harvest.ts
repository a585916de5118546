/** What a reflection client says and hears, as bytes; and a descriptor set made of what it was told. */
import { parseJson } from "../../base/json.ts";
import { bytesFromBase64 } from "./base64.ts";
import { BUILTIN_PROTOS } from "./builtin-protos.ts";
import { decodeMessage } from "./decode-message.ts";
import { bytesFromFile, fileFromBytes, joinDescriptorSet } from "./descriptor-bytes.ts";
import { readFileDescriptor } from "./descriptor-read.ts";
import type { FileDescriptor } from "./descriptor.ts";
import { encodeMessage } from "./encode-message.ts";
import { createMessageFramer, frameFromMessage, PREFIX_BYTES } from "./framer.ts";
import { REFLECTION_REQUEST, REFLECTION_RESPONSE, reflectionTypes } from "./reflection-schema.ts";
import { addSymbols, qualifyReferences, type SymbolKind } from "./symbols.ts";
import { createWireWriter, takeWritten } from "./wire-writer.ts";
import type { Framer } from "../format.ts";

export { REFLECTION_VERSIONS, reflectionPath } from "./reflection-schema.ts";

/** One question to a reflection service. */
export type ReflectionQuestion =
  | { readonly listServices: string }
  | { readonly fileContainingSymbol: string }
  | { readonly fileByFilename: string };

/** What came back. `files` are serialized FileDescriptorProtos. */
export type ReflectionAnswer =
  | { readonly kind: "services"; readonly names: readonly string[] }
  | { readonly kind: "files"; readonly files: readonly Uint8Array[] }
  | { readonly kind: "error"; readonly message: string };

/** The frame of a question. */
export function encodeQuestion(question: ReflectionQuestion): Uint8Array {
  const types = reflectionTypes();
  const w = createWireWriter();
  encodeMessage(w, parseJson(JSON.stringify(question))!, types.message(REFLECTION_REQUEST), false, types);
  return frameFromMessage(takeWritten(w), false);
}

/** Reads the frame of an answer. Never throws. */
export function decodeAnswer(frame: Uint8Array): ReflectionAnswer {
  const types = reflectionTypes();
  const { text } = decodeMessage(frame.subarray(PREFIX_BYTES), types.message(REFLECTION_RESPONSE), types);
  const response = JSON.parse(text) as {
    readonly fileDescriptorResponse?: { readonly fileDescriptorProto?: readonly string[] };
    readonly listServicesResponse?: { readonly service?: readonly { readonly name?: string }[] };
    readonly errorResponse?: { readonly errorCode?: number; readonly errorMessage?: string };
  };
  if (response.listServicesResponse !== undefined)
    return { kind: "services", names: (response.listServicesResponse.service ?? []).map((s) => s.name ?? "") };
  if (response.fileDescriptorResponse !== undefined) {
    const files = (response.fileDescriptorResponse.fileDescriptorProto ?? []).map((file) => bytesFromBase64(file));
    return { kind: "files", files: files.filter((file) => file !== undefined) };
  }
  const { errorCode, errorMessage } = response.errorResponse ?? {};
  return { kind: "error", message: errorMessage ?? `error ${errorCode ?? "without a code"}` };
}

/** Finds the answers of a service. */
export function createAnswerFramer(maxMessageBytes: number): Framer {
  return createMessageFramer({ maxMessageBytes, mayBeCompressed: false });
}

/** Name of a serialized file and what it imports that is not built in; undefined where it is none. */
export function readFileImports(
  file: Uint8Array,
): { readonly name: string; readonly imports: readonly string[] } | undefined {
  const descriptor = readFileDescriptor(file);
  if (descriptor === undefined) return undefined;
  return {
    name: descriptor.name,
    imports: (descriptor.dependency ?? []).filter((name) => !Object.hasOwn(BUILTIN_PROTOS, name)),
  };
}

/**
 * A serialized FileDescriptorSet of serialized files: each once, behind what it imports, names of types qualified where a server
 * left them short (those on `@grpc/reflection` do).
 */
export function descriptorSetFromFiles(files: readonly Uint8Array[]): Uint8Array {
  const byName = new Map<string, { descriptor: FileDescriptor; bytes: Uint8Array }>();
  const symbols = new Map<string, SymbolKind>();
  for (const bytes of files) {
    const descriptor = readFileDescriptor(bytes);
    if (descriptor === undefined || byName.has(descriptor.name)) continue;
    byName.set(descriptor.name, { descriptor, bytes });
    addSymbols(descriptor, symbols);
  }
  const ordered = new Set<string>();
  const visiting = new Set<string>();
  const visit = (name: string): void => {
    const file = byName.get(name);
    if (file === undefined || visiting.has(name)) return;
    visiting.add(name);
    for (const imported of file.descriptor.dependency ?? []) visit(imported);
    ordered.add(name);
  };
  for (const name of byName.keys()) visit(name);
  return joinDescriptorSet(
    [...ordered].map((name) => {
      const { descriptor, bytes } = byName.get(name)!;
      if (qualifyReferences(descriptor, symbols) === descriptor) return bytes;
      const whole = fileFromBytes(bytes);
      return whole === undefined ? bytes : bytesFromFile(qualifyReferences(whole, symbols));
    }),
  );
}
