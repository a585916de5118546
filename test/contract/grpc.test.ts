import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WraithError } from "../../src/base/errors.ts";
import type { HeaderList } from "../../src/base/http.ts";
import { compactJson, parseJson } from "../../src/base/json.ts";
import { concatBytes } from "../../src/base/bytes.ts";
import type { CodecContext, EndEvidence, SchemaSources } from "../../src/formats/format.ts";
import { frameFromMessage } from "../../src/formats/grpc/framer.ts";
import { createGrpcFormat } from "../../src/formats/grpc/index.ts";
import { describeLaws, joinParts, throughShape } from "./format-laws.ts";

const protos = join(import.meta.dirname, "protos");
const files = ["shop/order.proto", "shop/common/money.proto", "legacy.proto", "modern.proto"];
const SPECIAL = `syntax = "proto3"; package special; import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
  import "google/protobuf/timestamp.proto"; import "google/protobuf/any.proto";
  service S { rpc Text(google.protobuf.StringValue) returns (google.protobuf.StringValue); rpc Tree(google.protobuf.Struct) returns (google.protobuf.Struct);
    rpc Time(google.protobuf.Timestamp) returns (google.protobuf.Timestamp); rpc Any(google.protobuf.Any) returns (google.protobuf.Any); }`;
const schemas: SchemaSources = {
  protoFiles: [
    ...files.map((path) => ({ path, text: readFileSync(join(protos, path), "utf8") })),
    { path: "special.proto", text: SPECIAL },
    {
      path: "old.proto",
      text: 'import "legacy.proto"; import "modern.proto"; service Old { rpc Get(legacy.v1.Record) returns (legacy.v1.Record); rpc New(modern.Model) returns (modern.Model); }',
    },
  ],
  descriptorSets: [],
  maxMessageBytes: 100_000,
};
const noSchemas: SchemaSources = { protoFiles: [], descriptorSets: [], maxMessageBytes: 100_000 };
const format = createGrpcFormat(schemas);
const wireFormat = createGrpcFormat(noSchemas);

function contextOf(path: string, response: HeaderList = [], request: HeaderList = []): CodecContext {
  const headers: HeaderList = [["content-type", "application/grpc"], ...request];
  return {
    request: { protocol: "grpc", httpVersion: "2", method: "POST", path, query: "", headers },
    response: { status: 200, headers: [["content-type", "application/grpc"], ...response] },
    direction: "server",
  };
}

