import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame } from "../format.ts";
import { createMessageFramer, frameFromMessage, type FramerOptions } from "./framer.ts";

const OPTIONS: FramerOptions = { maxMessageBytes: 20, mayBeCompressed: true };

function frames(chunks: readonly Uint8Array[], options: FramerOptions = OPTIONS): readonly Frame[] {
  const framer = createMessageFramer(options);
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
}

function show(list: readonly Frame[]): readonly string[] {
  return list.map(
    (f) => `${f.kind} ${Buffer.from(f.bytes).toString("hex")}${f.detail === undefined ? "" : ` (${f.detail})`}`,
  );
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const byteByByte = (all: Uint8Array): Uint8Array[] => [...all].map((b) => Uint8Array.of(b));

describe("length-prefixed messages", () => {
  it("are frames with their prefix: several in a chunk, one over several chunks, empty ones", () => {
    const all = bytes("0000000002 0801  0000000000  0100000003 aabbcc");
    const expected = ["message 00000000020801", "message 0000000000", "message 0100000003aabbcc"];
    expect(show(frames([all]))).toEqual(expected);
    expect(show(frames(byteByByte(all)))).toEqual(expected);
  });

  it("come as soon as their last byte is there", () => {
    const framer = createMessageFramer(OPTIONS);
    expect(framer.push(bytes("0000000002 08"))).toEqual([]);
    expect(show(framer.push(bytes("01 00")))).toEqual(["message 00000000020801"]);
  });

  it("that are cut off are malformed, in the prefix and in the message", () => {
    expect(show(frames([bytes("000000")]))).toEqual(["malformed 000000 (cut off in a length prefix)"]);
    expect(show(frames([bytes("0000000004 0801")]))).toEqual([
      "malformed 00000000040801 (cut off: 2 bytes are missing)",
    ]);
    expect(frames([])).toEqual([]);
  });

  it("above the limit are passed over in pieces, and reading goes on", () => {
    const long = frameFromMessage(new Uint8Array(45).fill(7), false);
    const list = frames([long, bytes("0000000001 08")]);
    expect(list.map((f) => [f.kind, f.bytes.length])).toEqual([
      ["malformed", 20],
      ["malformed", 20],
      ["malformed", 10],
      ["message", 6],
    ]);
    expect(list[0]!.detail).toBe("longer than 20 bytes");
  });

  it("of exactly the limit are whole, however they come", () => {
    const all = frameFromMessage(new Uint8Array(20).fill(7), false);
    for (const chunks of [[all], byteByByte(all)]) expect(frames(chunks).map((f) => f.kind)).toEqual(["message"]);
  });

  it("with a length that lies keep all their bytes", () => {
    const list = frames([bytes("00 ffffffff 0801 0000000002 0801")]);
    expect(list.map((f) => f.kind)).toEqual(["malformed"]);
    expect(list[0]!.bytes.length).toBe(14);
  });

  it("that begin with neither 0 nor 1 make all the rest malformed", () => {
    const list = frames([bytes("0000000001 08  02 00000000 0000000001 08")]);
    expect(show(list)).toEqual([
      "message 000000000108",
      "malformed 0200000000000000000108 (a message begins with 0 or 1, not with 2)",
    ]);
  });

  it("that are compressed need a coding", () => {
    const list = frames([bytes("0100000001 aa 0000000001 08")], { maxMessageBytes: 20, mayBeCompressed: false });
    expect(show(list)).toEqual([
      "malformed 0100000001aa (compressed, but no grpc-encoding says how)",
      "message 000000000108",
    ]);
  });
});

describe("any bytes", () => {
  const stream = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((m) => frameFromMessage(m, false)),
      fc.uint8Array({ maxLength: 8 }).map((m) => frameFromMessage(m, true)),
      fc.uint8Array({ maxLength: 9 }),
    ),
    { maxLength: 6 },
  );

  it("make frames that do not depend on the chunks and have every byte once", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 12 })), fc.boolean(), (parts, sizes, mayBeCompressed) => {
        const options = { maxMessageBytes: 20, mayBeCompressed };
        const all = Uint8Array.from(Buffer.concat(parts));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < all.length; i++) {
          const size = sizes[i % Math.max(1, sizes.length)] ?? 3;
          chunks.push(all.subarray(at, at + size));
          at += size;
        }
        const whole = frames([all], options);
        expect(show(frames(chunks, options))).toEqual(show(whole));
        expect(Buffer.concat(whole.map((f) => f.bytes)).equals(all)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
