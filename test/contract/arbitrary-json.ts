import * as fc from "fast-check";
import { bytesFromText } from "../../src/base/bytes.ts";

const space = fc.constantFrom("", "", "", "", " ", "  ", "\t");
const rawNumber = fc.constantFrom(
  "0",
  "-0",
  "1",
  "1.0",
  "1.00",
  "1e2",
  "1E+2",
  "-12.5",
  "9007199254740993",
  "123456789012345678901234567890",
);
const rawString = fc.oneof(
  fc.string().map((s) => JSON.stringify(s)),
  fc.constantFrom(
    '"\\u0041"',
    '"\\/"',
    '"é"',
    '"😀"',
    '"\\ud83d\\ude00"',
    '"\\ud800"',
    '"$hole"',
    '"a b"',
    '""',
    '"a#1"',
    '"data: x"',
  ),
);
const rawKey = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '"a"',
      '"b"',
      '"id"',
      '"type"',
      '"$hole"',
      '"$"',
      '"$$x"',
      '"a.b"',
      '"a[0]"',
      '"\\u0061"',
      '"k k"',
      '"__proto__"',
      '""',
    ),
  },
  { weight: 1, arbitrary: rawString },
);

/** JSON texts of every spelling: odd white space, numbers, escapes, duplicate keys. `lineEnd` may stand between tokens. */
export function rawJson(lineEnd = ""): fc.Arbitrary<string> {
  const gap =
    lineEnd === "" ? space : fc.oneof({ weight: 6, arbitrary: space }, { weight: 1, arbitrary: fc.constant(lineEnd) });
  const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      rawString,
      rawNumber,
      fc.constantFrom("true", "false", "null"),
      tie("object"),
      tie("array"),
    ),
    object: fc
      .array(fc.tuple(gap, rawKey, gap, gap, tie("value"), gap), { maxLength: 4 })
      .map((entries) => `{${entries.map(([a, key, b, c, v, d]) => `${a}${key}${b}:${c}${v}${d}`).join(",")}}`),
    array: fc
      .array(fc.tuple(gap, tie("value"), gap), { maxLength: 4 })
      .map((items) => `[${items.map((i) => i.join("")).join(",")}]`),
  }));
  const pretty = value.map((text) => JSON.stringify(JSON.parse(text), null, 2));
  const python = value.map((text) =>
    JSON.stringify(JSON.parse(text), null, 1)
      .replaceAll(/\n */g, " ")
      .replaceAll(/([[{]) | ([\]}])/g, "$1$2"),
  );
  return fc.oneof(
    { weight: 4, arbitrary: value },
    { weight: 1, arbitrary: lineEnd === "" ? python : fc.oneof(pretty, python) },
  );
}

/** Bytes that may be no UTF-8. */
export const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: "binary" }).map((s) => bytesFromText(s)),
);