const watch = contextOf("/shop.Orders/Watch");
const gzipped = contextOf("/shop.Orders/Watch", [["grpc-encoding", "gzip"]]);
const codec = format.createCodec(watch);
const frame = (hex: string): Uint8Array =>
  frameFromMessage(Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")), false);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(5)).toString("hex");

/** Some order's JSON, as this program writes it. */
const order = fc
  .record(
    {
      message: fc.string(),
      enum: fc.integer(),
      grandTotal: fc.record({ currency: fc.string(), units: fc.bigInt(-5n, 5n).map(String) }, { requiredKeys: [] }),
      items: fc.array(fc.record({ sku: fc.string(), count: fc.nat() }, { requiredKeys: [] }), {
        minLength: 1,
        maxLength: 3,
      }),
      itemsByKey: fc.dictionary(fc.string(), fc.record({ sku: fc.string() }), { minKeys: 1, maxKeys: 3 }),
      note: fc.string(),
      kind: fc.constantFrom("KIND_NONE", "KIND_SOME"),
      packedNumbers: fc.array(fc.integer(), { maxLength: 3 }),
      extra: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
      maybe: fc.bigInt(1n, 2n ** 62n).map(String),
      wait: fc.constantFrom("1s", "-0.500s"),
    },
    { requiredKeys: [] },
  )
  .map((json) => codec.encode(JSON.stringify(json)));
const anyMessage = fc.uint8Array({ maxLength: 40 }).map((m) => frameFromMessage(m, false));
const bodyOf = (part: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.array(part, { maxLength: 4 }).map((parts) => Uint8Array.from(concatBytes(parts)));

describeLaws("gRPC with a schema", {
  format,
  context: watch,
  bodies: bodyOf(fc.oneof(order, anyMessage)),
  everyEventIsExact: true,
});
describeLaws("gRPC without a schema", {
  format: wireFormat,
  context: watch,
  bodies: bodyOf(fc.oneof(order, anyMessage, fc.uint8Array({ maxLength: 9 }))),
  everyEventIsExact: true,
});
describeLaws("gRPC of proto2", {
  format,
  context: contextOf("/Old/Get"),
  bodies: bodyOf(anyMessage),
  everyEventIsExact: true,
});
for (const method of ["Text", "Tree", "Time", "Any"])
  describeLaws(`gRPC of a well-known type (${method})`, {
    format,
    context: contextOf(`/special.S/${method}`),
    bodies: bodyOf(anyMessage),
    everyEventIsExact: true,
  });
const packed = fc.oneof(
  order.map((f) => frameFromMessage(gzipSync(f.subarray(5)), true)),
  fc.uint8Array({ maxLength: 20 }).map((m) => frameFromMessage(m, true)),
  order,
);
describeLaws("gRPC with compressed messages", {
  format,
  context: gzipped,
  bodies: bodyOf(packed),
  everyEventIsExact: false,
});

describe("a message's text", () => {
  const cases: readonly (readonly [about: string, path: string, hex: string, text: string])[] = [
    ["nothing", "/shop.Orders/Watch", "", "{}"],
    ["fields in wire order", "/shop.Orders/Watch", "1005 0a0161", '{"enum":5,"message":"a"}'],
    [
      "explicit defaults",
      "/shop.Orders/Watch",
      "0a00 1000 5200 5800",
      '{"message":"","enum":0,"note":"","kind":"KIND_NONE"}',
    ],
    ["an empty submessage", "/shop.Orders/Watch", "2200 9a0100", '{"grandTotal":{},"extra":{}}'],
    [
      "unknown fields",
      "/shop.Orders/Watch",
      "08c801 a00605 a2060568656c6c6f a20602ff00 a506 0000c03f",
      '{"1":200,"100":[5,"hello"],"100-bytes":"/wA=","100-fixed32":1.5}',
    ],
    ["a field that comes again", "/shop.Orders/Watch", "1001 1002", '{"enum":1,"enum":2}'],
    [
      "a list that is interrupted",
      "/shop.Orders/Watch",
      "3200 1001 3200 3200",
      '{"items":[{}],"enum":1,"items":[{},{}]}',
    ],
    [
      "packed, and packed again",
      "/shop.Orders/Watch",
      "8201020102 82010103 820100",
      '{"packedNumbers":[1,2],"packedNumbers":[3],"packedNumbers":[]}',
    ],
    [
      "lists in the other encoding",
      "/shop.Orders/Watch",
      "800101 800102 8a01020304",
      '{"packedNumbers-expanded":[1,2],"expandedNumbers-packed":[3,4]}',
    ],
    [
      "a map in wire order",
      "/shop.Orders/Watch",
      "3a05 0a0162 1200 3a05 0a0161 1200",
      '{"itemsByKey":{"b":{},"a":{}}}',
    ],
    [
      "map entries without key or value",
      "/shop.Orders/Watch",
      "3a03 0a0162 3a02 1200 4202 0807",
      '{"itemsByKey-entries":[{"key":"b"},{"value":{}}],"units-entries":[{"key":"7"}]}',
    ],
    [
      "map entries with keys that are no strings",
      "/shop.Orders/Watch",
      "420d 08ffffffffffffffffff01 1001 4a04 0801 1200",
      '{"units":{"-1":"UNIT_PIECE"},"times":{"true":"1970-01-01T00:00:00Z"}}',
    ],
    ["numbers of enums that have no name", "/shop.Orders/Watch", "5863", '{"kind":99}'],
    ["a varint that is too long", "/shop.Orders/Watch", "108500 1001", '{"2-raw":"EIUA","enum":1}'],
    ["another wire type", "/shop.Orders/Watch", "0805", '{"1":5}'],
    ["a cut-off end", "/shop.Orders/Watch", "1005 0a05 6162", '{"enum":5,"-raw":"CgVhYg=="}'],
    ["text that is not UTF-8", "/shop.Orders/Watch", "0a03 61ff62", '{"message":"a\\udcffb"}'],
    ["a duration with an explicit zero", "/shop.Orders/Watch", "aa0102 0800", '{"wait-plain":{"seconds":"0"}}'],
    ["a duration that is cut off", "/shop.Orders/Watch", "aa010110", '{"wait-plain":{"-raw":"EA=="}}'],
    [
      "wrappers, and an explicit default in one",
      "/shop.Orders/Watch",
      "b20100 b201020801 b201020800",
      '{"maybe":"0","maybe":"1","maybe-plain":{"value":"0"}}',
    ],
    [
      "an Any of a known type",
      "/shop.Orders/Watch",
      "7219 0a13 742f73686f702e636f6d6d6f6e2e4d6f6e6579 1202 1004",
      '{"other":{"@type":"t/shop.common.Money","units":"2"}}',
    ],
    ["an Any of an unknown type", "/shop.Orders/Watch", "7208 0a02 742f 1202 0805", '{"other":{"@type":"t/","1":5}}'],
    [
      "extensions and groups of proto2",
      "/Old/Get",
      "0801 6b 0805 6c a20600 f2060161 fb06 0801 fc06",
      '{"id":1,"part":{"a":5},"[legacy.v1.Record.nested_ext]":{},"[legacy.v1.note]":"a","[legacy.v1.extra]":{"x":1}}',
    ],
    [
      "delimited messages of editions",
      "/Old/New",
      "2b 0a0161 2c 33 34 33 34",
      '{"delimited":{"implicit":"a"},"delimitedList":[{},{}]}',
    ],
    ["a top-level wrapper", "/special.S/Text", "0a0161", '"a"'],
    ["a top-level wrapper with an explicit default", "/special.S/Text", "0a00", 'plain {"value":""}'],
    ["a top-level Struct", "/special.S/Tree", "0a0f 0a0161 120a 32080a02 0800 0a02 2001", '{"a":[null,true]}'],
    [
      "a Value that says nothing",
      "/special.S/Tree",
      "0a05 0a0161 1200",
      'plain {"fields-entries":[{"key":"a","value-plain":{}}]}',
    ],
  ];
  it.each(cases)("%s", (_, path, hex, text) => {
    const subject = format.createCodec(contextOf(path));
    const input = frame(hex);
    expect(subject.decode(input)).toBe(text);
    expect(hexOf(subject.encode(text))).toBe(hex.replaceAll(" ", ""));
  });

  it("tells numbers apart that JSON does not have", () => {
    const text =
      '{"f":1,"f":0.1,"f":-0,"f":"NaN","f":"NaN(ffc00000)","d":"-Infinity","d":1e+21,"d":"NaN(fff8000000000001)"}';
    expect(codec.decode(codec.encode(text))).toBe(text);
  });

  it("without a schema has numbers for keys, and guesses that lose nothing", () => {
    const subject = wireFormat.createCodec(watch);
    const text =
      '{"1":150,"2":"text","2-bytes":"AP8=","3":{"1":"in"},"4":["a","b"],"5-fixed64":[4.5,7],"6-fixed32":1.5,"7-group":{"1":1},"8":18446744073709551615}';
    expect(subject.decode(subject.encode(text))).toBe(text);
    expect(subject.decode(frameFromMessage(new TextEncoder().encode("hello"), false))).toBe('{"-raw":"aGVsbG8="}');
    // A message that begins with a line feed is a message rather than text.
    expect(subject.decode(frame("0a0b 0a09 616263646566676869"))).toBe('{"1":{"1":"abcdefghi"}}');
  });

  it("keeps numbers of a recording that was made before there was a schema", () => {
    expect(hexOf(codec.encode('{"1":"a","2":5}'))).toBe("0a01611005");
  });

  it("of messages nested without end is bytes at some depth, and comes back", () => {
    let message = Buffer.alloc(0);
    for (let i = 0; i < 3000; i++) message = Buffer.concat([Buffer.from([0x6a]), varint(message.length), message]);
    const gift = Buffer.concat([Buffer.from([0x6a]), varint(message.length), message]);
    for (const subject of [codec, wireFormat.createCodec(watch)]) {
      const input = frameFromMessage(gift, false);
      expect(Buffer.from(subject.encode(subject.decode(input))).equals(input)).toBe(true);
    }
  });

  it("of groups that do not end takes no longer than others", () => {
    const input = frameFromMessage(new Uint8Array(20_000).fill(0x6b), false);
    for (const subject of [format.createCodec(contextOf("/Old/Get")), wireFormat.createCodec(watch)])
      expect(Buffer.from(subject.encode(subject.decode(input))).equals(input)).toBe(true);
  });
});

function varint(n: number): Buffer {
  const out: number[] = [];
  let rest = n;
  while (rest > 127) {
    out.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...out, rest]);
}

describe("what cannot be encoded is refused with its place", () => {
  const problemOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof WraithError && error.code === "MODEL_INVALID")
        return `${error.place.field ?? ""}: ${error.message}`;
      throw error;
    }
    return "fine";
  };
  it.each([
    ['{"items":[{},{"skuu":"a"}]}', "items[1].skuu: this is no field that shop.Order.Item has"],
    ['{"enum":2147483648}', "enum: this is no int32"],
    ['{"enum":"x"}', "enum: this is no int32"],
    ['{"grandTotal":{"units":"1.5"}}', "grandTotal.units: this is no int64"],
    ['{"kind":"KIND_OTHER"}', "kind: this is no value of the enum (KIND_NONE, KIND_SOME)"],
    ['{"blob":"%"}', "blob: this is no base64"],
    ['{"wait":"soon"}', 'wait: this is no duration ("1.5s")'],
    ['{"items":{}}', "items: this is no array"],
    ['{"message":5}', "message: this is no string"],
    ["{", ": a message is JSON"],
  ])("%s", (text, expected) => {
    expect(problemOf(() => codec.encode(text))).toBe(expected);
  });

  it.each([
    [
      '{"message":{"items":[{"skuu":{"$hole":"a"}}]}}',
      "message.items[0].skuu: this is no field that shop.Order.Item has",
    ],
    ['{"message":{"enum":"x","note":{"$hole":"a"}}}', "message.enum: this is no int32"],
    ['{"text":"a"}', 'text: a shape has no field "text"'],
    ['{"compressed":true}', ": a shape has either message or bytes"],
    ['{"message":{},"compressed":1}', "compressed: compressed is true or false"],
    ['{"bytes":"AA=="}', "bytes: only a compressed message is given as bytes"],
  ])("in a shape: %s", (shape, expected) => {
    expect(problemOf(() => codec.compileShape(parseJson(shape)!))).toBe(expected);
  });
});

