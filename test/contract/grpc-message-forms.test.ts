import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson, type JsonNode, type JsonScalar } from "../../src/base/json.ts";
import { createMessageCodec } from "../../src/formats/grpc/codec.ts";
import { decodeMessage, type DecodedMessage } from "../../src/formats/grpc/decode-message.ts";
import { encodeMessage } from "../../src/formats/grpc/encode-message.ts";
import type { MessagePlan, TypeIndex } from "../../src/formats/grpc/message-plan.ts";
import { createMessageReader } from "../../src/formats/grpc/message-reader.ts";
import { createMessageWriter } from "../../src/formats/grpc/message-writer.ts";
import type { Scalar } from "../../src/formats/grpc/scalars.ts";
import { compileSchemas } from "../../src/formats/grpc/schema.ts";
import { Unencodable } from "../../src/formats/grpc/unencodable.ts";
import { createWireWriter, takeWritten } from "../../src/formats/grpc/wire-writer.ts";
import { messageSamples } from "./grpc-messages.ts";

const NO_TYPES: TypeIndex = { message: () => undefined };

function scalarsOf(node: JsonNode): JsonScalar[] {
  return "values" in node ? node.values.flatMap(scalarsOf) : [node];
}

/** The text with some scalars in the place of others of their kind. */
function shuffled(text: string, choice: readonly number[]): string {
  const scalars = scalarsOf(parseJson(text)!);
  let out = "";
  let at = 0;
  scalars.forEach(({ kind, start, end, raw }, i) => {
    const others = scalars.filter((s) => s.kind === kind);
    const pick = choice[i % choice.length]!;
    out += text.slice(at, start) + (pick % 3 === 0 ? others[pick % others.length]!.raw : raw);
    at = end;
  });
  return out + text.slice(at);
}

/** The text around its scalars. */
function segmentsOf(text: string): string[] {
  const segments: string[] = [];
  let at = 0;
  for (const { start, end } of scalarsOf(parseJson(text)!)) {
    segments.push(text.slice(at, start));
    at = end;
  }
  return [...segments, text.slice(at)];
}

function byTree(text: string, plan: MessagePlan | undefined, types: TypeIndex): string {
  const w = createWireWriter();
  try {
    encodeMessage(w, parseJson(text)!, plan, false, types);
  } catch (error) {
    if (error instanceof Unencodable) return "unencodable";
    throw error;
  }
  return Buffer.from(takeWritten(w)).toString("hex");
}

function givesBytes(plan: MessagePlan | undefined, types: TypeIndex) {
  return ({ text, plain }: DecodedMessage, bytes: Uint8Array): boolean => {
    const w = createWireWriter();
    encodeMessage(w, parseJson(text)!, plan, plain, types);
    return Buffer.from(takeWritten(w)).equals(bytes);
  };
}

