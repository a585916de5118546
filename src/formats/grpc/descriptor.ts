/**
 * Descriptors as plain data: the proto3 JSON form of google.protobuf.FileDescriptorProto, as far as this program reads it. The
 * parser of .proto files makes them, descriptor sets are decoded into them, and they are encoded again for reflection,
 * all by the message codec of this folder. Type names in fields and methods are fully qualified, with a leading dot.
 */
import type { JsonNode } from "../../base/json.ts";
import { keyText } from "../json-leaves.ts";

/** Features of edition 2023 and later that decide about the wire. */
export interface Features {
  readonly repeatedFieldEncoding?: "PACKED" | "EXPANDED" | undefined;
  readonly messageEncoding?: "LENGTH_PREFIXED" | "DELIMITED" | undefined;
  readonly [name: string]: unknown;
}

/** Options, as far as they are kept. */
export interface Options {
  readonly features?: Features | undefined;
  readonly packed?: boolean | undefined;
  readonly mapEntry?: boolean | undefined;
  readonly allowAlias?: boolean | undefined;
  readonly deprecated?: boolean | undefined;
}

export type FieldLabel = "LABEL_OPTIONAL" | "LABEL_REQUIRED" | "LABEL_REPEATED";

export interface FieldDescriptor {
  readonly name: string;
  readonly extendee?: string | undefined;
  readonly number: number;
  readonly label?: FieldLabel | undefined;
  /** `TYPE_INT32`, ...; a parser that does not know yet whether a name is a message or an enum leaves it out. */
  readonly type?: string | undefined;
  readonly typeName?: string | undefined;
  readonly defaultValue?: string | undefined;
  readonly oneofIndex?: number | undefined;
  readonly jsonName?: string | undefined;
  readonly proto3Optional?: boolean | undefined;
  readonly options?: Options | undefined;
}

export interface EnumDescriptor {
  readonly name: string;
  readonly value?: readonly { readonly name: string; readonly number: number }[] | undefined;
  readonly options?: Options | undefined;
}

export interface MessageDescriptor {
  readonly name: string;
  readonly field?: readonly FieldDescriptor[] | undefined;
  readonly extension?: readonly FieldDescriptor[] | undefined;
  readonly nestedType?: readonly MessageDescriptor[] | undefined;
  readonly enumType?: readonly EnumDescriptor[] | undefined;
  readonly extensionRange?: readonly { readonly start: number; readonly end: number }[] | undefined;
  readonly oneofDecl?: readonly { readonly name: string }[] | undefined;
  readonly reservedRange?: readonly { readonly start: number; readonly end: number }[] | undefined;
  readonly reservedName?: readonly string[] | undefined;
  readonly options?: Options | undefined;
}

export interface MethodDescriptor {
  readonly name: string;
  readonly inputType: string;
  readonly outputType: string;
  readonly clientStreaming?: boolean | undefined;
  readonly serverStreaming?: boolean | undefined;
}

export interface ServiceDescriptor {
  readonly name: string;
  readonly method?: readonly MethodDescriptor[] | undefined;
}

export interface FileDescriptor {
  readonly name: string;
  readonly package?: string | undefined;
  readonly dependency?: readonly string[] | undefined;
  readonly publicDependency?: readonly number[] | undefined;
  readonly weakDependency?: readonly number[] | undefined;
  readonly messageType?: readonly MessageDescriptor[] | undefined;
  readonly enumType?: readonly EnumDescriptor[] | undefined;
  readonly service?: readonly ServiceDescriptor[] | undefined;
  readonly extension?: readonly FieldDescriptor[] | undefined;
  readonly options?: Options | undefined;
  /** `proto3`, `editions`, or absent (proto2). */
  readonly syntax?: string | undefined;
  readonly edition?: string | undefined;
}

/** `a.b` and `c` give `a.b.c`; an empty scope gives the name. */
export function qualify(scope: string | undefined, name: string): string {
  return scope === undefined || scope === "" ? name : `${scope}.${name}`;
}

/** Without the leading dot of a fully qualified name. */
export function withoutDot(name: string): string {
  return name.startsWith(".") ? name.slice(1) : name;
}

/**
 * The value of a tree, as JSON.parse would give it, but that values of one key are joined as protobuf joins them: lists are
 * appended, objects merged, of anything else the last counts.
 */
export function mergedValue(node: JsonNode): unknown {
  switch (node.kind) {
    case "object": {
      const out: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
      node.keys.forEach((raw, i) => {
        const key = keyText(raw);
        out[key] = merge(out[key], mergedValue(node.values[i]!));
      });
      return out;
    }
    case "array":
      return node.values.map(mergedValue);
    default:
      return JSON.parse(node.raw) as unknown;
  }
}

function merge(before: unknown, value: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(value)) return [...(before as unknown[]), ...(value as unknown[])];
  const isMergeable = typeof before === "object" && before !== null && typeof value === "object" && value !== null;
  return isMergeable && !Array.isArray(before) && !Array.isArray(value) ? { ...before, ...value } : value;
}