describe("a shape", () => {
  it("shows the message as it is, with holes in place", () => {
    const text = '{"message":"a","items":[{"sku":"b"}]}';
    const dissection = codec.dissect(text);
    expect(dissection.leaves.map((l) => l.path)).toEqual(["message", "items[0].sku"]);
    const shape = codec.formatShape(dissection, [{ raw: '"a"' }, { hole: "sku" }], "");
    expect(shape).toBe('{"message": {"message": "a", "items": [{"sku": {"$hole": "sku"}}]}}');
    expect(joinParts(codec.compileShape(parseJson(shape)!), () => '"b"')).toBe(text);
  });

  it("says that a message was compressed, and when it is no message", () => {
    const subject = format.createCodec(gzipped);
    const input = frameFromMessage(gzipSync(codec.encode('{"enum":5}').subarray(5)), true);
    const text = subject.decode(input);
    expect(text).toBe('compressed {"enum":5}');
    expect(subject.formatShape(subject.dissect(text), [{ raw: "5" }], "")).toBe(
      '{"compressed": true, "message": {"enum": 5}}',
    );
    const encoded = subject.encode(text);
    expect(encoded[0]).toBe(1);
    expect(Buffer.from(gunzipSync(encoded.subarray(5))).toString("hex")).toBe("1005");
    expect(subject.sameBytes!(encoded, input)).toBe(true);
    expect(subject.sameBytes!(encoded, codec.encode('{"enum":5}'))).toBe(false);
    const opaque = subject.decode(frameFromMessage(Uint8Array.of(1, 2), true));
    expect(opaque).toBe('opaque "AQI="');
    expect(
      joinParts(
        throughShape(subject, opaque, () => false),
        () => "",
      ),
    ).toBe(opaque);
    expect(subject.difference(text, '{"enum":6}').map((d) => [d.path, d.kind])).toEqual([
      ["", "encoding"],
      ["enum", "value"],
    ]);
  });
});

