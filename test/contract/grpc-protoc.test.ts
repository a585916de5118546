import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bytesFromFile, fileFromBytes, splitDescriptorSet } from "../../src/formats/grpc/descriptor-bytes.ts";
import { readFileDescriptor } from "../../src/formats/grpc/descriptor-read.ts";
import type { FileDescriptor } from "../../src/formats/grpc/descriptor.ts";
import { compileSchemas } from "../../src/formats/grpc/schema.ts";

const root = resolve(import.meta.dirname, "../..");
const protos = join(import.meta.dirname, "protos");
const scratch = mkdtempSync(join(tmpdir(), "protoc-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function protoFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".proto"))
    .sort();
}

/** What protoc makes of all files of a folder, imports left out. */
function compileWithProtoc(folder: string): ReadonlyMap<string, FileDescriptor> {
  const out = join(scratch, "set.binpb");
  const files = protoFiles(folder);
  execFileSync(
    process.execPath,
    [join(root, "node_modules/protoc/protoc.cjs"), `-I${folder}`, `--descriptor_set_out=${out}`, ...files],
    { cwd: folder },
  );
  return new Map(
    splitDescriptorSet(readFileSync(out))!
      .map((bytes) => fileFromBytes(bytes)!)
      .map((file) => [file.name, file]),
  );
}

function compileOurselves(folder: string): ReadonlyMap<string, FileDescriptor> {
  const files = protoFiles(folder).map((f) => ({ path: join(folder, f), text: readFileSync(join(folder, f), "utf8") }));
  const { files: compiled } = compileSchemas({ protoFiles: files, descriptorSets: [], maxMessageBytes: 1 << 20 });
  return new Map(compiled.map(({ descriptor }) => [descriptor.name, descriptor]));
}

/** Without what is left out on purpose: custom options (their numbers are their keys), and what only compilers read. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, v]) => !/^\d/.test(key) && !LEFT_OUT.has(key) && v !== undefined);
  const entries = kept
    .map(([key, v]) => [key, comparable(v)] as const)
    .filter(([key, v]) => key !== "options" || Object.keys(v as object).length > 0);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const LEFT_OUT: ReadonlySet<string> = new Set([
  "publicDependency",
  "weakDependency",
  "dependency",
  "declaration",
  "verification",
  "uninterpretedOption",
]);

function comparableFile(file: FileDescriptor): unknown {
  const withoutEnumRanges = (key: string, value: unknown): unknown => {
    // Of enums, nothing but names and numbers of values is kept.
    if (key === "enumType" && Array.isArray(value))
      return (value as { name: string; value?: { name: string; number: number }[]; options?: object }[]).map(
        ({ name, value: values, options }) => ({
          name,
          value: (values ?? []).map((v) => ({ name: v.name, number: v.number })),
          options,
        }),
      );
    if (key === "extensionRange")
      return (value as { start: number; end: number }[]).map(({ start, end }) => ({ start, end }));
    if (key === "oneofDecl") return (value as { name: string }[]).map(({ name }) => ({ name }));
    return value;
  };
  return comparable(JSON.parse(JSON.stringify(file, withoutEnumRanges)));
}

function expectSame(folder: string): void {
  const [theirs, ours] = [compileWithProtoc(folder), compileOurselves(folder)];
  expect(theirs.size).toBeGreaterThan(0);
  for (const [name, file] of theirs) {
    const own = [...ours.values()].find((f) => f.name === name || name.endsWith(`/${f.name}`));
    expect({ ...(comparableFile(own!) as object), name }, name).toEqual(comparableFile(file));
    // And as bytes, with all that stands in it.
    expect(comparableFile(fileFromBytes(bytesFromFile(own!))!)).toEqual(comparableFile(own!));
  }
}

describe("a serialized file", () => {
  it("is read by tables as by its schema", () => {
    const out = join(scratch, "read.binpb");
    execFileSync(process.execPath, [
      join(root, "node_modules/protoc/protoc.cjs"),
      `-I${protos}`,
      "--include_imports",
      `--descriptor_set_out=${out}`,
      ...protoFiles(protos),
    ]);
    const files = splitDescriptorSet(readFileSync(out))!;
    expect(files.length).toBeGreaterThan(8);
    for (const bytes of files) {
      const read = readFileDescriptor(bytes)!;
      expect(fileFromBytes(bytes)).toMatchObject(read);
      expect(read.messageType?.length).toBeGreaterThan(0);
    }
    const order = files.map((f) => readFileDescriptor(f)!).find((f) => f.name === "shop/order.proto")!;
    expect(
      order.messageType!.find((m) => m.name === "Order")!.field!.find((f) => f.name === "expanded_numbers")!.options,
    ).toEqual({ packed: false });
    const model = files.map((f) => readFileDescriptor(f)!).find((f) => f.name === "modern.proto")!;
    expect(model.options).toEqual({ features: { repeatedFieldEncoding: "EXPANDED" } });
  });

  it("that is none is refused", () => {
    for (const bytes of [
      [],
      [0x0a],
      [0x0a, 0x05, 0x61],
      [0x12, 0x01, 0x61],
      [0x08, 0x01],
      [0x0a, 0x01, 0x61, 0x22, 0x7f],
    ])
      expect(readFileDescriptor(Uint8Array.from(bytes)), String(bytes)).toBeUndefined();
  });
});

describe("descriptors equal protoc's", () => {
  it("for proto2, proto3 and editions, with extensions, groups, maps, oneofs, options and reserved ranges", () => {
    expectSame(protos);
  });

  const etcd = join(root, ".interop/protos");
  it.skipIf(!existsSync(etcd))("for etcd's protos", () => {
    for (const folder of ["etcd-full", "etcd-flat", "etcd-plain"]) expectSame(join(etcd, folder));
  });

  it("for what is built in", () => {
    const folder = join(root, "node_modules/protoc/include");
    const sources = {
      protoFiles: [{ path: "a.proto", text: BUILTINS.map((f) => `import "${f}";`).join("\n") }],
      descriptorSets: [],
      maxMessageBytes: 1 << 20,
    };
    const { files } = compileSchemas(sources);
    const out = join(scratch, "builtin.binpb");
    execFileSync(process.execPath, [
      join(root, "node_modules/protoc/protoc.cjs"),
      `-I${folder}`,
      `--descriptor_set_out=${out}`,
      ...BUILTINS,
    ]);
    for (const bytes of splitDescriptorSet(readFileSync(out))!) {
      const theirs = fileFromBytes(bytes)!;
      const ours = files.find((f) => f.descriptor.name === theirs.name);
      expect(withoutDefaults(comparableFile(ours!.descriptor)), theirs.name).toEqual(
        withoutDefaults(comparableFile(theirs)),
      );
    }
  });
});

const BUILTINS = [
  "any",
  "api",
  "descriptor",
  "duration",
  "empty",
  "field_mask",
  "source_context",
  "struct",
  "timestamp",
  "type",
  "wrappers",
].map((n) => `google/protobuf/${n}.proto`);

/** Options and defaults, which say nothing about the wire, are not built in. */
function withoutDefaults(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, v: unknown) =>
      ["options", "defaultValue", "reservedRange", "reservedName"].includes(key) ? undefined : v,
    ),
  ) as unknown;
}
