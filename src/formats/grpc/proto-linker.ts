/**
 * .proto files made into descriptors whose names are all found. Looser than protoc where people's copies are: imports may be
 * relative to the importing file, lie in any folder below, or be missing where only options come from them; a type needs not be
 * imported to be found. What is not found at all is an error with its place.
 */
import type { WraithError } from "../../base/errors.ts";
import { BUILTIN_PROTOS } from "./builtin-protos.ts";
import type { FileDescriptor } from "./descriptor.ts";
import { parseProto, type ParsedProto } from "./proto-parser.ts";
import { addSymbols, resolveName, withoutTaken, type SymbolKind } from "./symbols.ts";

interface Source {
  readonly path: string;
  readonly parsed: ParsedProto;
  name: string;
}

/** What there is before. */
export interface KnownFiles {
  readonly symbols: Map<string, SymbolKind>;
  readonly fileNames: ReadonlySet<string>;
  /** Files built in that something else than the .proto files imports. */
  readonly wanted?: readonly string[] | undefined;
}

/**
 * Descriptors of all files, those that they import built in included, each behind what it imports. `symbols` has the names that are
 * known already (declarations of the same names are left out) and takes the new ones. Throws WraithError SCHEMA_INVALID.
 */
export function linkProtos(
  files: readonly { readonly path: string; readonly text: string }[],
  known: KnownFiles,
): FileDescriptor[] {
  const { symbols } = known;
  const sources: Source[] = files.map(({ path, text }) => ({
    path: normalizePath(path),
    parsed: parseProto(path, text),
    name: "",
  }));
  nameSources(sources, known.fileNames);
  const byPath = new Map(sources.map((s) => [s.path, s]));
  const dependencies = new Map<Source, string[]>();
  const missing = new Map<Source, string[]>();
  const ordered: Source[] = [];
  const builtins = new Map<string, Source>();
  const visited = new Set<Source>();

  const findBuiltin = (name: string): Source | undefined => {
    if (!Object.hasOwn(BUILTIN_PROTOS, name)) return undefined;
    const source = builtins.get(name) ?? { path: name, parsed: parseProto(name, BUILTIN_PROTOS[name]!), name };
    builtins.set(name, source);
    return source;
  };
  const visit = (source: Source): void => {
    if (visited.has(source)) return;
    visited.add(source);
    const found: string[] = [];
    for (const { path } of source.parsed.imports) {
      const name = normalizePath(path);
      const imported = findImport(name, source, byPath);
      // A descriptor set of the same name is more trusted than what is built in.
      const target = imported ?? (known.fileNames.has(name) ? undefined : findBuiltin(name));
      if (target !== undefined && target !== source) {
        visit(target);
        found.push(target.name);
      } else if (target === undefined && known.fileNames.has(name)) found.push(name);
      else if (target === undefined) missing.set(source, [...(missing.get(source) ?? []), path]);
    }
    dependencies.set(source, [...new Set(found)]);
    ordered.push(source);
  };
  for (const name of known.wanted ?? []) {
    const source = findBuiltin(name);
    if (source !== undefined) visit(source);
  }
  for (const source of sources) visit(source);

  const kept = new Map<Source, FileDescriptor>();
  for (const source of ordered) {
    const file = withoutTaken(source.parsed.file, symbols);
    if (file === undefined) continue;
    addSymbols(file, symbols);
    kept.set(source, file);
  }
  // Only now all names are there: files may refer to each other without saying so.
  for (const source of ordered) if (kept.has(source)) resolveReferences(source, symbols, missing.get(source) ?? []);
  const names = new Set([...known.fileNames, ...[...kept.keys()].map((s) => s.name)]);
  return [...kept].map(([source, file]) => {
    const dependency = dependencies.get(source)!.filter((name) => names.has(name));
    const { name: _, package: scope, ...rest } = file;
    return {
      name: source.name,
      ...(scope === undefined ? {} : { package: scope }),
      ...(dependency.length > 0 ? { dependency } : {}),
      ...rest,
    };
  });
}

function resolveReferences(
  { parsed }: Source,
  symbols: ReadonlyMap<string, SymbolKind>,
  missing: readonly string[],
): void {
  for (const reference of parsed.references) {
    const full = resolveName(reference.name, reference.scope, symbols);
    const kind = full === undefined ? undefined : symbols.get(full);
    if (kind === "message" || (kind === "enum" && reference.wanted === "type")) {
      reference.resolve(`.${full!}`, kind);
      continue;
    }
    throw kind === undefined
      ? notFound(parsed, reference, missing)
      : parsed.tokens.problem(`"${reference.name}" is no message`, reference.at);
  }
}

function notFound(
  parsed: ParsedProto,
  { name, at }: ParsedProto["references"][number],
  missing: readonly string[],
): WraithError {
  const list = missing.map((path) => `"${path}"`).join(", ");
  const hint =
    missing.length === 0 ? "" : `; ${missing.length === 1 ? "an import is missing" : "imports are missing"}: ${list}`;
  return parsed.tokens.problem(`no message or enum "${name}" is declared${hint}`, at);
}

/** Names for the descriptors: as they are imported, else the path below the folder that all files share. */
function nameSources(sources: readonly Source[], taken: ReadonlySet<string>): void {
  const folders = sources.map((s) => s.path.split("/").slice(0, -1));
  const first = folders[0] ?? [];
  let shared = first.findIndex((folder, i) => folders.some((f) => f[i] !== folder));
  if (shared < 0) shared = first.length;
  const byPath = new Map(sources.map((s) => [s.path, s]));
  const used = new Set(taken);
  const give = (source: Source, wished: string): void => {
    let name = wished;
    for (let n = 2; used.has(name); n++) name = wished.replace(/(\.proto)?$/, `.${n}.proto`);
    used.add(name);
    source.name = name;
  };
  for (const source of sources)
    for (const { path } of source.parsed.imports) {
      const name = normalizePath(path);
      const target = findImport(name, source, byPath);
      if (target?.name === "" && (target.path === name || target.path.endsWith(`/${name}`))) give(target, name);
    }
  for (const source of sources) if (source.name === "") give(source, source.path.split("/").slice(shared).join("/"));
}

/** The file that an import means: of this path, beside the importing file, or in any folder (the shortest path). */
function findImport(name: string, from: Source, byPath: ReadonlyMap<string, Source>): Source | undefined {
  const beside = normalizePath(`${from.path.split("/").slice(0, -1).join("/")}/${name}`);
  const direct = byPath.get(name) ?? byPath.get(beside);
  if (direct !== undefined) return direct;
  let best: Source | undefined;
  for (const source of byPath.values())
    if (source.path.endsWith(`/${name}`) && (best === undefined || source.path.length < best.path.length))
      best = source;
  return best;
}

/** With slashes, without `.` and, as far as there are folders to leave, `..`. */
function normalizePath(path: string): string {
  const out: string[] = [];
  for (const part of path.replaceAll("\\", "/").split("/")) {
    if (part === "." || (part === "" && out.length > 0)) continue;
    if (part === ".." && out.length > 0 && out.at(-1) !== "..") out.pop();
    else out.push(part);
  }
  return out.join("/");
}
