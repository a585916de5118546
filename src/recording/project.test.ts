import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesFromText, textFromBytes } from "../base/bytes.ts";
import type { Codec, Format, Formats, Frame } from "../formats/format.ts";
import type { Exchange } from "./exchange.ts";
import { project, projectExchange, zeroOfExchange, type ResponseBytes } from "./project.ts";

/** A format of lines: `#` begins filler, a line without its end is malformed, `~` does not survive encoding, `!` cannot be encoded. */
function lineFormat(actsOnFirstMessage = false): Format {
  const format: Partial<Format> = {
    id: "lines",
    actsOnFirstMessage,
    createFramer: () => {
      let rest = "";
      const frame = (text: string, kind?: Frame["kind"]): Frame => ({
        kind: kind ?? (text.startsWith("#") ? "filler" : "message"),
        bytes: Buffer.from(text, "latin1"),
      });
      return {
        push: (chunk) => {
          const lines = (rest + Buffer.from(chunk).toString("latin1")).split(/(?<=\n)/);
          rest = lines.at(-1)?.endsWith("\n") === true ? "" : (lines.pop() ?? "");
          return lines.map((l) => frame(l));
        },
        end: () => (rest === "" ? [] : [frame(rest, "malformed")]),
      };
    },
    createCodec: () =>
      ({
        decode: textFromBytes,
        encode: (text: string) => {
          if (text.startsWith("!")) throw new Error("no bytes for this");
          return bytesFromText(text.replace("~", ""));
        },
      }) as Codec,
    termination: ({ close, trailers }) => ({ ...close, detail: `${trailers?.length ?? "no"} trailers` }),
  };
  return format as Format;
}

function formatsOf(format: Format): Formats {
  return {
    all: [format],
    find: () => format,
    findForRequest: () => format,
    byId: () => format,
    rewriteTexts: () => undefined,
  };
}

function chunk(atUs: number, text: string): { atUs: number; bytes: Uint8Array } {
  return { atUs, bytes: Buffer.from(text, "latin1") };
}

const BYTES: ResponseBytes = {
  request: { protocol: "http", httpVersion: "1.1", method: "GET", path: "/", query: "", headers: [] },
  response: {
    status: 200,
    coding: "gzip",
    headers: [
      ["Connection", "close, X-Hop"],
      ["x-hop", "1"],
      ["X-Wraith-Route", "r"],
      ["Content-Type", "a"],
      ["content-type", "b"],
      ["Transfer-Encoding", "chunked"],
    ],
  },
  zeroUs: 100,
  headUs: 110,
  chunks: [
    chunk(120, "one\n#fil"),
    chunk(130, "ler\ntw"),
    chunk(140, "o~\n!\n\xff\n"),
    chunk(150, "cut o"),
    chunk(160, "ff"),
  ],
  trailers: [
    ["x-wraith-a", "1"],
    ["X-Sum", "2"],
  ],
  close: { shape: "clean", by: "server" },
  closeUs: 170,
};