describe("the format", () => {
  const head = (headers: HeaderList) => ({ ...watch.request, headers });

  it("recognises calls by their content type", () => {
    const response = (type: string) => ({ status: 200, headers: [["content-type", type]] as HeaderList });
    for (const type of ["application/grpc", "application/grpc+proto", "Application/GRPC; x=y"])
      expect(format.recognises(watch.request, response(type))).toBe(true);
    for (const type of ["application/grpc+json", "application/grpc-web", "text/html"])
      expect(format.recognises(watch.request, response(type))).toBe(false);
    expect(format.recognises(watch.request, { status: 200, headers: [] })).toBe(true);
  });

  it("reads a request's first message", () => {
    const body = concatBytes([frame("0a0161"), frame("0a0162")]);
    const place = contextOf("/shop.Orders/Place").request;
    const payload = format.requestPayload(place, body);
    expect(payload.kind).toBe("json");
    expect(compactJson(payload.json!)).toBe('{"message":"a"}');
    expect(format.requestPayload(place, new Uint8Array(0)).kind).toBe("none");
    expect(format.requestPayload(place, Uint8Array.of(0, 0)).kind).toBe("bytes");
    expect(format.requestPayload(place, frameFromMessage(Uint8Array.of(1), true)).kind).toBe("bytes");
  });

  it.each<[string, Partial<EndEvidence>, string]>([
    ["status 0 in trailers", { trailers: [["grpc-status", "0"]] }, "clean by server"],
    ["an error with trailers", { trailers: [["grpc-status", "5"]] }, "clean by server"],
    ["Trailers-Only", { response: { status: 200, headers: [["grpc-status", "5"]] } }, "clean by server"],
    [
      "a client that leaves once it has the status",
      { trailers: [["grpc-status", "0"]], close: { shape: "truncated", by: "client" } },
      "clean by server",
    ],
    ["no trailers", {}, "truncated by server"],
    ["trailers without a status", { trailers: [["x", "y"]] }, "truncated by server"],
    ["a client that leaves", { close: { shape: "truncated", by: "client", code: 8 } }, "truncated by client 8"],
    ["a reset", { close: { shape: "error", by: "server", code: 2 } }, "error by server 2"],
    [
      "a reset after the status",
      { trailers: [["grpc-status", "0"]], close: { shape: "error", by: "server", code: 2 } },
      "error by server 2",
    ],
    [
      "the reset without an error that follows Trailers-Only",
      { response: { status: 200, headers: [["grpc-status", "5"]] }, close: { shape: "error", by: "server", code: 0 } },
      "clean by server",
    ],
  ])("ends: %s", (_, evidence, expected) => {
    const end = format.termination({
      response: { status: 200, headers: [] },
      close: { shape: "clean", by: "server" },
      ...evidence,
    });
    expect([end.shape, "by", end.by, end.code].filter((p) => p !== undefined).join(" ")).toBe(expected);
  });

  it("tells answers without messages apart by their status", () => {
    const response = { status: 200, headers: [["grpc-status", "5"]] as HeaderList };
    expect(format.variantKey(response, undefined, 0)).toBe("5");
    expect(format.variantKey({ status: 200, headers: [] }, [["grpc-status", "0"]], 0)).toBe("0");
    expect(format.variantKey({ status: 200, headers: [] }, [["grpc-status", "0"]], 3)).toBe("");
    expect(format.variantKey({ status: 200, headers: [] }, undefined, 0)).toBe("");
  });

  it("refuses with UNIMPLEMENTED and the methods that are known", () => {
    const { status, headers, body } = format.refusal("no route for /a.B/C — 100%", { routes: ["/a.B/D", "/a.B/E"] });
    expect([status, body.length]).toEqual([200, 0]);
    expect(headers).toEqual([
      ["content-type", "application/grpc"],
      ["grpc-status", "12"],
      ["grpc-message", "wraith: no route for /a.B/C %E2%80%94 100%25; known: /a.B/D, /a.B/E"],
    ]);
  });

  it("decompresses for a client that cannot", () => {
    const headers: HeaderList = [
      ["content-type", "application/grpc"],
      ["grpc-encoding", "gzip"],
      ["x", "y"],
    ];
    const plain = frame("1005");
    const compressed = frameFromMessage(gzipSync(plain.subarray(5)), true);
    const adaptation = format.adapt(head([["grpc-accept-encoding", "deflate"]]), headers)!;
    expect(adaptation.headers).toEqual([
      ["content-type", "application/grpc"],
      ["x", "y"],
    ]);
    expect(adaptation.frame(compressed)).toEqual(plain);
    expect(adaptation.frame(plain)).toEqual(plain);
    expect(format.adapt(head([["grpc-accept-encoding", "identity, GZIP"]]), headers)).toBeUndefined();
    expect(format.adapt(head([["grpc-encoding", "gzip"]]), headers)).toBeUndefined();
    expect(format.adapt(head([]), [["grpc-encoding", "identity"]])).toBeUndefined();
  });
});
