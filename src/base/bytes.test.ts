import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesEqual, bytesFromText, concatBytes, textFromBytes, utf8FromBytes } from "./bytes.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("textFromBytes", () => {
  it("loses nothing, whatever the bytes", () => {
    const mixed = fc.oneof(
      fc.uint8Array(),
      fc
        .array(
          fc.oneof(
            fc.uint8Array({ maxLength: 3 }),
            fc.string({ unit: "grapheme", maxLength: 3 }).map((s) => bytesFromText(s)),
          ),
        )
        .map(concatBytes),
    );
    fc.assert(
      fc.property(mixed, (b) => {
        expect(bytesFromText(textFromBytes(b))).toEqual(b);
      }),
    );
  });

  it("is UTF-8 where the bytes are, a byte order mark included", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((s) => s.isWellFormed()),
        (s) => {
          expect(textFromBytes(new TextEncoder().encode(s))).toBe(s);
        },
      ),
    );
    expect(textFromBytes(bytes(0xef, 0xbb, 0xbf, 97))).toBe("\ufeffa");
  });

  it("shows each byte that is no UTF-8 as a lone surrogate", () => {
    expect(textFromBytes(bytes(97, 0xff, 98))).toBe("a\udcffb");
    // Overlong, a surrogate's three bytes, beyond U+10FFFF, cut off.
    expect(textFromBytes(bytes(0xc0, 0xaf))).toBe("\udcc0\udcaf");
    expect(textFromBytes(bytes(0xed, 0xb2, 0x80))).toBe("\udced\udcb2\udc80");
    expect(textFromBytes(bytes(0xf4, 0x90, 0x80, 0x80))).toBe("\udcf4\udc90\udc80\udc80");
    expect(textFromBytes(bytes(0xe2, 0x82))).toBe("\udce2\udc82");
    expect(textFromBytes(bytes(0xff, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80))).toBe("\udcff€😀");
  });
});

describe("bytesFromText", () => {
  it("gives each surrogate that stands for no byte as U+FFFD, long texts too", () => {
    expect(bytesFromText("a\ud800b\udc00\udc80")).toEqual(bytes(97, 0xef, 0xbf, 0xbd, 98, 0xef, 0xbf, 0xbd, 0x80));
    const long = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i) & 255);
    expect(bytesEqual(bytesFromText(textFromBytes(long)), long)).toBe(true);
  });
});

describe("bytes", () => {
  it("join and compare", () => {
    const one = bytes(1, 2);
    expect(concatBytes([one])).toBe(one);
    expect(concatBytes([one, bytes(), bytes(3)])).toEqual(bytes(1, 2, 3));
    expect(concatBytes([])).toEqual(bytes());
    expect(bytesEqual(one, bytes(1, 2))).toBe(true);
    expect(bytesEqual(one, bytes(1, 3))).toBe(false);
    expect(bytesEqual(one, bytes(1, 2, 3))).toBe(false);
  });

  it("are UTF-8 or not", () => {
    expect(utf8FromBytes(bytes(0xe2, 0x82, 0xac))).toBe("€");
    expect(utf8FromBytes(bytes(0xe2, 0x82))).toBeUndefined();
  });
});
