/** The server reflection service of a twin: what its schemas know, so that tools need no .proto files. */
import { parseJson } from "../../base/json.ts";
import type { Framer, SchemaSources } from "../format.ts";
import { base64FromBytes } from "./base64.ts";
import { decodeMessage } from "./decode-message.ts";
import { bytesFromFile } from "./descriptor-bytes.ts";
import {
  qualify,
  withoutDot,
  type FieldDescriptor,
  type FileDescriptor,
  type MessageDescriptor,
} from "./descriptor.ts";
import { encodeMessage } from "./encode-message.ts";
import { createMessageFramer, frameFromMessage, PREFIX_BYTES } from "./framer.ts";
import {
  REFLECTION_REQUEST,
  REFLECTION_RESPONSE,
  REFLECTION_VERSIONS,
  reflectionFiles,
  reflectionPath,
  reflectionTypes,
} from "./reflection-schema.ts";
import { compileSchemas, type SchemaFile } from "./schema.ts";
import { createWireWriter, takeWritten } from "./wire-writer.ts";

/** Answers reflection calls. */
export interface Reflection {
  /** Whether a request's path is the service's (v1 or v1alpha). */
  readonly handles: (path: string) => boolean;
  /** Finds the client's messages. */
  readonly createFramer: () => Framer;
  /** The response frame for one request frame (uncompressed). Never throws: what cannot be answered gets an error response. */
  readonly answer: (messageFrame: Uint8Array) => Uint8Array;
}

/** Status codes that error responses carry. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

interface ReflectionRequest {
  readonly host?: string;
  readonly fileByFilename?: string;
  readonly fileContainingSymbol?: string;
  readonly fileContainingExtension?: { readonly containingType?: string; readonly extensionNumber?: number };
  readonly allExtensionNumbersOfType?: string;
  readonly listServices?: string;
}

/** Reflection over the schemas; undefined where they know no service. Throws WraithError SCHEMA_INVALID. */
export function createReflection(sources: SchemaSources): Reflection | undefined {
  const { files } = compileSchemas(sources);
  if (!files.some(({ descriptor }) => (descriptor.service ?? []).length > 0)) return undefined;
  const paths = new Set<string>(REFLECTION_VERSIONS.map(reflectionPath));
  let index: DescriptorIndex | undefined;
  return {
    handles: (path) => paths.has(path),
    createFramer: () => createMessageFramer({ maxMessageBytes: sources.maxMessageBytes, mayBeCompressed: false }),
    answer(messageFrame) {
      const types = reflectionTypes();
      const message = messageFrame.subarray(PREFIX_BYTES);
      const { text } = decodeMessage(message, types.message(REFLECTION_REQUEST), types);
      const request = JSON.parse(text) as ReflectionRequest;
      index ??= createDescriptorIndex(files);
      const isReadable = messageFrame.length >= PREFIX_BYTES && messageFrame[0] === 0;
      const answer = isReadable
        ? respond(request, index)
        : failure(INVALID_ARGUMENT, "the request is compressed or cut off");
      const host = request.host === undefined ? "" : `"validHost":${JSON.stringify(request.host)},`;
      const response = `{${host}"originalRequest":${isReadable ? text : "{}"},${JSON.stringify(answer).slice(1)}`;
      const w = createWireWriter();
      encodeMessage(w, parseJson(response)!, types.message(REFLECTION_RESPONSE), false, types);
      return frameFromMessage(takeWritten(w), false);
    },
  };
}

function respond(request: ReflectionRequest, index: DescriptorIndex): object {
  if (request.listServices !== undefined)
    return { listServicesResponse: { service: index.services.map((name) => ({ name })) } };
  if (request.fileByFilename !== undefined) {
    const name = request.fileByFilename;
    return index.has(name) ? withImports(name, index) : failure(NOT_FOUND, `no file ${name}`);
  }
  if (request.fileContainingSymbol !== undefined) {
    const file = index.findSymbol(withoutDot(request.fileContainingSymbol));
    return file === undefined
      ? failure(NOT_FOUND, `no symbol ${request.fileContainingSymbol}`)
      : withImports(file, index);
  }
  if (request.fileContainingExtension !== undefined) {
    const { containingType = "", extensionNumber = 0 } = request.fileContainingExtension;
    const file = index.extensionsOf(withoutDot(containingType))?.get(extensionNumber);
    return file === undefined
      ? failure(NOT_FOUND, `no extension ${extensionNumber} of ${containingType}`)
      : withImports(file, index);
  }
  if (request.allExtensionNumbersOfType !== undefined) {
    const name = withoutDot(request.allExtensionNumbersOfType);
    if (!index.isMessage(name)) return failure(NOT_FOUND, `no message ${name}`);
    const extensionNumber = [...(index.extensionsOf(name)?.keys() ?? [])].sort((a, b) => a - b);
    return { allExtensionNumbersResponse: { baseTypeName: name, extensionNumber } };
  }
  return failure(UNIMPLEMENTED, "this kind of request is not known");
}

