import { fromBinary, toJson, type JsonValue } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage } from "../../src/formats/grpc/decode-message.ts";
import { encodeMessage } from "../../src/formats/grpc/encode-message.ts";
import { UNKNOWN_MESSAGE, type MessagePlan, type TypeIndex } from "../../src/formats/grpc/message-plan.ts";
import { compileSchemas } from "../../src/formats/grpc/schema.ts";
import { createWireWriter, takeWritten } from "../../src/formats/grpc/wire-writer.ts";
import { parseJson } from "../../src/base/json.ts";
import { messageSamples } from "./grpc-messages.ts";

const NO_TYPES: TypeIndex = { message: () => undefined };

function encode(text: string, plan: MessagePlan | undefined, plain: boolean, types: TypeIndex): Uint8Array {
  const w = createWireWriter();
  encodeMessage(w, parseJson(text)!, plan, plain, types);
  return takeWritten(w);
}

function roundTrip(bytes: Uint8Array, plan: MessagePlan | undefined, types: TypeIndex): Uint8Array {
  const { text, plain } = decodeMessage(bytes, plan, types);
  return encode(text, plan, plain, types);
}

/** The value with what ProtoJSON writes in several ways in one: floats in few digits, -0 as 0, key order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([k, v]) => [k, canonical(v)]),
    );
  if (typeof value === "number") return Math.fround(value) + 0;
  return value;
}

describe("messages of random schemas, encoded by @bufbuild/protobuf", () => {
  it("come back byte for byte", () => {
    fc.assert(
      fc.property(messageSamples(), ({ sources, bytes }) => {
        const { types } = compileSchemas(sources);
        expect(Buffer.from(roundTrip(bytes, types.message("t.Root"), types)).toString("hex")).toBe(
          Buffer.from(bytes).toString("hex"),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("read as the JSON that @bufbuild/protobuf writes", () => {
    fc.assert(
      fc.property(messageSamples(), ({ sources, bytes, root, registry }) => {
        const { types } = compileSchemas(sources);
        const { text } = decodeMessage(bytes, types.message("t.Root"), types);
        const theirs: JsonValue = toJson(root, fromBinary(root, bytes), { registry });
        expect(canonical(JSON.parse(text))).toEqual(canonical(theirs));
      }),
      { numRuns: 500 },
    );
  });

  it("come back byte for byte without the schema, too", () => {
    fc.assert(
      fc.property(messageSamples(), ({ bytes }) => {
        expect(Buffer.from(roundTrip(bytes, undefined, NO_TYPES)).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("come back byte for byte when bytes of them were changed, cut out or doubled", () => {
    const edit = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom("set", "cut", "double"),
      value: fc.nat(255),
      length: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(messageSamples(), fc.array(edit, { minLength: 1, maxLength: 4 }), ({ sources, bytes }, edits) => {
        const { types } = compileSchemas(sources);
        let damaged = [...bytes, 0];
        for (const { at, kind, value, length } of edits) {
          const place = at % Math.max(1, damaged.length);
          if (kind === "set") damaged[place] = value;
          else if (kind === "cut") damaged.splice(place, length);
          else damaged = [...damaged.slice(0, place), ...damaged.slice(place, place + length), ...damaged.slice(place)];
        }
        const input = Uint8Array.from(damaged);
        for (const plan of [types.message("t.Root"), undefined, UNKNOWN_MESSAGE])
          expect(Buffer.from(roundTrip(input, plan, types)).toString("hex")).toBe(Buffer.from(input).toString("hex"));
      }),
      { numRuns: 1500 },
    );
  });
});

describe("any bytes", () => {
  it("come back without a schema", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(Buffer.from(roundTrip(bytes, undefined, NO_TYPES)).equals(bytes)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("of small numbers, in which tags, lengths and groups are likely, come back", () => {
    const small = fc
      .array(fc.oneof(fc.nat(40), fc.constantFrom(0x80, 0x0b, 0x0c, 0x13, 0x14, 0xff)), { maxLength: 60 })
      .map((a) => Uint8Array.from(a));
    fc.assert(
      fc.property(small, (bytes) => {
        expect(Buffer.from(roundTrip(bytes, undefined, NO_TYPES)).equals(bytes)).toBe(true);
        expect(Buffer.from(roundTrip(bytes, UNKNOWN_MESSAGE, NO_TYPES)).equals(bytes)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
