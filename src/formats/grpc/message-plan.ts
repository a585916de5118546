/** What decoding and encoding need to know of a message type, looked up by field number and by key. */
import type { EnumDescriptor, Features, FieldDescriptor, FileDescriptor, MessageDescriptor } from "./descriptor.ts";
import { qualify, withoutDot } from "./descriptor.ts";
import { keyText } from "../json-leaves.ts";
import { enumScalar, scalarOf, type Scalar } from "./scalars.ts";
import { FIXED32, FIXED64, GROUP, LEN, VARINT } from "./wire-reader.ts";

/** Types whose JSON form is not that of a message (ProtoJSON, well-known types). */
export type SpecialForm = "any" | "timestamp" | "duration" | "wrapper" | "mask" | "struct" | "value" | "list";

const SPECIAL_FORMS: ReadonlyMap<string, SpecialForm> = new Map([
  ["Any", "any"],
  ["Timestamp", "timestamp"],
  ["Duration", "duration"],
  ["FieldMask", "mask"],
  ["Struct", "struct"],
  ["Value", "value"],
  ["ListValue", "list"],
  ...["Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"].map(
    (n) => [`${n}Value`, "wrapper"] as const,
  ),
]);

/**
 * How a key of the text says that a field stands on the wire. `usual`: as its schema has it. `packed`, `expanded`: a list in
 * the other encoding. `entries`: map entries that are not key and value. `plain`: a well-known type as an ordinary message.
 */
export type KeyStyle = "usual" | "packed" | "expanded" | "entries" | "plain";

export interface FieldPlan {
  readonly number: number;
  /** Name in JSON. */
  readonly name: string;
  /** Descriptor type, `TYPE_GROUP` also for messages that are delimited. */
  readonly type: string;
  /** Wire type of one value. */
  readonly wire: number;
  readonly shape: "single" | "list" | "map";
  /** A list of values that can be packed. */
  readonly packable: boolean;
  readonly packed: boolean;
  readonly message?: MessagePlan | undefined;
  /** Of everything but messages. */
  readonly scalar?: Scalar | undefined;
  /** Keys of the text, quoted, with the colon, by style. */
  readonly keys: Readonly<Record<KeyStyle, string>>;
}

/** What a key of the text stands for. */
interface FoundField {
  readonly field: FieldPlan;
  readonly style: KeyStyle;
}

export interface MessagePlan {
  readonly name: string;
  readonly special?: SpecialForm | undefined;
  /** A map's entry: `fieldOf(1)` is the key, `fieldOf(2)` the value. */
  readonly isEntry: boolean;
  fieldOf(number: number): FieldPlan | undefined;
  /** Field and style of a key, in its JSON spelling. */
  find(rawKey: string): FoundField | undefined;
  readonly fields: readonly FieldPlan[];
}

/** All types of a run. */
export interface TypeIndex {
  /** By full name, without a leading dot. */
  message(name: string): MessagePlan | undefined;
}

/** A message of which nothing is known: all its fields are read by their wire types. */
export const UNKNOWN_MESSAGE: MessagePlan = {
  name: "",
  isEntry: false,
  fields: [],
  fieldOf: () => undefined,
  find: () => undefined,
};

interface Declared {
  readonly descriptor: MessageDescriptor;
  readonly features: Features;
}

