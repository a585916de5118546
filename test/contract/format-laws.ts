import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, textFromBytes } from "../../src/base/bytes.ts";
import { parseJson } from "../../src/base/json.ts";
import { pathPattern } from "../../src/base/path.ts";
import type { Codec, CodecContext, DissectOptions, Filling, Format, Frame, Part } from "../../src/formats/format.ts";
import { scanLeaf } from "../../src/formats/leaf-kind.ts";

/** What the laws need to know of a format. */
export interface LawSubject {
  readonly format: Format;
  readonly context: CodecContext;
  /** Whole response bodies, well-formed ones and others. */
  readonly bodies: fc.Arbitrary<Uint8Array>;
  /** False where encoding is canonical and bytes of a message may differ from what they are encoded to. */
  readonly everyEventIsExact: boolean;
}

/** The frames of a body that comes in these chunks. */
export function framesOf(format: Format, context: CodecContext, chunks: readonly Uint8Array[]): Frame[] {
  const framer = format.createFramer(context);
  const frames = chunks.flatMap((chunk) => [...framer.push(chunk)]);
  frames.push(...framer.end());
  return frames;
}

/** The text that parts stand for, with `valueOf` in place of holes. */
export function joinParts(parts: readonly Part[], valueOf: (hole: string) => string): string {
  return parts.map((part) => (typeof part === "string" ? part : valueOf(part.hole))).join("");
}

/** Compiles the shape of an event whose leaves `isHole` chooses become holes named by their number. */
export function throughShape(
  codec: Codec,
  text: string,
  isHole: (leaf: number) => boolean,
  options?: DissectOptions,
): readonly Part[] {
  const dissection = codec.dissect(text, options);
  const filling = dissection.leaves.map((leaf, i): Filling => (isHole(i) ? { hole: `h${i}` } : { raw: leaf.raw }));
  const shape = parseJson(codec.formatShape(dissection, filling, "    "));
  expect(shape?.kind).toBe("object");
  return codec.compileShape(shape!);
}

/** Whether an event has the shape that these parts stand for: literals as they are, holes by their kinds. */
export function hasShape(parts: readonly Part[], text: string): boolean {
  let at = 0;
  for (const part of parts) {
    const end =
      typeof part === "string" ? (text.startsWith(part, at) ? at + part.length : -1) : scanLeaf(part.kind, text, at);
    if (end < 0) return false;
    at = end;
  }
  return at === text.length;
}