describe("messages of one form, one after the other", () => {
  const choices = fc.array(fc.array(fc.nat(200), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });

  it("are written as each is by itself", () => {
    let changed = 0;
    fc.assert(
      fc.property(messageSamples(), choices, ({ sources, bytes }, list) => {
        const { types } = compileSchemas(sources);
        for (const [plan, known] of [[types.message("t.Root"), types] as const, [undefined, NO_TYPES] as const]) {
          const { text, plain } = decodeMessage(bytes, plan, known);
          if (plain) continue;
          const writer = createMessageWriter(plan, known);
          const texts = [text, ...list.map((choice) => shuffled(text, choice)), text];
          changed += texts.filter((t) => t !== text).length;
          for (const one of texts) {
            const w = createWireWriter();
            // Something stands before it, as the prefix of a frame does.
            w.at = 5;
            const written = writer.write(w, one);
            const hex = Buffer.from(w.bytes.subarray(5, w.at)).toString("hex");
            expect(written ? hex : "unencodable").toBe(byTree(one, plan, known));
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(changed).toBeGreaterThan(500);
  });

  it("are read as each is by itself, spoiled ones too", () => {
    let changed = 0;
    const spoil = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(messageSamples(), choices, spoil, ({ sources, bytes }, list, [place, value]) => {
        const { types } = compileSchemas(sources);
        const plan = types.message("t.Root");
        const { text } = decodeMessage(bytes, plan, types);
        const reader = createMessageReader(plan, types, givesBytes(plan, types));
        const others = list
          .map((choice) => byTree(shuffled(text, choice), plan, types))
          .flatMap((hex) => (hex === "unencodable" ? [] : [Uint8Array.from(Buffer.from(hex, "hex"))]));
        changed += others.length;
        const spoiled = [...others, bytes].map((one) => (one.length === 0 ? one : one.with(place % one.length, value)));
        const cut = bytes.subarray(0, place % Math.max(1, bytes.length));
        for (const one of [bytes, ...others, bytes, ...spoiled, cut, bytes])
          expect(reader.read(one)).toEqual(decodeMessage(one, plan, types));
        for (const one of [bytes, ...others, ...spoiled, cut])
          expect(reader.prove(one)).toEqual({ ...decodeMessage(one, plan, types), isExact: true });
      }),
      { numRuns: 600 },
    );
    expect(changed).toBeGreaterThan(500);
  });

  it("are said not to give their bytes where one scalar does not", () => {
    const { types } = compileSchemas({
      protoFiles: [
        { path: "a.proto", text: 'syntax = "proto3"; message M { int32 a = 1; N n = 2; } message N { string b = 1; }' },
      ],
      descriptorSets: [],
      maxMessageBytes: 1000,
    });
    const plan = types.message("M")!;
    const write = (text: string): Uint8Array => Uint8Array.from(Buffer.from(byTree(text, plan, types), "hex"));
    const field = plan.fieldOf(1)!;
    const { read, write: writeRight } = field.scalar!;
    const scalar: Scalar = {
      read,
      write: (w, node) => {
        if ("raw" in node && node.raw === "13") throw new Unencodable(node, "number of luck");
        writeRight(w, "raw" in node && node.raw === "7" ? { ...node, raw: "8" } : node);
      },
    };
    const messages = [5, 6, 7, 13, 300].map((a) => write(`{"a":${a},"n":{"b":"x"}}`));
    const broken: MessagePlan = { ...plan, fieldOf: (n) => (n === 1 ? { ...field, scalar } : plan.fieldOf(n)) };
    const reader = createMessageReader(broken, types, givesBytes(plan, types));
    expect(messages.map((one) => reader.prove(one).isExact)).toEqual([true, true, false, false, true]);
    // In the first message of a form it is seen, too.
    const other = createMessageReader(broken, types, () => false);
    expect(messages.map((one) => other.prove(one).isExact)).toEqual([false, false, false, false, false]);
  });

  it("are made of a template and values as of their text, odd values too", () => {
    let direct = 0;
    const odd = fc.constantFrom(
      '1,"x":2',
      '"a"b"',
      "5 ",
      "",
      "null",
      "true",
      "1.5",
      '"\\ud800"',
      "{}",
      "[1]",
      "-0",
      '"NaN"',
    );
    fc.assert(
      fc.property(messageSamples(), choices, fc.nat(), odd, ({ sources, bytes }, list, place, strange) => {
        const { types } = compileSchemas(sources);
        for (const [plan, known] of [[types.message("t.Root"), types] as const, [undefined, NO_TYPES] as const]) {
          const codec = createMessageCodec({ plan, types: known, coding: undefined, maxMessageBytes: 100_000 });
          const { text, plain } = decodeMessage(bytes, plan, known);
          if (plain) continue;
          const template = { segments: segmentsOf(text) };
          const rows = [text, ...list.map((choice) => shuffled(text, choice)), text].map((t) =>
            scalarsOf(parseJson(t)!).map(({ raw }) => raw),
          );
          const last = rows.at(-1)!;
          if (last.length > 0) rows.push(last.with(place % last.length, strange), last);
          for (const row of rows) {
            const said = codec.encodeEvent!(template, row);
            if (said === undefined) continue;
            direct++;
            const whole = template.segments.map((segment, i) => segment + (row[i] ?? "")).join("");
            expect(Buffer.from(said).toString("hex")).toBe(Buffer.from(codec.encode(whole)).toString("hex"));
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(direct).toBeGreaterThan(500);
  });

  it("leave nothing behind where one cannot be written", () => {
    const writer = createMessageWriter(undefined, NO_TYPES);
    const w = createWireWriter();
    expect(writer.write(w, '{"1":5,"2":{"3":"a"}}')).toBe(true);
    expect(writer.write(w, '{"1":6,"2":{"3":"a"}}')).toBe(true);
    const { at } = w;
    expect(writer.write(w, '{"1":1.5,"2":{"3":"a"}}')).toBe(false);
    expect(writer.write(w, '{"1":7,"2":{"3":"a"}')).toBe(false);
    expect(w.at).toBe(at);
    expect(writer.write(w, '{"1":7,"2":{"3":"b"}}')).toBe(true);
    expect(Buffer.from(w.bytes.subarray(at, w.at)).toString("hex")).toBe("080712031a0162");
  });
});