function failure(errorCode: number, errorMessage: string): object {
  return { errorResponse: { errorCode, errorMessage } };
}

/** A file and all that it imports, each once. */
function withImports(name: string, index: DescriptorIndex): object {
  const seen = new Set<string>([name]);
  for (const next of seen) for (const imported of index.imports(next)) seen.add(imported);
  return { fileDescriptorResponse: { fileDescriptorProto: [...seen].map((file) => index.base64(file)) } };
}

/** The descriptors of a run by all that can be asked for. */
interface DescriptorIndex {
  readonly services: readonly string[];
  has(fileName: string): boolean;
  imports(fileName: string): readonly string[];
  base64(fileName: string): string;
  /** File that declares a symbol, or what it stands in (a method, a field). */
  findSymbol(name: string): string | undefined;
  isMessage(name: string): boolean;
  /** Files by number. */
  extensionsOf(message: string): ReadonlyMap<number, string> | undefined;
}

function createDescriptorIndex(given: readonly SchemaFile[]): DescriptorIndex {
  const byName = new Map<string, SchemaFile>();
  for (const file of [...given, ...reflectionFiles().map((descriptor) => ({ descriptor }))])
    if (!byName.has(file.descriptor.name)) byName.set(file.descriptor.name, file);
  const symbols = new Map<string, string>();
  const messages = new Set<string>();
  const services = new Set<string>();
  const extensions = new Map<string, Map<number, string>>();
  const texts = new Map<string, string>();

  const add = (name: string, file: string): void => {
    if (!symbols.has(name)) symbols.set(name, file);
  };
  const addExtensions = (fields: readonly FieldDescriptor[] | undefined, scope: string, file: string): void => {
    for (const { name, number, extendee } of fields ?? []) {
      add(qualify(scope, name), file);
      const message = withoutDot(extendee ?? "");
      const numbers = extensions.get(message) ?? new Map<number, string>();
      if (!numbers.has(number)) numbers.set(number, file);
      extensions.set(message, numbers);
    }
  };
  const addScope = (node: FileDescriptor | MessageDescriptor, scope: string, file: string): void => {
    for (const enumeration of node.enumType ?? []) {
      add(qualify(scope, enumeration.name), file);
      // Values of an enum are names of the scope that it stands in.
      for (const value of enumeration.value ?? []) add(qualify(scope, value.name), file);
    }
    addExtensions(node.extension, scope, file);
    for (const message of "nestedType" in node
      ? (node.nestedType ?? [])
      : "messageType" in node
        ? (node.messageType ?? [])
        : []) {
      const name = qualify(scope, message.name);
      add(name, file);
      messages.add(name);
      addScope(message, name, file);
    }
  };
  for (const [file, { descriptor }] of byName) {
    addScope(descriptor, descriptor.package ?? "", file);
    for (const { name } of descriptor.service ?? []) {
      add(qualify(descriptor.package, name), file);
      services.add(qualify(descriptor.package, name));
    }
  }
  const imports = (name: string): readonly string[] =>
    (byName.get(name)!.descriptor.dependency ?? []).filter((d) => byName.has(d));
  return {
    services: [...services].sort(),
    has: (name) => byName.has(name),
    imports,
    base64(name) {
      const known = texts.get(name);
      if (known !== undefined) return known;
      const text = base64FromBytes(serialize(byName.get(name)!, imports(name)));
      texts.set(name, text);
      return text;
    },
    findSymbol: (name) => symbols.get(name) ?? symbols.get(name.slice(0, Math.max(0, name.lastIndexOf(".")))),
    isMessage: (name) => messages.has(name),
    extensionsOf: (message) => extensions.get(message),
  };
}

/** The file as it came; without the imports that nobody has, which a client would ask for in vain. */
function serialize({ descriptor, bytes }: SchemaFile, imports: readonly string[]): Uint8Array {
  if (imports.length === (descriptor.dependency ?? []).length) return bytes ?? bytesFromFile(descriptor);
  const { publicDependency: _, weakDependency: __, ...rest } = descriptor;
  return bytesFromFile({ ...rest, dependency: imports });
}
