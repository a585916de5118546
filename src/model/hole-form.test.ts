import { expect, test } from "vitest";
import { hasForm } from "./hole-form.ts";
import type { HoleRule } from "./model.ts";

const AT = Date.parse("2025-11-25T03:35:40Z");
const rule = (r: object): HoleRule => ({ scope: "event", ...r }) as HoleRule;

const cases: readonly [rule: object, good: readonly string[], bad: readonly string[]][] = [
  [{ class: "json" }, ["{}", "[1, 2]"], ["1", '"{}"', "{", "null"]],
  [{ class: "json", nullable: true }, ["{}", "null"], ["1"]],
  [
    { class: "timestamp", unit: "s" },
    ["1764041740", '"1764041740"', "1764041740.123"],
    ["1764041740000", "1664041740", "x", "-1", "1e9"],
  ],
  [{ class: "timestamp", unit: "ms" }, ["1764041740000"], ["1764041740"]],
  [{ class: "timestamp", unit: "ns" }, ["1764041740123456789"], ["1764041740123"]],
  [
    { class: "timestamp", unit: "iso" },
    ['"2025-11-25T03:35:40.123456Z"', '"2025-11-25T04:35:40+01:00"'],
    ['"2024-11-25T03:35:40Z"', '"2025-11-25"', "1764041740"],
  ],
  [
    { class: "timestamp", unit: "http" },
    ["Tue, 25 Nov 2025 03:35:41 GMT"],
    ["Wed, 25 Nov 2025 03:35:41 GMT", "2025-11-25T03:35:40Z"],
  ],
  [{ class: "counter", step: 1 }, ["5", '"5"', "-1"], ["5.0", '"x"', "null"]],
  [{ class: "generated", alphabet: "hex", length: 4 }, ['"0a1f"', "0A1F"], ['"0a1F"', '"0a1"', '"0a1g"']],
  [
    { class: "generated", alphabet: "base62", length: [2, 3], prefix: ["a_", "b_"] },
    ['"a_xY"', '"b_123"'],
    ['"c_12"', '"a_1"', '"a_12-"'],
  ],
  [
    { class: "generated", alphabet: "uuid", length: 36 },
    ['"0f8fad5b-d9cb-469f-a165-70867728950e"'],
    ['"0f8fad5b-d9cb-469f-a165-70867728950"'],
  ],
  [{ class: "generated", alphabet: "digits", length: 3 }, ["123", '"123"'], ["12", "12a"]],
  [{ class: "boolean" }, ["true", "false"], ["1", '"true"', "null"]],
  [{ class: "number" }, ["1", "1.00", "-1e5", '"12"'], ["true", '"x"', "01"]],
  [{ class: "enum", values: ['"a"', "b"] }, ['"a"', "b"], ["a", '"b"']],
  [{ class: "echoed", from: "body.x" }, ["1", "anything"], []],
  [{ class: "text" }, ['"x"', "plain", ""], []],
];

for (const [r, good, bad] of cases)
  test(JSON.stringify(r), () => {
    for (const raw of good) expect([raw, hasForm(rule(r), raw, AT)]).toEqual([raw, true]);
    for (const raw of bad) expect([raw, hasForm(rule(r), raw, AT)]).toEqual([raw, false]);
  });