/** Plans of all types in the files, made when they are first asked for. References that lead nowhere make a field unknown. */
export function createTypeIndex(files: readonly FileDescriptor[]): TypeIndex {
  const messages = new Map<string, Declared>();
  const enums = new Map<string, EnumDescriptor>();
  const extensions = new Map<string, { field: FieldDescriptor; name: string; features: Features }[]>();
  const plans = new Map<string, MessagePlan>();
  const enumPlans = new Map<string, Scalar>();

  const addExtensions = (fields: readonly FieldDescriptor[] | undefined, scope: string, features: Features): void => {
    for (const field of fields ?? []) {
      const extendee = withoutDot(field.extendee ?? "");
      const list = extensions.get(extendee) ?? [];
      list.push({ field, name: qualify(scope, field.name), features });
      extensions.set(extendee, list);
    }
  };
  const addMessage = (descriptor: MessageDescriptor, scope: string, inherited: Features): void => {
    const name = qualify(scope, descriptor.name);
    const features = { ...inherited, ...descriptor.options?.features };
    if (!messages.has(name)) messages.set(name, { descriptor, features });
    for (const nested of descriptor.nestedType ?? []) addMessage(nested, name, features);
    for (const nested of descriptor.enumType ?? []) addEnum(nested, name);
    addExtensions(descriptor.extension, name, features);
  };
  const addEnum = (descriptor: EnumDescriptor, scope: string): void => {
    const name = qualify(scope, descriptor.name);
    if (!enums.has(name)) enums.set(name, descriptor);
  };
  for (const file of files) {
    const scope = file.package ?? "";
    const features = { ...defaultFeatures(file), ...file.options?.features };
    for (const message of file.messageType ?? []) addMessage(message, scope, features);
    for (const descriptor of file.enumType ?? []) addEnum(descriptor, scope);
    addExtensions(file.extension, scope, features);
  }

  const enumPlan = (name: string): Scalar | undefined => {
    const known = enumPlans.get(name);
    const descriptor = enums.get(name);
    if (known !== undefined || descriptor === undefined) return known;
    const isNull = name === "google.protobuf.NullValue";
    const text = new Map<number, string>();
    const numbers = new Map<string, number>();
    for (const value of descriptor.value ?? []) {
      const number = value.number ?? 0;
      if (!text.has(number)) text.set(number, isNull && number === 0 ? "null" : JSON.stringify(value.name));
      numbers.set(value.name, number);
    }
    const plan = enumScalar(text, numbers, isNull);
    enumPlans.set(name, plan);
    return plan;
  };

  const fieldPlan = (field: FieldDescriptor, name: string, inherited: Features): FieldPlan | undefined => {
    const features = { ...inherited, ...field.options?.features };
    const declared = field.type ?? "";
    const isMessage = declared === "TYPE_MESSAGE" || declared === "TYPE_GROUP";
    const target = withoutDot(field.typeName ?? "");
    const entry = isMessage ? messages.get(target) : undefined;
    const isList = field.label === "LABEL_REPEATED";
    const isMap = isList && entry?.descriptor.options?.mapEntry === true;
    const isDelimited = declared === "TYPE_GROUP" || (isMessage && !isMap && features.messageEncoding === "DELIMITED");
    const type = isDelimited ? "TYPE_GROUP" : declared;
    const wire = WIRE_TYPES.get(type);
    const scalar = type === "TYPE_ENUM" ? enumPlan(target) : scalarOf(type);
    if (wire === undefined || (isMessage ? entry : scalar) === undefined) return undefined;
    const packable = isList && wire !== LEN && wire !== GROUP;
    const quoted = (suffix: string): string => `${JSON.stringify(name + suffix)}:`;
    return {
      number: field.number,
      name,
      type,
      wire,
      shape: isMap ? "map" : isList ? "list" : "single",
      packable,
      packed: packable && (field.options?.packed ?? features.repeatedFieldEncoding === "PACKED"),
      get message() {
        return isMessage ? messagePlan(target) : undefined;
      },
      scalar,
      keys: {
        usual: quoted(""),
        packed: quoted("-packed"),
        expanded: quoted("-expanded"),
        entries: quoted("-entries"),
        plain: quoted("-plain"),
      },
    };
  };

  const messagePlan = (name: string): MessagePlan | undefined => {
    const known = plans.get(name);
    if (known !== undefined) return known;
    const declared = messages.get(name);
    if (declared === undefined) return undefined;
    const plan = createMessagePlan(name, declared.descriptor, () => {
      const { descriptor, features } = declared;
      const names = jsonNames(descriptor.field ?? []);
      const own = (descriptor.field ?? []).map((field, i) => fieldPlan(field, names[i]!, features));
      const others = (extensions.get(name) ?? []).map((e) => fieldPlan(e.field, `[${e.name}]`, e.features));
      return [...own, ...others].filter((f) => f !== undefined);
    });
    plans.set(name, plan);
    return plan;
  };
  return { message: messagePlan };
}

