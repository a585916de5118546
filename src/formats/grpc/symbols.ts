/** Names of types: which there are, and what a name means where it stands. */
import {
  qualify,
  withoutDot,
  type FieldDescriptor,
  type FileDescriptor,
  type MessageDescriptor,
} from "./descriptor.ts";

export type SymbolKind = "message" | "enum" | "service" | "extension";

/** Full names, without a leading dot, and what they name. */
export type Symbols = ReadonlyMap<string, SymbolKind>;

/** Adds all names that a file declares. */
export function addSymbols(file: FileDescriptor, symbols: Map<string, SymbolKind>): void {
  const scope = file.package ?? "";
  for (const message of file.messageType ?? []) addMessage(message, scope, symbols);
  for (const { name } of file.enumType ?? []) symbols.set(qualify(scope, name), "enum");
  for (const { name } of file.service ?? []) symbols.set(qualify(scope, name), "service");
  for (const { name } of file.extension ?? []) symbols.set(qualify(scope, name), "extension");
}

function addMessage(message: MessageDescriptor, scope: string, symbols: Map<string, SymbolKind>): void {
  const name = qualify(scope, message.name);
  symbols.set(name, "message");
  for (const nested of message.nestedType ?? []) addMessage(nested, name, symbols);
  for (const nested of message.enumType ?? []) symbols.set(qualify(name, nested.name), "enum");
  for (const nested of message.extension ?? []) symbols.set(qualify(name, nested.name), "extension");
}

/** The file without the declarations whose names are taken; undefined where nothing is left of it. The first to declare a name keeps it. */
export function withoutTaken(file: FileDescriptor, symbols: Symbols): FileDescriptor | undefined {
  const isFree = ({ name }: { readonly name: string }): boolean => !symbols.has(qualify(file.package, name));
  const lists = ["messageType", "enumType", "service", "extension"] as const;
  if (lists.every((list) => (file[list] ?? []).every(isFree))) return file;
  const { messageType, enumType, service, extension } = file;
  const kept = {
    messageType: messageType?.filter(isFree),
    enumType: enumType?.filter(isFree),
    service: service?.filter(isFree),
    extension: extension?.filter(isFree),
  };
  return lists.some((list) => (kept[list] ?? []).length > 0) ? { ...file, ...kept } : undefined;
}

/** Full name of what `name` means inside `scope`: the innermost scope that has it; a leading dot says that it is full already. */
export function resolveName(name: string, scope: string, symbols: Symbols): string | undefined {
  if (name.startsWith(".")) return symbols.has(name.slice(1)) ? name.slice(1) : undefined;
  let outer = scope;
  for (;;) {
    const full = qualify(outer, name);
    const kind = symbols.get(full);
    if (kind === "message" || kind === "enum") return full;
    if (outer === "") return undefined;
    outer = outer.includes(".") ? outer.slice(0, outer.lastIndexOf(".")) : "";
  }
}

/**
 * A descriptor of a server that does not qualify its names of types (those of `@grpc/reflection` do not), with full ones. What is not
 * found stays as it is.
 */
export function qualifyReferences(file: FileDescriptor, symbols: Symbols): FileDescriptor {
  let isChanged = false;
  const full = (name: string, scope: string): string => {
    if (name === "" || name.startsWith(".")) return name;
    const found = resolveName(name, scope, symbols);
    isChanged = true;
    return found === undefined ? `.${name}` : `.${found}`;
  };
  const fieldOf = (field: FieldDescriptor, scope: string): FieldDescriptor => {
    const typeName = field.typeName === undefined ? undefined : full(field.typeName, scope);
    const extendee = field.extendee === undefined ? undefined : full(field.extendee, scope);
    const kind = typeName === undefined ? undefined : symbols.get(withoutDot(typeName));
    const type = field.type ?? (kind === "enum" ? "TYPE_ENUM" : kind === "message" ? "TYPE_MESSAGE" : undefined);
    if (type !== field.type) isChanged = true;
    return {
      ...field,
      ...(typeName === undefined ? {} : { typeName }),
      ...(extendee === undefined ? {} : { extendee }),
      ...(type === undefined ? {} : { type }),
    };
  };
  const messageOf = (message: MessageDescriptor, outer: string): MessageDescriptor => {
    const scope = qualify(outer, message.name);
    return {
      ...message,
      ...(message.field && { field: message.field.map((f) => fieldOf(f, scope)) }),
      ...(message.extension && { extension: message.extension.map((f) => fieldOf(f, scope)) }),
      ...(message.nestedType && { nestedType: message.nestedType.map((m) => messageOf(m, scope)) }),
    };
  };
  const scope = file.package ?? "";
  const out: FileDescriptor = {
    ...file,
    ...(file.messageType && { messageType: file.messageType.map((m) => messageOf(m, scope)) }),
    ...(file.extension && { extension: file.extension.map((f) => fieldOf(f, scope)) }),
    ...(file.service && {
      service: file.service.map((service) => ({
        ...service,
        ...(service.method && {
          method: service.method.map((m) => ({
            ...m,
            inputType: full(m.inputType ?? "", qualify(scope, service.name)),
            outputType: full(m.outputType ?? "", qualify(scope, service.name)),
          })),
        }),
      })),
    }),
  };
  return isChanged ? out : file;
}
