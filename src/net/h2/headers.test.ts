import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { HeaderList } from "../../base/http.ts";
import { createHeaderDecoder, TOO_LONG } from "./header-decoder.ts";
import { encodeHeaders } from "./header-encoder.ts";
import { STATIC_TABLE } from "./header-table.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("header blocks of RFC 7541, appendix C", () => {
  const requests = (first: string): string[][][] => [
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", first],
    ],
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", first],
      ["cache-control", "no-cache"],
    ],
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", first],
      ["custom-key", "custom-value"],
    ],
  ];
  test.each([
    [
      "C.3, as they are",
      [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
      ],
    ],
    [
      "C.4, Huffman-coded",
      [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      ],
    ],
  ])("%s", (_, blocks) => {
    const decoder = createHeaderDecoder(1000);
    expect(blocks.map((hex) => decoder.decode(bytes(hex)))).toEqual(requests("www.example.com"));
  });
  test("the static table has its 61 entries where they belong", () => {
    expect(STATIC_TABLE).toHaveLength(61);
    for (const [index, entry] of [
      [8, [":status", "200"]],
      [16, ["accept-encoding", "gzip, deflate"]],
      [31, ["content-type", ""]],
      [61, ["www-authenticate", ""]],
    ] as const)
      expect(STATIC_TABLE[index - 1]).toEqual(entry);
  });
});

describe("the decoder", () => {
  test("entries that a table has no room for are gone, and the others keep their order", () => {
    const decoder = createHeaderDecoder(100_000);
    const add = (n: number): Buffer =>
      Buffer.concat([bytes("40 01"), Buffer.from([97 + n]), bytes("7f81 0f"), Buffer.alloc(2048, 48 + n)]);
    expect(decoder.decode(add(0))).toEqual([["a", "0".repeat(2048)]]);
    // 2 times 2,081 bytes are more than 4,096.
    decoder.decode(add(1));
    expect(decoder.decode(bytes("be"))).toEqual([["b", "1".repeat(2048)]]);
    expect(() => decoder.decode(bytes("bf"))).toThrow("no entry 63");
  });
  test("a smaller table forgets; a block that was read before is read anew then", () => {
    const decoder = createHeaderDecoder(1000);
    decoder.decode(bytes("40 01 61 01 62"));
    expect(decoder.decode(bytes("be"))).toEqual([["a", "b"]]);
    expect(decoder.decode(bytes("20 82"))).toEqual([[":method", "GET"]]);
    expect(() => decoder.decode(bytes("be"))).toThrow("no entry 62");
  });
  test("an equal block after an addition means something else", () => {
    const decoder = createHeaderDecoder(1000);
    decoder.decode(bytes("40 01 61 01 62"));
    expect(decoder.decode(bytes("be"))).toEqual([["a", "b"]]);
    decoder.decode(bytes("40 01 63 01 64"));
    expect(decoder.decode(bytes("be"))).toEqual([["c", "d"]]);
  });
  test("a list above the limit is not kept, but the tables are", () => {
    const decoder = createHeaderDecoder(100);
    expect(decoder.decode(bytes("40 01 61 01 62 82 84 82"))).toBe(TOO_LONG);
    expect(decoder.decode(bytes("be"))).toEqual([["a", "b"]]);
  });
  test.each([
    ["an index of nothing", "80"],
    ["a size above what was agreed", "3f e2 1f"],
    ["a size behind a header", "82 20"],
    ["an integer that does not end", "ff ff ff ff ff ff ff"],
    ["a string that is longer than the block", "00 05 61"],
    ["a name without a value", "00 01 61"],
    ["Huffman padding of a whole byte", "00 01 61 82 1f ff"],
    ["Huffman padding with zeros", "00 01 61 81 18"],
    ["the end of string inside", "00 01 61 84 ff ff ff ff"],
  ])("%s is refused", (_, hex) => {
    expect(() => createHeaderDecoder(1000).decode(bytes(hex))).toThrow();
  });
  property.prop([fc.uint8Array({ maxLength: 64 })])("no bytes make it fail in any other way", (block) => {
    try {
      createHeaderDecoder(1000).decode(Buffer.from(block));
    } catch (error) {
      expect((error as Error).name).toBe("ConnectionError");
    }
  });
});

const name = fc.stringMatching(/^[!#$%&'*+.^_`|~\da-z-]{1,20}$/);
const value = fc
  .array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 400 })
  .map((codes) => String.fromCharCode(...codes).replaceAll(/^ +| +$/g, ""));

property.prop([fc.array(fc.tuple(name, value)), fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined })])(
  "what is encoded decodes to itself",
  (list, status) => {
    const head: HeaderList = status === undefined ? [] : [[":status", String(status)]];
    expect(createHeaderDecoder(1 << 20).decode(encodeHeaders(list, status))).toEqual([...head, ...list]);
  },
);

test("what HTTP/2 cannot say is left out", () => {
  const list: HeaderList = [
    ["X-Upper", "1"],
    ["a b", "1"],
    [":path", "/"],
    ["", "1"],
    ["x", "1\r\ny: 2"],
    ["x", "\u0100"],
    ["spaced", " \t1 2\t "],
  ];
  expect(createHeaderDecoder(1000).decode(encodeHeaders(list))).toEqual([
    ["x-upper", "1"],
    ["spaced", "1 2"],
  ]);
});
