import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { concatBytes } from "../base/bytes.ts";
import type { RequestHead } from "../base/http.ts";
import type { Codec, Format } from "../formats/format.ts";
import { createFormats } from "../formats/index.ts";
import type { Chunk } from "./exchange.ts";
import { createScrubber, scrubRequest } from "./scrub-create.ts";
import { DEFAULT_SCRUB_RULES, type ScrubRule } from "./scrub-rules.ts";
import { createReplacer } from "./scrub-tokens.ts";

const PROTO = `syntax = "proto3"; package p;
  message User { string name = 1; bytes blob = 2; int64 pin = 3; string e_mail = 4; }
  message Login { string password = 1; string api_key = 2; bytes secret = 3; repeated User users = 4; string note = 5; int32 client_secret = 6; }
  message Part { int32 index = 1; string text = 2; }
  service S { rpc Do(Login) returns (stream Part); }`;
const withSchema = createFormats({
  protoFiles: [{ path: "p.proto", text: PROTO }],
  descriptorSets: [],
  maxMessageBytes: 1 << 20,
});
const without = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 1 << 20 });
const KEY = { kind: "secret", secret: "test" } as const;
const token = (value: string): string => createReplacer(KEY).replace("tokenize", value);
const SECRET = "sk-proj-AbCdEf0123456789";

const request: RequestHead = {
  protocol: "grpc",
  httpVersion: "2",
  method: "POST",
  path: "/p.S/Do",
  query: "",
  headers: [
    ["content-type", "application/grpc"],
    ["grpc-encoding", "gzip"],
  ],
};
const response = { status: 200, headers: [["content-type", "application/grpc"]] as const };
const rule = (match: string, action: ScrubRule["action"] = "tokenize"): ScrubRule => ({
  name: match,
  scope: "proto",
  match,
  action,
});

function codecOf(formats: typeof withSchema, direction: "client" | "server"): { codec: Codec; format: Format } {
  const format = formats.find(request, response);
  return { format, codec: format.createCodec({ request, response, direction }) };
}
/** Frames of JSON texts, as the schema encodes them. */
const frames = (direction: "client" | "server", ...json: string[]): Uint8Array[] =>
  json.map((j) => codecOf(withSchema, direction).codec.encode(j));
function decoded(direction: "client" | "server", bytes: Uint8Array, formats = withSchema): string[] {
  const { format, codec } = codecOf(formats, direction);
  const framer = format.createFramer({ request, response, direction });
  return [...framer.push(bytes), ...framer.end()].map((f) =>
    f.kind === "message" ? codec.decode(f.bytes) : `! ${f.detail}`,
  );
}
function sent(body: Uint8Array, rules: ScrubRule[] = [], formats = withSchema, size = body.length) {
  const scrubber = createScrubber({ ...DEFAULT_SCRUB_RULES, rules }, KEY, formats);
  const exchange = scrubber.exchange();
  exchange.open(request);
  const out: Chunk[] = [];
  for (let at = 0; at < body.length; at += size)
    out.push(...exchange.push("client", { atUs: at, bytes: body.subarray(at, at + size) }));
  out.push(...exchange.end("client"));
  const bytes = concatBytes(out.map((c) => c.bytes));
  expect([...scrubRequest(scrubber, request, body).body]).toEqual([...bytes]);
  return { bytes, out, fired: [...exchange.fired].sort(), unscrubbed: exchange.unscrubbed() };
}

test("fields of a message that are secret by name, and their length prefixes", () => {
  const json = `{"password":"hunter2","apiKey":"k","note":"see ${SECRET}"}`;
  const body = concatBytes([...frames("client", json), ...frames("client", '{"note":"& plain"}')]);
  for (const size of [body.length, 7, 1]) {
    const { bytes, fired, unscrubbed } = sent(body, [], withSchema, size);
    expect(decoded("client", bytes)).toEqual([
      `{"password":"${token("hunter2")}","apiKey":"${token("k")}","note":"see ${token(SECRET)}"}`,
      '{"note":"& plain"}',
    ]);
    expect(fired).toEqual(["json:api_key", "json:password", "known-key"]);
    expect(unscrubbed).toBe(false);
  }
});

test("a message is complete with the chunk that completed it, also where its last bytes were a secret", () => {
  const [body] = frames("client", `{"note":"${SECRET}"}`);
  for (const size of [1, 5, 10]) {
    const { out } = sent(body!, [], withSchema, size);
    expect(out.at(-1)!.atUs).toBe(Math.floor((body!.length - 1) / size) * size);
    expect(out.at(-1)!.bytes.length).toBeGreaterThan(0);
  }
});

