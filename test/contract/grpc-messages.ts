/** Random schemas and messages of them, encoded by @bufbuild/protobuf: a writer that shares no code with what is tested. */
import {
  create,
  createFileRegistry,
  fromJson,
  toBinary,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Registry,
} from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import * as fc from "fast-check";
import type { SchemaSources } from "../../src/formats/format.ts";

const WELL_KNOWN = [
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
].map((f) => f.proto);

type Kind = { readonly type: string; readonly typeName?: string; readonly value: fc.Arbitrary<JsonValue> };

const int = (min: number, max: number): fc.Arbitrary<JsonValue> => fc.integer({ min, max });
const big = (min: bigint, max: bigint): fc.Arbitrary<JsonValue> => fc.bigInt({ min, max }).map(String);
const base64 = (maxLength: number): fc.Arbitrary<JsonValue> =>
  fc.uint8Array({ maxLength }).map((b) => Buffer.from(b).toString("base64"));
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom("", '"\\\n', "\u0000", "😀", "x".repeat(200)),
);
const special = fc.constantFrom<JsonValue>("NaN", "Infinity", "-Infinity", 0, -0, 1e21, 5e-324);
const seconds = fc.integer({ min: -62135596800, max: 253402300799 });

const SCALARS: readonly Kind[] = [
  { type: "TYPE_INT32", value: int(-(2 ** 31), 2 ** 31 - 1) },
  { type: "TYPE_SINT32", value: int(-(2 ** 31), 2 ** 31 - 1) },
  { type: "TYPE_SFIXED32", value: int(-(2 ** 31), 2 ** 31 - 1) },
  { type: "TYPE_UINT32", value: int(0, 2 ** 32 - 1) },
  { type: "TYPE_FIXED32", value: int(0, 2 ** 32 - 1) },
  { type: "TYPE_BOOL", value: fc.boolean() },
  ...["INT64", "SINT64", "SFIXED64"].map((t) => ({ type: `TYPE_${t}`, value: big(-(2n ** 63n), 2n ** 63n - 1n) })),
  ...["UINT64", "FIXED64"].map((t) => ({ type: `TYPE_${t}`, value: big(0n, 2n ** 64n - 1n) })),
  {
    type: "TYPE_DOUBLE",
    value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }) as fc.Arbitrary<JsonValue>, special),
  },
  {
    type: "TYPE_FLOAT",
    value: fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }) as fc.Arbitrary<JsonValue>,
      fc.constantFrom<JsonValue>("NaN", "Infinity", 0, -0),
    ),
  },
  { type: "TYPE_STRING", value: text },
  { type: "TYPE_BYTES", value: base64(40) },
];

const json: fc.Arbitrary<JsonValue> = fc.jsonValue({
  maxDepth: 3,
  noUnicodeString: false,
} as object) as fc.Arbitrary<JsonValue>;

const OTHERS: readonly Kind[] = [
  { type: "TYPE_ENUM", typeName: ".t.Color", value: fc.constantFrom<JsonValue>("NONE", "RED", "MINUS", 77, -3) },
  {
    type: "TYPE_MESSAGE",
    typeName: ".t.Leaf",
    value: fc.record({ a: int(0, 9), b: text }, { requiredKeys: [] }) as fc.Arbitrary<JsonValue>,
  },
  {
    type: "TYPE_MESSAGE",
    typeName: ".google.protobuf.Timestamp",
    value: fc
      .tuple(seconds, fc.nat(999_999_999))
      .map(([s, n]) => `${new Date(s * 1000).toISOString().slice(0, 19)}.${String(n).padStart(9, "0")}Z`),
  },
  {
    type: "TYPE_MESSAGE",
    typeName: ".google.protobuf.Duration",
    value: fc
      .tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(999_999_999))
      .map(([s, n]) => `${s}.${String(n).padStart(9, "0")}s`),
  },
  {
    type: "TYPE_MESSAGE",
    typeName: ".google.protobuf.Struct",
    value: fc.dictionary(text, json) as fc.Arbitrary<JsonValue>,
  },
  { type: "TYPE_MESSAGE", typeName: ".google.protobuf.Value", value: json },
  { type: "TYPE_MESSAGE", typeName: ".google.protobuf.ListValue", value: fc.array(json, { maxLength: 4 }) },
  {
    type: "TYPE_MESSAGE",
    typeName: ".google.protobuf.FieldMask",
    value: fc.constantFrom<JsonValue>("", "a.b,cDe", "fooBar"),
  },
  { type: "TYPE_MESSAGE", typeName: ".google.protobuf.Empty", value: fc.constant<JsonValue>({}) },
  { type: "TYPE_MESSAGE", typeName: ".google.protobuf.Int64Value", value: big(-5n, 2n ** 63n - 1n) },
  { type: "TYPE_MESSAGE", typeName: ".google.protobuf.BoolValue", value: fc.boolean() },
  { type: "TYPE_MESSAGE", typeName: ".google.protobuf.StringValue", value: text },
  { type: "TYPE_MESSAGE", typeName: ".google.protobuf.BytesValue", value: base64(9) },
  {
    type: "TYPE_MESSAGE",
    typeName: ".google.protobuf.DoubleValue",
    value: SCALARS.find((s) => s.type === "TYPE_DOUBLE")!.value,
  },
  {
    type: "TYPE_MESSAGE",
    typeName: ".google.protobuf.Any",
    value: fc.oneof(
      fc
        .record({ a: int(0, 9), b: text }, { requiredKeys: [] })
        .map((m): JsonValue => ({ "@type": "type.googleapis.com/t.Leaf", ...(m as JsonObject) })),
      fc.constantFrom<JsonValue>(
        { "@type": "type.googleapis.com/google.protobuf.Duration", value: "1.5s" },
        { "@type": "type.googleapis.com/google.protobuf.Empty" },
      ),
    ),
  },
];