describe("a projection", () => {
  it("has each event at the time of the chunk that completed it, filler at its place, and says what is not exact", () => {
    expect(project(BYTES, lineFormat(), true)).toEqual({
      format: "lines",
      status: 200,
      headers: [
        ["Content-Type", "a"],
        ["content-type", "b"],
      ],
      headUs: 10,
      coding: "gzip",
      events: [
        { text: "one\n", atUs: 20 },
        { text: "two~\n", atUs: 40 },
        { text: "!\n", atUs: 40 },
        { text: "\udcff\n", atUs: 40 },
      ],
      filler: [
        { before: 1, text: "#filler\n", atUs: 30, malformed: false },
        { before: 4, text: "cut off", atUs: 60, malformed: true },
      ],
      trailers: [["X-Sum", "2"]],
      termination: { shape: "clean", by: "server", detail: "2 trailers" },
      endUs: 70,
      inexact: [1, 2],
    });
  });

  it("does not depend on how the bytes were cut, but for times", () => {
    const whole = project(
      { ...BYTES, chunks: [{ atUs: 120, bytes: Buffer.concat(BYTES.chunks.map((c) => c.bytes)) }] },
      lineFormat(),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(40)), (cuts) => {
        const all = Buffer.concat(BYTES.chunks.map((c) => c.bytes));
        const ends = [...cuts.filter((c) => c < all.length).sort((a, b) => a - b), all.length];
        const chunks = ends.map((end, i) => ({ atUs: 120, bytes: all.subarray(ends[i - 1] ?? 0, end) }));
        expect(project({ ...BYTES, chunks }, lineFormat())).toEqual(whole);
      }),
    );
  });

  it("takes a frame for exact that says the same where equal bytes cannot be asked for", () => {
    const format = lineFormat();
    const codec = { ...format.createCodec({ request: BYTES.request, direction: "server" }), sameBytes: () => true };
    expect(project(BYTES, { ...format, createCodec: () => codec }, true).inexact).toEqual([2]);
  });

  it("of events that are their own text is exact without trying: the text of bytes gives them back, whatever they are", () => {
    const piece = fc.constantFrom("a", "\ufeff", "é", "🙂", "\ufffd").map((text) => [...Buffer.from(text)]);
    const bytes = fc.array(fc.oneof(piece, fc.array(fc.nat(255), { maxLength: 4 })));
    fc.assert(
      fc.property(bytes, (parts) => {
        const all = Uint8Array.from(parts.flat());
        expect(Buffer.from(bytesFromText(textFromBytes(all)))).toEqual(Buffer.from(all));
      }),
    );
  });

  it("has no time before zero, no trailers where none were sent, and empty ones where they were", () => {
    const early = project({ ...BYTES, zeroUs: 1000, trailers: undefined }, lineFormat());
    expect([early.headUs, early.events[0]!.atUs, early.endUs, early.trailers]).toEqual([0, 0, 0, undefined]);
    expect(project({ ...BYTES, trailers: [] }, lineFormat()).trailers).toEqual([]);
  });
});

describe("an exchange's zero", () => {
  const exchange: Exchange = {
    session: "s",
    index: 0,
    conn: 1,
    stream: null,
    openUs: 50,
    request: BYTES.request,
    requestChunks: [chunk(60, "as"), chunk(70, "k\nmore"), chunk(80, "\n")],
    requestEndUs: 90,
    informational: [],
    headUs: 110,
    response: BYTES.response,
    chunks: BYTES.chunks,
    close: BYTES.close,
    scrubbed: [],
    unscrubbed: false,
  };

  it("is the request's last byte", () => {
    expect(zeroOfExchange(exchange, lineFormat())).toBe(90);
    expect(zeroOfExchange({ ...exchange, headUs: 20 }, lineFormat())).toBe(90);
    expect(zeroOfExchange({ ...exchange, requestEndUs: undefined }, lineFormat())).toBe(80);
    expect(zeroOfExchange({ ...exchange, requestEndUs: undefined, requestChunks: [] }, lineFormat())).toBe(50);
  });

  it("is the first message in formats that act on it, or the request's head where the answer came before", () => {
    expect(zeroOfExchange(exchange, lineFormat(true))).toBe(70);
    expect(zeroOfExchange({ ...exchange, requestEndUs: undefined }, lineFormat(true))).toBe(70);
    expect(zeroOfExchange({ ...exchange, headUs: 65 }, lineFormat(true))).toBe(50);
    expect(zeroOfExchange({ ...exchange, requestChunks: [] }, lineFormat(true))).toBe(90);
    expect(zeroOfExchange({ ...exchange, requestChunks: [], headUs: 80 }, lineFormat(true))).toBe(50);
    expect(zeroOfExchange({ ...exchange, requestChunks: [], requestEndUs: undefined }, lineFormat(true))).toBe(50);
  });

  it("is what its projection counts from; where nobody wrote down the end, the last thing heard is it", () => {
    const projection = projectExchange(exchange, formatsOf(lineFormat()));
    expect(projection).toMatchObject({ headUs: 20, endUs: 70, events: [{ atUs: 30 }, {}, {}, {}] });
    expect(projectExchange({ ...exchange, closeUs: 500 }, formatsOf(lineFormat()))).toMatchObject({ endUs: 410 });
    expect(projectExchange({ ...exchange, response: undefined }, formatsOf(lineFormat()))).toBeUndefined();
  });
});