function createMessagePlan(
  name: string,
  descriptor: MessageDescriptor,
  build: () => readonly FieldPlan[],
): MessagePlan {
  let fields: readonly FieldPlan[] | undefined;
  let low: (FieldPlan | undefined)[] = [];
  const byNumber = new Map<number, FieldPlan>();
  const byKey = new Map<string, FoundField>();
  const protoNames = new Map<number, string>((descriptor.field ?? []).map((f) => [f.number, f.name]));
  const fill = (): readonly FieldPlan[] => {
    const built = build();
    low = new Array<undefined>(64).fill(undefined);
    for (const source of built) {
      const field = withMessage(source);
      if (byNumber.has(field.number)) continue;
      byNumber.set(field.number, field);
      if (field.number < low.length) low[field.number] = field;
    }
    for (const field of byNumber.values())
      for (const style of stylesOf(field)) byKey.set(field.keys[style].slice(0, -1), { field, style });
    // ProtoJSON readers take the names of the .proto file too.
    for (const [number, protoName] of protoNames) {
      const field = byNumber.get(number);
      const key = JSON.stringify(protoName);
      if (field !== undefined && !byKey.has(key)) byKey.set(key, { field, style: "usual" });
    }
    return (fields = [...byNumber.values()]);
  };
  return {
    name,
    special: name.startsWith("google.protobuf.") ? SPECIAL_FORMS.get(name.slice(16)) : undefined,
    isEntry: descriptor.options?.mapEntry === true,
    fieldOf(number) {
      if (fields === undefined) fill();
      return number < 64 ? low[number] : byNumber.get(number);
    },
    find(rawKey) {
      if (fields === undefined) fill();
      return byKey.get(rawKey) ?? (rawKey.includes("\\") ? byKey.get(JSON.stringify(keyText(rawKey))) : undefined);
    },
    get fields() {
      return fields ?? fill();
    },
  };
}

/** The plan with its message's plan as a plain value: a getter would be asked for each value on the wire. */
function withMessage(field: FieldPlan): FieldPlan {
  return { ...field, message: field.message };
}

function stylesOf(field: FieldPlan): readonly KeyStyle[] {
  const out: KeyStyle[] = ["usual"];
  if (field.packable) out.push(field.packed ? "expanded" : "packed");
  if (field.shape === "map") out.push("entries");
  if (field.message?.special !== undefined) out.push("plain");
  return out;
}

/** Keys that a text uses for other things than fields: numbers of unknown fields, and everything with a style. */
const RESERVED_KEY = /^(?:\d|-|\[)|-(?:packed|expanded|entries|plain|raw)$/;

/** JSON names of a message's fields, all different; one that could be taken for something else gives way to the field's own name. */
function jsonNames(fields: readonly FieldDescriptor[]): readonly string[] {
  const taken = new Set<string>();
  return fields.map((field) => {
    const wished = field.jsonName ?? camelCase(field.name);
    let name = RESERVED_KEY.test(wished) || taken.has(wished) ? field.name : wished;
    while (taken.has(name)) name += "_";
    taken.add(name);
    return name;
  });
}

/** protoc's rule for JSON names. */
export function camelCase(name: string): string {
  let out = "";
  let isUpper = false;
  for (const c of name) {
    if (c === "_") isUpper = true;
    else {
      out += isUpper ? c.toUpperCase() : c;
      isUpper = false;
    }
  }
  return out;
}

function defaultFeatures(file: FileDescriptor): Features {
  return { repeatedFieldEncoding: file.syntax === "proto3" || file.syntax === "editions" ? "PACKED" : "EXPANDED" };
}

const WIRE_TYPES: ReadonlyMap<string, number> = new Map([
  ...["INT64", "UINT64", "INT32", "UINT32", "SINT32", "SINT64", "BOOL", "ENUM"].map(
    (t) => [`TYPE_${t}`, VARINT] as const,
  ),
  ...["DOUBLE", "FIXED64", "SFIXED64"].map((t) => [`TYPE_${t}`, FIXED64] as const),
  ...["FLOAT", "FIXED32", "SFIXED32"].map((t) => [`TYPE_${t}`, FIXED32] as const),
  ...["STRING", "BYTES", "MESSAGE"].map((t) => [`TYPE_${t}`, LEN] as const),
  ["TYPE_GROUP", GROUP],
]);