interface FieldDraft {
  readonly kind: Kind;
  readonly shape: "single" | "optional" | "oneof" | "list" | "expanded" | "map";
  readonly number: number;
  readonly key: Kind;
}

const KEYS = SCALARS.filter((s) => !["TYPE_DOUBLE", "TYPE_FLOAT", "TYPE_BYTES"].includes(s.type));

const field: fc.Arbitrary<FieldDraft> = fc.record({
  kind: fc.constantFrom(...SCALARS, ...OTHERS),
  shape: fc.constantFrom("single", "single", "optional", "oneof", "list", "expanded", "map"),
  number: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 18999 })),
  key: fc.constantFrom(...KEYS),
});

/** A schema with one message `t.Root`, and messages of it. */
export interface Sample {
  readonly sources: SchemaSources;
  readonly registry: Registry;
  readonly root: DescMessage;
  readonly json: JsonValue;
  readonly bytes: Uint8Array;
}

export function messageSamples(): fc.Arbitrary<Sample> {
  return fc
    .uniqueArray(field, { selector: (f) => f.number, minLength: 1, maxLength: 8 })
    .chain((drafts) =>
      fc
        .record(Object.fromEntries(drafts.map((d, i) => [`f${i}`, valueOf(d)])), { requiredKeys: [] })
        .map((values) => ({ drafts, values })),
    )
    .map(({ drafts, values }) => sampleOf(drafts, values as JsonObject));
}

function valueOf(draft: FieldDraft): fc.Arbitrary<JsonValue> {
  const { value } = draft.kind;
  if (draft.shape === "map") {
    const key = draft.key.value.map((k) => (typeof k === "string" ? k : JSON.stringify(k)));
    return fc.dictionary(key, value, { maxKeys: 4 }) as fc.Arbitrary<JsonValue>;
  }
  return draft.shape === "list" || draft.shape === "expanded" ? fc.array(value, { maxLength: 4 }) : value;
}

const TYPES: Readonly<Record<string, number>> = Object.fromEntries(
  [
    "",
    "DOUBLE",
    "FLOAT",
    "INT64",
    "UINT64",
    "INT32",
    "FIXED64",
    "FIXED32",
    "BOOL",
    "STRING",
    "GROUP",
    "MESSAGE",
    "BYTES",
    "UINT32",
    "ENUM",
    "SFIXED32",
    "SFIXED64",
    "SINT32",
    "SINT64",
  ].map((n, i) => [`TYPE_${n}`, i]),
);

function sampleOf(drafts: readonly FieldDraft[], values: JsonObject): Sample {
  const entries: object[] = [];
  const oneofs = drafts.filter((d) => d.shape === "oneof").length > 0 ? [{ name: "choice" }] : [];
  const optionals: object[] = [];
  const plain = (kind: Kind, name: string, number: number) => ({
    name,
    number,
    label: 1,
    type: TYPES[kind.type]!,
    typeName: kind.typeName ?? "",
    jsonName: name,
  });
  const fields = drafts.map((draft, i) => {
    const name = `f${i}`;
    const base = plain(draft.kind, name, draft.number);
    if (draft.shape === "map") {
      entries.push({
        name: `F${i}Entry`,
        options: { mapEntry: true },
        field: [plain(draft.key, "key", 1), plain(draft.kind, "value", 2)],
      });
      return { ...base, label: 3, type: 11, typeName: `.t.Root.F${i}Entry` };
    }
    if (draft.shape === "list") return { ...base, label: 3 };
    if (draft.shape === "expanded") return { ...base, label: 3, options: { packed: false } };
    if (draft.shape === "oneof") return { ...base, oneofIndex: 0 };
    if (draft.shape === "optional")
      return { ...base, proto3Optional: true, oneofIndex: oneofs.length + optionals.push({ name: `_${name}` }) - 1 };
    return base;
  });
  const file = create(FileDescriptorProtoSchema, {
    name: "t.proto",
    package: "t",
    syntax: "proto3",
    dependency: WELL_KNOWN.map((f) => f.name),
    enumType: [
      {
        name: "Color",
        value: [
          { name: "NONE", number: 0 },
          { name: "RED", number: 1 },
          { name: "MINUS", number: -1 },
        ],
      },
    ],
    messageType: [
      {
        name: "Leaf",
        field: [plain({ type: "TYPE_INT32" } as Kind, "a", 1), plain({ type: "TYPE_STRING" } as Kind, "b", 2)],
      },
      { name: "Root", field: fields, nestedType: entries, oneofDecl: [...oneofs, ...optionals] },
    ],
  } as object) as FileDescriptorProto;
  const set = create(FileDescriptorSetSchema, { file: [...WELL_KNOWN, file] });
  const registry = createFileRegistry(set);
  const root = registry.getMessage("t.Root")!;
  // Of a oneof only one field can be set.
  const chosen = drafts.findIndex((d, i) => d.shape === "oneof" && `f${i}` in values);
  const kept = Object.fromEntries(
    Object.entries(values).filter(([name]) => {
      const i = Number(name.slice(1));
      return drafts[i]!.shape !== "oneof" || i === chosen;
    }),
  );
  const bytes = toBinary(root, fromJson(root, kept, { registry }));
  return {
    sources: {
      protoFiles: [],
      descriptorSets: [{ path: "t.binpb", bytes: toBinary(FileDescriptorSetSchema, set) }],
      maxMessageBytes: 1 << 20,
    },
    registry,
    root,
    json: kept,
    bytes,
  };
}
