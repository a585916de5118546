import * as zlib from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../base/bytes.ts";
import { compress, createBodyDecoder, createBodyEncoder, decompress, type BodyDecoder } from "./encoding.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const show = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);
const plain = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

/** Made with zstd 1.5: `{}`, and a million spaces. */
const ZSTD_SMALL = plain(Buffer.from("KLUv/SQCEQAAe33RlPJ6", "base64"));
const ZSTD_SPACES = plain(
  Buffer.from("KLUv/aRAQg8AVAAAECAgAQD7/znAAgIAECACABAgAgAQIAIAECACABAgAgAQIAMSCiBpAmvc", "base64"),
);

/** Coding names and how node makes them. */
const CODERS: readonly [string, (b: Uint8Array) => Uint8Array][] = [
  ["gzip", (b) => zlib.gzipSync(b)],
  ["x-gzip", (b) => zlib.gzipSync(b)],
  ["deflate", (b) => zlib.deflateSync(b)],
  ["deflate", (b) => zlib.deflateRawSync(b)],
  ["br", (b) => zlib.brotliCompressSync(b)],
];

async function decodeAll(decoder: BodyDecoder, bytes: Uint8Array, step: number): Promise<Uint8Array | undefined> {
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    const part = await decoder.push(bytes.slice(at, at + step));
    if (part === undefined) return undefined;
    out.push(part);
  }
  return concatBytes(out);
}

describe("a body decoder", () => {
  it.each(CODERS)("undoes %s (%#), however the bytes are cut", async (coding, make) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 60 }), async (bytes, step) => {
        expect(await decodeAll(createBodyDecoder(coding)!, make(bytes), step)).toEqual(bytes);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["gzip", () => zlib.createGzip(), zlib.constants.Z_SYNC_FLUSH],
    ["deflate", () => zlib.createDeflate(), zlib.constants.Z_SYNC_FLUSH],
    ["br", () => zlib.createBrotliCompress(), zlib.constants.BROTLI_OPERATION_FLUSH],
  ] as const)("gives each flushed event of %s at once", async (coding, create, flush) => {
    const stream = create();
    const flushed: Buffer[] = [];
    stream.on("data", (part: Buffer) => flushed.push(part));
    const decoder = createBodyDecoder(coding)!;
    for (let n = 0; n < 5; n++) {
      stream.write(`data: ${n}\n\n`);
      await new Promise<void>((resolve) => stream.flush(flush, resolve));
      expect(show(await decoder.push(plain(Buffer.concat(flushed.splice(0)))))).toBe(`data: ${n}\n\n`);
    }
    stream.destroy();
  });

  it("reads gzip of several members, also cut between them, and leaves out what follows", async () => {
    const [one, two] = [plain(zlib.gzipSync("one ")), plain(zlib.gzipSync("two"))];
    const whole = createBodyDecoder("gzip")!;
    expect(show(await whole.push(concatBytes([one, two])))).toBe("one two");
    const apart = createBodyDecoder("gzip")!;
    expect(show(await apart.push(one))).toBe("one ");
    expect(show(await apart.push(two))).toBe("two");
    for (const step of [1, 5, 1000])
      expect(show(await decodeAll(createBodyDecoder("gzip")!, concatBytes([one, two]), step))).toBe("one two");
    const tail = createBodyDecoder("gzip")!;
    expect(show(await tail.push(concatBytes([one, new Uint8Array(20)])))).toBe("one ");
    expect(show(await tail.push(text("more")))).toBe("");
  });

  it("keeps the order of pushes that do not wait for one another", async () => {
    const bytes = plain(zlib.gzipSync("a".repeat(1000) + "b".repeat(1000)));
    const decoder = createBodyDecoder("gzip")!;
    const parts = await Promise.all(Array.from(bytes, async (b) => decoder.push(Uint8Array.of(b))));
    expect(show(concatBytes(parts.map((p) => p!)))).toBe("a".repeat(1000) + "b".repeat(1000));
  });

  it("answers every push, also those that were waiting when the bytes broke or ended", async () => {
    const broken = createBodyDecoder("gzip")!;
    const pushes = ["no such thing", "more", "and more"].map(async (s) => broken.push(text(s)));
    expect(await Promise.all(pushes)).toEqual([undefined, undefined, undefined]);
    const ended = createBodyDecoder("br")!;
    const parts = [compress("br", text("a"))!, text("tail"), text("tail")].map(async (bytes) => ended.push(bytes));
    expect((await Promise.all(parts)).map(show)).toEqual(["a", expect.anything(), expect.anything()]);
  });

  it.each(["gzip", "deflate", "br", "zstd"])("says that bytes are no %s, and goes on saying so", async (coding) => {
    const decoder = createBodyDecoder(coding)!;
    expect(await decoder.push(text("no such thing, but plain text of some length"))).toBeUndefined();
    expect(await decoder.push(coding === "zstd" ? ZSTD_SMALL : compress(coding, text("x"))!)).toBeUndefined();
  });

  it("gives what came before the bytes that are broken", async () => {
    const bytes = plain(zlib.gzipSync("hello", { level: 0 }));
    bytes[bytes.length - 5]! ^= 1; // the checksum
    const decoder = createBodyDecoder("gzip")!;
    expect(show(await decoder.push(bytes.slice(0, -8)))).toBe("hello");
    expect(await decoder.push(bytes.slice(-8))).toBeUndefined();
  });

  it("does not let one push fill the memory", async () => {
    const zeros = new Uint8Array(3_000_000);
    for (const [coding, make] of CODERS) {
      expect(await createBodyDecoder(coding, 1_000_000)!.push(make(zeros)), coding).toBeUndefined();
      expect(await createBodyDecoder(coding, 3_000_000)!.push(make(zeros)), coding).toHaveLength(3_000_000);
    }
    expect(await createBodyDecoder("zstd", 999_999)!.push(ZSTD_SPACES)).toBeUndefined();
    expect(await createBodyDecoder("zstd", 1_000_000)!.push(ZSTD_SPACES)).toHaveLength(1_000_000);
  });

  it("knows no other coding", () => {
    expect(createBodyDecoder("compress")).toBeUndefined();
    expect(createBodyDecoder("gzip, br")).toBeUndefined();
    expect(createBodyDecoder("")).toBeUndefined();
  });
});