test("fields of bytes get a token in base64, numbers 0", () => {
  const [body] = frames("client", '{"secret":"AQID/w==","clientSecret":77}');
  expect(decoded("client", sent(body!).bytes)).toEqual([
    `{"secret":"${Buffer.from(token("AQID/w==")).toString("base64")}","clientSecret":0}`,
  ]);
});

test("a key within bytes", () => {
  const [body] = frames("client", `{"users":[{"blob":"${Buffer.from(`it is ${SECRET}.`).toString("base64")}"}]}`);
  expect(decoded("client", sent(body!).bytes)).toEqual([
    `{"users":[{"blob":"${Buffer.from(`it is ${token(SECRET)}.`).toString("base64")}"}]}`,
  ]);
});

test("proto rules by path, in both spellings of a name; without a schema the exchange is marked", () => {
  const [body] = frames("client", '{"users":[{"name":"Ann","eMail":"a@x"},{"eMail":"b@x"}]}');
  const rules = [rule("users[].e_mail"), rule("users[].name", "mask")];
  expect(decoded("client", sent(body!, rules).bytes)).toEqual([
    `{"users":[{"name":"***","eMail":"${token("a@x")}"},{"eMail":"${token("b@x")}"}]}`,
  ]);
  expect(sent(body!, rules)).toMatchObject({ fired: ["users[].e_mail", "users[].name"], unscrubbed: false });
  const blind = sent(body!, rules, without);
  expect(blind).toMatchObject({ fired: [], unscrubbed: true });
  expect([...blind.bytes]).toEqual([...body!]);
  // Keys of known form need no schema.
  const [known] = frames("client", `{"note":"${SECRET}"}`);
  expect(decoded("client", sent(known!, [], without).bytes)).toEqual([`{"note":"${token(SECRET)}"}`]);
});

test("a secret that is spread over messages of a stream", () => {
  const parts = ["Hi", " sk-", "proj-AbCd", "Ef0123456789", " ok"];
  const exchange = createScrubber(DEFAULT_SCRUB_RULES, KEY, withSchema).exchange();
  exchange.open(request);
  exchange.head(response);
  const steps = frames("server", ...parts.map((text) => JSON.stringify({ text }))).map((bytes, atUs) =>
    exchange.push("server", { atUs, bytes }),
  );
  const out = [...steps.flat(), ...exchange.end("server")];
  expect(steps.map((s) => s.length)).toEqual([1, 0, 0, 0, 4]);
  expect(out.map((c) => c.atUs)).toEqual([0, 1, 2, 3, 4]);
  // Each chunk still is one whole message.
  expect(out.map((c) => decoded("server", c.bytes))).toEqual([
    ['{"text":"Hi"}'],
    [`{"text":" ${token(SECRET)}"}`],
    ['{"text":""}'],
    ['{"text":""}'],
    ['{"text":" ok"}'],
  ]);
});

test("compressed messages are looked into; what cannot be, is stored as it is and marked", () => {
  const [plain] = frames("client", `{"note":"${SECRET}"}`);
  const packed = gzipSync(plain!.subarray(5));
  const frame = (flag: number, message: Uint8Array): Uint8Array =>
    concatBytes([Uint8Array.of(flag, 0, 0, 0, message.length), message]);
  const { bytes, unscrubbed } = sent(frame(1, packed));
  expect(bytes[0]).toBe(1);
  expect(decoded("client", bytes)[0]).toContain(token(SECRET));
  expect(unscrubbed).toBe(false);
  const broken = frame(1, Buffer.from("no gzip"));
  expect([...sent(broken).bytes]).toEqual([...broken]);
  expect(sent(broken).unscrubbed).toBe(true);
  const lying = concatBytes([plain!, Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff, 1, 2)]);
  expect(sent(lying).unscrubbed).toBe(true);
});

test("a 64-bit number that passes Luhn is no card number; the same digits in a text are", () => {
  const digits = "4027522161712411667";
  const [body] = frames("client", `{"users":[{"name":"${digits}","pin":"${digits}"}]}`);
  expect(decoded("client", sent(body!).bytes)).toEqual([`{"users":[{"name":"${token(digits)}","pin":"${digits}"}]}`]);
  // Nor are numbers of one field, event by event.
  const row = ["41111111", "11111111"].map((pin) => `{"users":[{"pin":"${pin}"},{"name":"${pin}"}]}`);
  const names = [token("4111111111111111"), ""];
  expect(decoded("client", sent(concatBytes(frames("client", ...row))).bytes)).toEqual(
    row.map((json, i) => json.replace(/"name":"\d+"/, `"name":"${names[i]!}"`)),
  );
  const [number] = frames("client", `{"users":[{"pin":"${digits}"}]}`);
  for (const formats of [withSchema, without]) {
    const { bytes, fired } = sent(number!, [], formats);
    expect([...bytes]).toEqual([...number!]);
    expect(fired).toEqual([]);
  }
});
