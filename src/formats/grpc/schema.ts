/** All schemas of a run: descriptor sets, then .proto files. Of several declarations of one name the first counts. */
import { WraithError } from "../../base/errors.ts";
import type { SchemaSources } from "../format.ts";
import { splitDescriptorSet } from "./descriptor-bytes.ts";
import { readFileDescriptor } from "./descriptor-read.ts";
import { qualify, withoutDot, type FileDescriptor } from "./descriptor.ts";
import { createTypeIndex, type TypeIndex } from "./message-plan.ts";
import { linkProtos } from "./proto-linker.ts";
import { addSymbols, qualifyReferences, withoutTaken, type SymbolKind, type Symbols } from "./symbols.ts";

/** Types of a method, by their full names. */
interface MethodTypes {
  readonly input: string;
  readonly output: string;
}

export interface Schemas {
  readonly types: TypeIndex;
  readonly symbols: Symbols;
  /** In the order of their trust; each behind what it imports, as far as that is known. */
  readonly files: readonly SchemaFile[];
  /** The method of a path (`/pkg.Service/Method`). */
  findMethod(path: string): MethodTypes | undefined;
}

export interface SchemaFile {
  readonly descriptor: FileDescriptor;
  /** As it came, where it came serialized. */
  readonly bytes?: Uint8Array | undefined;
}

const compiled = new WeakMap<SchemaSources, Schemas>();

/** Compiles the sources; the same object is compiled once. Throws WraithError SCHEMA_INVALID with file, line and column. */
export function compileSchemas(sources: SchemaSources): Schemas {
  const known = compiled.get(sources);
  if (known !== undefined) return known;
  const symbols = new Map<string, SymbolKind>();
  const fileNames = new Set<string>();
  const files: SchemaFile[] = [];
  for (const { path, bytes } of sources.descriptorSets) {
    const set = readDescriptorSet(path, bytes).filter((file) => !fileNames.has(file.descriptor.name));
    const added: SchemaFile[] = [];
    for (const file of set) {
      const descriptor = withoutTaken(file.descriptor, symbols);
      if (descriptor === undefined || fileNames.has(descriptor.name)) continue;
      fileNames.add(descriptor.name);
      addSymbols(descriptor, symbols);
      added.push(descriptor === file.descriptor ? file : { descriptor });
    }
    for (const file of added) {
      const descriptor = qualifyReferences(file.descriptor, symbols);
      files.push(descriptor === file.descriptor ? file : { descriptor });
    }
  }
  // Sets without imports (`protoc` without --include_imports) lean on what is built in.
  const wanted = files.flatMap((f) => f.descriptor.dependency ?? []).filter((name) => !fileNames.has(name));
  const linked = linkProtos(sources.protoFiles, { symbols, fileNames, wanted });
  for (const descriptor of linked) files.push({ descriptor });
  const methods = methodsOf(files);
  const schemas: Schemas = {
    types: createTypeIndex(files.map((f) => f.descriptor)),
    symbols,
    files,
    findMethod: (path) => methods.get(path),
  };
  compiled.set(sources, schemas);
  return schemas;
}

function readDescriptorSet(path: string, bytes: Uint8Array): readonly SchemaFile[] {
  const parts = splitDescriptorSet(bytes);
  const files = parts?.map((part) => ({ descriptor: readFileDescriptor(part), bytes: part }));
  if (files === undefined || files.some((f) => f.descriptor === undefined))
    throw new WraithError(
      "SCHEMA_INVALID",
      "This is no serialized FileDescriptorSet, as `protoc --descriptor_set_out` writes it.",
      { file: path },
    );
  return files as readonly SchemaFile[];
}

function methodsOf(files: readonly SchemaFile[]): ReadonlyMap<string, MethodTypes> {
  const methods = new Map<string, MethodTypes>();
  for (const { descriptor } of files)
    for (const service of descriptor.service ?? [])
      for (const { name, inputType, outputType } of service.method ?? []) {
        const path = `/${qualify(descriptor.package, service.name)}/${name}`;
        if (!methods.has(path)) methods.set(path, { input: withoutDot(inputType), output: withoutDot(outputType) });
      }
  return methods;
}