/** The laws that every format keeps (ARCHITECTURE.md, invariants 2 and 3). */
export function describeLaws(name: string, subject: LawSubject): void {
  const { format, context, bodies } = subject;
  const codec = format.createCodec(context);
  const texts = bodies
    .map((body) => framesOf(format, context, [body]).filter((frame) => frame.kind === "message"))
    .filter((frames) => frames.length > 0)
    .map((frames) => frames.map((frame) => codec.decode(frame.bytes)));
  const aText = texts.chain((list) => fc.constantFrom(...list));

  describe(`laws of ${name}`, () => {
    it("frames, joined, are the body", () => {
      fc.assert(
        fc.property(bodies, (body) => {
          expect(concatBytes(framesOf(format, context, [body]).map((frame) => frame.bytes))).toEqual(body);
        }),
      );
    });

    it("frames do not depend on how the bytes are cut into chunks", () => {
      const show = (frames: readonly Frame[]): unknown => frames.map((f) => [f.kind, f.detail, textFromBytes(f.bytes)]);
      fc.assert(
        fc.property(bodies, fc.array(fc.nat(), { maxLength: 8 }), (body, cuts) => {
          const whole = show(framesOf(format, context, [body]));
          const places = [0, ...cuts.map((cut) => cut % (body.length + 1)).toSorted((a, b) => a - b), body.length];
          const pieces = places.slice(1).map((to, i) => body.slice(places[i], to));
          expect(show(framesOf(format, context, pieces))).toEqual(whole);
          const single = Array.from(body, (byte) => Uint8Array.of(byte));
          expect(show(framesOf(format, context, single))).toEqual(whole);
        }),
      );
    });

    it("encoding an unchanged event gives its bytes back", () => {
      fc.assert(
        fc.property(bodies, (body) => {
          for (const frame of framesOf(format, context, [body])) {
            if (frame.kind !== "message") continue;
            const text = codec.decode(frame.bytes);
            const bytes = codec.encode(text);
            if (subject.everyEventIsExact) expect(bytes).toEqual(frame.bytes);
            else expect(codec.decode(bytes)).toBe(text);
          }
        }),
      );
    });

    it("segments and leaves, joined, are the text, and each leaf is what its kind says", () => {
      fc.assert(
        fc.property(aText, fc.nat(), fc.nat(), (text, a, b) => {
          for (const options of [undefined, optionsFor(codec, text, a, b)]) {
            const { segments, leaves } = codec.dissect(text, options);
            expect(segments).toHaveLength(leaves.length + 1);
            let joined = segments[0]!;
            leaves.forEach((leaf, i) => {
              expect(scanLeaf(leaf.kind, text, joined.length)).toBe(joined.length + leaf.raw.length);
              joined += leaf.raw + segments[i + 1]!;
            });
            expect(joined).toBe(text);
          }
        }),
      );
    });

    it("a shape of constants stands for the event", () => {
      fc.assert(
        fc.property(aText, (text) => {
          expect(
            joinParts(
              throughShape(codec, text, () => false),
              () => "?",
            ),
          ).toBe(text);
        }),
      );
    });

    it("a shape with holes, filled, stands for the event, and its holes have the kinds and paths of the leaves", () => {
      fc.assert(
        fc.property(aText, fc.nat(), fc.nat(), fc.infiniteStream(fc.boolean()), (text, a, b, choices) => {
          const options = optionsFor(codec, text, a, b);
          const { leaves } = codec.dissect(text, options);
          const isHole = leaves.map(() => choices.next().value === true);
          const parts = throughShape(codec, text, (i) => isHole[i]!, options);
          expect(joinParts(parts, (hole) => leaves[Number(hole.slice(1))]!.raw)).toBe(text);
          for (const part of parts) {
            if (typeof part === "string") continue;
            const leaf = leaves[Number(part.hole.slice(1))]!;
            expect([part.kind, part.path]).toEqual([leaf.kind, leaf.path]);
          }
        }),
      );
    });

    it("an event has its own shape, and one of text takes no JSON, nor the other way round", () => {
      fc.assert(
        fc.property(aText, aText, fc.infiniteStream(fc.boolean()), (text, other, choices) => {
          const parts = throughShape(codec, text, () => choices.next().value === true);
          expect(hasShape(parts, text)).toBe(true);
          const isJson = (t: string): boolean => codec.dissect(t).json !== undefined;
          if (hasShape(parts, other)) expect(isJson(other)).toBe(isJson(text));
        }),
      );
    });

    it("events differ nowhere exactly if they are equal", () => {
      fc.assert(
        fc.property(aText, aText, (a, b) => {
          expect(codec.difference(a, a)).toEqual([]);
          expect(codec.difference(a, b).length > 0).toBe(a !== b);
        }),
      );
    });

    it("an event that has one leaf changed differs there", () => {
      fc.assert(
        fc.property(aText, fc.nat(), (text, n) => {
          const { segments, leaves } = codec.dissect(text);
          if (leaves.length === 0) return;
          const at = n % leaves.length;
          const leaf = leaves[at]!;
          const changed = anotherValue(leaf.kind, leaf.raw);
          const other = segments.map((s, i) => s + (i === at ? changed : (leaves[i]?.raw ?? ""))).join("");
          if (other === text) return;
          // Two leaves of an object with duplicate keys share a path.
          expect(codec.difference(text, other).map((d) => d.path)).toContain(leaf.path);
        }),
      );
    });

    it("views and shapes are JSON", () => {
      fc.assert(
        fc.property(aText, (text) => {
          expect(() => JSON.parse(codec.view(text)) as unknown).not.toThrow();
        }),
      );
    });
  });
}

/** Options that make one container and one scalar of the event special. */
function optionsFor(codec: Codec, text: string, a: number, b: number): DissectOptions {
  const paths = codec.dissect(text).leaves.map((leaf) => leaf.path);
  const inner = paths.flatMap((path) =>
    /[.[]/.test(path) ? [pathPattern(path.slice(0, Math.max(path.lastIndexOf("."), path.lastIndexOf("["))))] : [],
  );
  const pick = (list: readonly string[], n: number): Set<string> =>
    new Set(list.length === 0 ? [] : [list[n % list.length]!]);
  return { opaque: pick(inner, a), nullable: pick(paths.map(pathPattern), b) };
}

function anotherValue(kind: string, raw: string): string {
  switch (kind) {
    case "string":
      return raw === '"other"' ? '"another"' : '"other"';
    case "number":
      return raw === "7" ? "8" : "7";
    case "boolean":
      return raw === "true" ? "false" : "true";
    case "null":
      return raw;
    default:
      return `${raw}x`;
  }
}