describe("zstd", () => {
  it.each([1, 2, 7, 20, 1000])(
    "is read in steps of %i bytes, frame after frame, with what may be skipped",
    async (step) => {
      const skippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9);
      const bytes = concatBytes([ZSTD_SMALL, skippable, ZSTD_SPACES, ZSTD_SMALL]);
      const out = await decodeAll(createBodyDecoder("zstd")!, bytes, step);
      expect(show(out)).toBe(`{}${" ".repeat(1_000_000)}{}`);
    },
  );

  it("gives a small frame at once", () => {
    expect(show(createBodyDecoder("zstd")!.push(ZSTD_SMALL) as Uint8Array)).toBe("{}");
  });

  it("refuses a frame that wants more than 8 MB of window, also as a second frame", () => {
    // Window descriptor 0x78: 2^25 bytes. One empty last block follows.
    const greedy = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x78, 0x01, 0x00, 0x00);
    const modest = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x01, 0x00, 0x00);
    expect(createBodyDecoder("zstd")!.push(greedy)).toBeUndefined();
    expect(createBodyDecoder("zstd")!.push(modest)).toHaveLength(0);
    expect(createBodyDecoder("zstd")!.push(concatBytes([ZSTD_SMALL, greedy]))).toBeUndefined();
  });

  it.skipIf(compress("zstd", text("x")) === undefined)("made by node is read", async () => {
    const big = text(Array.from({ length: 40_000 }, (_, i) => `data: {"n":${i * 7919}}\n\n`).join(""));
    expect(await decodeAll(createBodyDecoder("zstd")!, plain(compress("zstd", big)!), 1000)).toEqual(big);
  });
});

describe("a body encoder", () => {
  it.each(["gzip", "x-gzip", "deflate", "br", "zstd"])("of %s flushes at each push", async (coding) => {
    const encoder = createBodyEncoder(coding);
    if (encoder === undefined) {
      expect(coding).toBe("zstd"); // Node before 22
      return;
    }
    const decoder = createBodyDecoder(coding)!;
    for (let n = 0; n < 20; n++) {
      const event = `data: {"n":${n}}\n\n`;
      expect(show(await decoder.push(plain(await encoder.push(text(event)))))).toBe(event);
    }
    expect(show(await decoder.push(plain(await encoder.end())))).toBe("");
  });

  it("keeps the order of pushes that do not wait for one another, and ends whole", async () => {
    const encoder = createBodyEncoder("gzip")!;
    const parts = await Promise.all([
      encoder.push(text("a")),
      encoder.push(text("b")),
      encoder.push(new Uint8Array(0)),
      encoder.end(),
    ]);
    expect(zlib.gunzipSync(concatBytes(parts)).toString()).toBe("ab");
  });

  it("knows no other coding", () => {
    expect(createBodyEncoder("compress")).toBeUndefined();
    expect(createBodyEncoder("identity")).toBeUndefined();
  });
});

describe("whole pieces", () => {
  it.each(["identity", "gzip", "x-gzip", "deflate", "br", "zstd"])("of %s come back", (coding) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const coded = compress(coding, bytes);
        if (coded === undefined) expect(coding).toBe("zstd");
        else expect(plain(decompress(coding, coded, 1000)!)).toEqual(bytes);
      }),
      { numRuns: 20 },
    );
  });

  it("also raw deflate and zstd", () => {
    expect(show(decompress("deflate", zlib.deflateRawSync("raw"), 100))).toBe("raw");
    expect(show(decompress("zstd", ZSTD_SMALL, 2))).toBe("{}");
  });

  it("are undefined where they are too long, cut off, or of another coding", () => {
    for (const coding of ["gzip", "deflate", "br"]) {
      const coded = compress(coding, text("0123456789"))!;
      expect(decompress(coding, coded, 10), coding).toHaveLength(10);
      expect(decompress(coding, coded, 9), coding).toBeUndefined();
      expect(decompress(coding, coded.subarray(0, coded.length - 1), 10), coding).toBeUndefined();
      expect(decompress(coding, text("no such thing"), 100), coding).toBeUndefined();
    }
    expect(decompress("zstd", ZSTD_SMALL.subarray(0, 12), 100)).toBeUndefined();
    expect(decompress("zstd", ZSTD_SMALL, 1)).toBeUndefined();
    expect(decompress("identity", text("abc"), 2)).toBeUndefined();
    expect(decompress("snappy", text("abc"), 100)).toBeUndefined();
    expect(compress("snappy", text("abc"))).toBeUndefined();
  });
});
